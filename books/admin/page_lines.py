"""A page's text line by line, as screens show it: where each line stands on the scan, and what is doubtful in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from books.models import Page, Reading
from books.models.page import PERSON
from books.ocr.factory import MODEL
from books.stored.regions import StoredLine

# Tesseract's mean confidence on print that it reads without an error is above 90; lines below 70 usually hold one.
LOW_CONFIDENCE: Final = 70

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line, from its character ``start`` on; ``confidence`` in percent where the engine was unsure."""

    text: str
    start: int
    confidence: int | None = None

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the text; ``box`` is (left, top, width, height) in pixels of the page image, None where unknown."""

    text: str
    pieces: tuple[Piece, ...]
    box: Box | None

    @property
    def doubts(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.confidence is not None and piece.text.strip()]

    @property
    def strip(self) -> Box | None:
        """Of the scan, the line with half its height around it."""
        if self.box is None:
            return None
        left, top, width, height = self.box
        around = height // 2
        return max(0, left - around), max(0, top - around), width + 2 * around, height + 2 * around

    @property
    def marks(self) -> list[Box]:
        """Where the doubtful words stand, by their letters, which are about as wide as one another."""
        if self.box is None:
            return []
        left, top, width, height = self.box
        letter = width / max(1, len(self.text))
        return [(round(left + letter * at.start), top, round(letter * len(at.text)), height) for at in self.doubts]


def lines_of(reading: Reading) -> Iterator[Line]:
    """The text line by line, each with what is known of it: text and lines differ where a reader joined them anew."""
    known: dict[str, list[StoredLine]] = {}
    for line in reading.lines:
        if isinstance(line, dict):  # What another program wrote may be anything.
            known.setdefault(str(line.get("text", "")).strip(), []).append(line)
    for text in reading.text.splitlines():
        if same := known.get(text.strip()):
            line = same.pop(0)
            yield Line(text, tuple(_pieces(text, line)), _box(line.get("box")))
        else:
            yield Line(text, (Piece(text, 0),), None)


def _pieces(text: str, line: StoredLine) -> Iterator[Piece]:
    """Marks single words where the engine told them apart, else the whole of a doubtful line."""
    confidence = line.get("confidence")
    if "unsure" not in line and isinstance(confidence, int | float) and confidence < LOW_CONFIDENCE:
        yield Piece(text, 0, round(confidence))
        return
    at = 0
    for start, end, percent in line.get("unsure", ()):
        yield Piece(text[at:start], at)
        yield Piece(text[start:end], start, percent)
        at = end
    yield Piece(text[at:], at)


def _box(box: Any) -> Box | None:
    if not (isinstance(box, list) and len(box) == 4 and all(isinstance(side, int) for side in box)):
        return None
    left, top, right, bottom = box
    return left, top, right - left, bottom - top


@dataclass(frozen=True, slots=True)
class Look:
    """What a person should see on page ``number`` before approving it unseen: ``words`` in doubt, and whether it has
    formulas, tables or figures of which the engine here reads the letters alone."""

    number: int
    words: int
    beyond: tuple[str, ...]

    @property
    def notes(self) -> list[str]:
        words = ngettext("{count} doubtful word", "{count} doubtful words", self.words).format(count=self.words)
        return [*([words] if self.words else []), *map(_, self.beyond)]


def looks_at(pages: QuerySet[Page]) -> list[Look]:
    """Of those of ``pages`` that have either, in order; one page in memory at a time, since their lines are large."""
    rows = pages.select_related("reading").order_by("number").iterator(chunk_size=50)
    looks = (_look(page.number, page.reading) for page in rows if page.reading)
    return [look for look in looks if look.words or look.beyond]


def _look(number: int, reading: Reading) -> Look:
    words = sum(len(piece.text.split()) for line in lines_of(reading) for piece in line.doubts)
    beyond = () if reading.engine in (MODEL, PERSON) else reading.beyond_text
    return Look(number, words, tuple(each for each in beyond if each != "doubtful reading"))
