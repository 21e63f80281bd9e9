from __future__ import annotations

import json
from pathlib import Path

import pytest

from books.ocr.engines.base import OcrLine
from books.structure.base import BookFacts, PageText, TextLine

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "prealgebra"


def text_line(line: OcrLine, size: tuple[int, int]) -> TextLine:
    """As ``books.extraction.records.page_text`` makes it."""
    (left, top, right, bottom), (width, height) = line.box, size
    return TextLine(line.text, top / height, left / width, (bottom - top) / height, (right - left) / width, line.block)


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
