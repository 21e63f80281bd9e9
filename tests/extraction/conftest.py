from __future__ import annotations

import json
from pathlib import Path

import pytest

from books.ocr.engines.tesseract import TesseractEngine
from books.ocr.image.open import open_page
from books.structure.base import BookFacts, PageText, TextLine

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "prealgebra"


@pytest.fixture(scope="session")
def truth() -> dict:
    return json.loads((SAMPLE / "truth.json").read_text())


@pytest.fixture(scope="session")
def sample_pages(truth) -> list[PageText]:
    """The sample's true text, without layout."""
    return [PageText(page["page"], page["text"]) for page in truth["pages"]]


@pytest.fixture(scope="session")
def sample_facts(truth) -> BookFacts:
    return BookFacts(truth["book"])


@pytest.fixture(scope="session")
def sample_starts(truth) -> list[int]:
    return [subtopic["first_page"] for topic in truth["topics"] for subtopic in topic["subtopics"]]


@pytest.fixture(scope="session")
def read_pages() -> list[PageText]:
    """The sample as the local OCR engine reads it, with the lines' boxes."""
    engine = TesseractEngine()
    pages = []
    for number, path in enumerate(sorted(SAMPLE.glob("page_*.*")), 1):
        with path.open("rb") as data:
            image = open_page(data)
        text = engine.read(image)
        width, height = image.size
        lines = tuple(
            TextLine(
                text=line.text,
                top=line.box[1] / height,
                left=line.box[0] / width,
                height=(line.box[3] - line.box[1]) / height,
                width=(line.box[2] - line.box[0]) / width,
                block=line.block,
            )
            for line in text.lines
        )
        pages.append(PageText(number, text.text, lines))
    return pages
