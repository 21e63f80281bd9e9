"""A book's text page by page as people approved it; a page whose text is left out says why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from books.models import Book, OcrStatus, Page, PageReview
from books.models.page import page_numbers
from books.stored.pages import PageNumbers
from books.stored.regions import StoredLine

# Rows of so many pages are in memory at a time.
PAGES_AT_ONCE: Final = 20
# A page that has no picture is as large as one of A4 at 72 dpi.
NO_PICTURE: Final = (595, 842)
# What no XML file, and no PDF, may hold.
UNPRINTABLE: Final = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\x7f")
NOT_APPROVED: Final = {PageReview.PENDING: "it awaits review", PageReview.REJECTED: "it was rejected"}
NOT_READ: Final = {OcrStatus.WAITING: "it was not read yet", OcrStatus.FAILED: "it could not be read"}


class Box(NamedTuple):
    """In pixels of the page's picture."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


@dataclass(frozen=True, slots=True)
class TextLine:
    """``confidence`` runs from 0 to 100."""

    text: str
    box: Box
    confidence: float
    block: int = 0

    @property
    def share(self) -> str:
        """The confidence from 0 to 1."""
        return f"{self.confidence / 100:.2f}"

    def words(self) -> Iterator[tuple[str, Box]]:
        """Each with its share, by letters, of the line's box."""
        left, top, right, bottom = self.box
        letter = (right - left) / len(self.text)
        for word in re.finditer(r"\S+", self.text):
            yield word[0], Box(round(left + word.start() * letter), top, round(left + word.end() * letter), bottom)


@dataclass(frozen=True, slots=True)
class TextPage:
    """``note`` says for a person what is special of it, above all that its text is left out, and why; ``picture`` is
    the name of one in storage, empty without one."""

    number: int
    printed: int | None
    width: int
    height: int
    picture: str = ""
    lines: tuple[TextLine, ...] = ()
    note: str = ""

    @property
    def index(self) -> int:
        return self.number - 1

    @property
    def name(self) -> str:
        printed = "" if self.printed in (None, self.number) else f" (printed {self.printed})"
        return f"Page {self.number}{printed}"

    @property
    def paragraphs(self) -> list[list[TextLine]]:
        """Lines of one block that follow each other."""
        found: list[list[TextLine]] = []
        for line in self.lines:
            if found and found[-1][-1].block == line.block:
                found[-1].append(line)
            else:
                found.append([line])
        return found


def reviewed_pages(book: Book) -> Iterator[TextPage]:
    """Every page of ``book`` in order."""
    numbers = page_numbers(book.pk)
    ids = list(Page.objects.filter(book=book).order_by("number").values_list("pk", flat=True))
    for first in range(0, len(ids), PAGES_AT_ONCE):
        chosen = Page.objects.filter(pk__in=ids[first : first + PAGES_AT_ONCE]).select_related("reading")
        for page in chosen.order_by("number"):
            yield _text_page(page, numbers)


def _text_page(page: Page, numbers: PageNumbers) -> TextPage:
    width, height = (page.image_width or NO_PICTURE[0], page.image_height or NO_PICTURE[1])
    picture = page.image_name if page.image_width else ""
    lines: tuple[TextLine, ...] = ()
    if why := NOT_READ.get(OcrStatus(page.ocr_status)) or NOT_APPROVED.get(PageReview(page.review)):
        note = f"The text of page {page.number} is left out: {why}."
    else:
        reading: Any = page.reading
        lines = tuple(_placed(reading.lines)) or tuple(_spread(reading.text, width, height))
        is_spread = bool(lines) and not reading.lines
        note = f"Where the lines of page {page.number} stand is not known; they are spread over it." * is_spread
    (printed,) = numbers.printed([str(page.pk)]) or [None]
    return TextPage(page.number, printed, width, height, picture, lines, note)


def _placed(lines: list[StoredLine]) -> Iterator[TextLine]:
    for line in lines:
        if text := printable(line["text"]).strip():
            yield TextLine(text, Box(*line["box"]), line["confidence"], line.get("block", 0))


def _spread(text: str, width: int, height: int) -> Iterator[TextLine]:
    """Lines of equal height, for a reading that knows no places; an empty one ends a paragraph."""
    lines = printable(text).strip().splitlines()
    block, step = 0, height / max(len(lines), 1)
    for at, line in enumerate(lines):
        block += not line.strip()
        if words := line.strip():
            yield TextLine(words, Box(0, int(at * step), width, int((at + 1) * step)), 100.0, block)


def printable(text: str) -> str:
    return UNPRINTABLE.sub("", text)
