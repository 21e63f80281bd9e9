"""A book of 60 pages photographed by phone, read by the product with its spreads split: python -m benchmarks phone.

Fails above 3 % of wrong characters, for a page that is lost, and for a badly read page that nothing marks.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import site
from benchmarks.bounds import Bound, told
from benchmarks.photographs import photographs

PAGES = 60
MOST_ERRORS = 3.0
# A page with more wrong characters than this is to be marked, and with half of them is lost.
DOUBTFUL, LOST = 0.05, 0.5


@dataclass(frozen=True)
class Found:
    """What became of one page: the share of wrong characters, and whether a person is told to look."""

    name: str
    errors: float
    marks: tuple[str, ...]


def read_book(folder: Path, pages: int) -> list[Found]:
    """Photographs, takes in, reads and splits a book of so many pages; its pages in their order."""
    from django.core.management import call_command

    from books.models import Book
    from books.ocr.accuracy import character_error_rate

    taken = list(photographs(pages))
    for picture in taken:
        (folder / picture.name).write_bytes(picture.jpeg)
    call_command("process_book", str(folder), title="Photographed", split_spreads=True, stdout=sys.stderr)
    printed = [(picture.name, text) for picture in taken for text in picture.texts]
    rows: Any = Book.objects.get(title="Photographed").pages.select_related("reading").order_by("number")
    return [
        Found(name, character_error_rate(text, page.reading.text), tuple(page.reading.doubts))
        for (name, text), page in zip(printed, rows, strict=True)
    ]


def bounds_of(found: list[Found]) -> Iterator[Bound]:
    errors = 100 * sum(page.errors for page in found) / len(found)
    yield Bound("% of characters wrong in a book photographed by phone", errors, below=MOST_ERRORS)
    yield Bound("pages of it lost", sum(page.errors > LOST for page in found), below=1)
    unmarked = sum(page.errors > DOUBTFUL and not page.marks for page in found)
    yield Bound("badly read pages of it that nothing marks", unmarked, below=1)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as name:
        folder = Path(name)
        site.begin(folder, OCR_ENGINE="local")
        (folder / "photographs").mkdir()
        found = read_book(folder / "photographs", PAGES)
    for page in sorted(found, key=lambda each: -each.errors)[:8]:
        print(f"  {page.name:<24} {100 * page.errors:5.2f} % {', '.join(page.marks)}")
    return told(*bounds_of(found))


if __name__ == "__main__":
    sys.exit(main())
