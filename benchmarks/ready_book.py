"""A book that is already read and approved, of exactly the wanted shape, for measuring extraction alone."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "prealgebra"
# Subtopics and topics of a book of so many pages, as the stand-in cuts it.
SHAPE = {6: (2, 1), 40: (10, 3), 100: (25, 8), 500: (125, 40)}
# The stand-in takes such a line for the heading of a section; the shape is ours to set.
NUMBERED = re.compile(r"^\d+\.\d+\s")
SUBJECTS = [
    "Numbers",
    "Integers",
    "Fractions",
    "Decimals",
    "Percent",
    "Ratios",
    "Angles",
    "Polygons",
    "Circles",
    "Solids",
    "Graphs",
    "Equations",
    "Inequalities",
    "Powers",
    "Roots",
    "Averages",
    "Chance",
    "Vectors",
    "Sequences",
    "Measures",
    "Symmetry",
    "Mappings",
    "Rates",
    "Surveys",
    "Estimates",
]


@cache
def _sample_texts() -> tuple[str, ...]:
    pages = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))["pages"]
    return tuple(
        "\n".join(line for line in page["text"].splitlines() if not NUMBERED.match(line.strip())) for page in pages
    )


def texts(pages: int, *, is_clean: bool = True) -> list[str]:
    """The text of each page: the sample's prose, under the heading of a section where a subtopic begins.

    Pages are shared out evenly among the sections, and sections among the chapters. Where it is not clean, the numbers
    of the sections have gaps.
    """
    subtopics, topics = SHAPE[pages]
    begins = {at * pages // subtopics: at for at in range(subtopics)}
    made = []
    for page in range(pages):
        prose = f"{_sample_texts()[page % len(_sample_texts())]}\nThis is page {page + 1} of the book."
        if page in begins:
            section = begins[page]
            chapter = section * topics // subtopics
            first = next(at for at in range(subtopics) if at * topics // subtopics == chapter)
            number = (section - first) * (1 if is_clean else 2) + 1
            prose = f"{chapter + 1}.{number} {_title(section)}\n{prose}"
        made.append(prose)
    return made


def contents(pages: int, *, is_clean: bool = True) -> str:
    """The lines of the table of contents of such a book, without page numbers."""
    lines, chapter = [], ""
    for text in texts(pages, is_clean=is_clean):
        heading = text.partition("\n")[0]
        if NUMBERED.match(heading):
            if (of := heading.partition(".")[0]) != chapter:
                chapter = of
                lines.append(f"Chapter {chapter} Matter {chapter}")
            lines.append(f"  {heading}")
    return "\n".join(lines)


def _title(section: int) -> str:
    again = section // len(SUBJECTS)
    return SUBJECTS[section % len(SUBJECTS)] + (f" and how to use them, part {again + 1}" if again else " in use")


def approved_book(title: str, pages: int, *, is_clean: bool = True) -> Any:
    """A ``Book`` of ``SHAPE`` whose pages are read, with one printed line a line of the reading, and approved.

    Where it is not clean a model is asked about each page.
    """
    from books.models import Book, OcrStatus, Page, PageReview, Reading

    book = Book.objects.create(title=title, grade="8", subject="Mathematics", country="India")
    source = book.sources.create(name="scan.pdf", format="pdf", sha256="0" * 64, size=1, frames=pages)
    rows = [Page(book=book, number=at + 1, source=source, frame=at) for at in range(pages)]
    Page.objects.bulk_create(rows)
    printed = texts(pages, is_clean=is_clean)
    readings = [
        Reading(page=page, engine="truth", version="1", text=text, confidence=99, lines=_lines(text))
        for page, text in zip(rows, printed, strict=True)
    ]
    Reading.objects.bulk_create(readings)
    for page, reading in zip(rows, readings, strict=True):
        page.reading, page.ocr_status, page.review = reading, OcrStatus.DONE, PageReview.APPROVED
        page.image_width, page.image_height = 1700, 2200
    fields = ["reading", "ocr_status", "review", "image_width", "image_height"]
    Page.objects.bulk_update(rows, fields, batch_size=100)
    return book


def _lines(text: str) -> list[dict[str, Any]]:
    return [
        {"text": line, "confidence": 99, "box": [150, 100 + 40 * at, 1500, 130 + 40 * at], "block": 0, "unsure": []}
        for at, line in enumerate(text.splitlines())
    ]
