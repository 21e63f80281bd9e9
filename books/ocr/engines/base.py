"""The contract every OCR engine keeps. Imports neither Django nor a vendor's SDK."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from PIL import Image

from books.sentences import gettext_noop
from books.stored.regions import Region


class Doubt(StrEnum):
    """Why a person has to look at a page; kept with its reading."""

    MISSING = "missing"
    CONTRADICTED = "contradicted"
    UNREADABLE_SCRIPT = "script"
    SPREAD = "spread"
    STRIP = "strip"
    UNLEVEL = "unlevel"

    @property
    def heading(self) -> str:
        return SAID_OF[self][0]

    @property
    def sentence(self) -> str:
        return SAID_OF[self][1]


SAID_OF: Final = {
    Doubt.MISSING: (
        gettext_noop("Text may be missing"),
        gettext_noop(
            "Text may be missing here: not all that is printed was read, or it was guessed. Compare it with the scan."
        ),
    ),
    Doubt.CONTRADICTED: (
        gettext_noop("PDF text differs"),
        gettext_noop(
            "Some lines of the PDF's own text differ from what its page shows; they were read instead. Compare them."
        ),
    ),
    Doubt.UNREADABLE_SCRIPT: (
        gettext_noop("Script not checked"),
        gettext_noop(
            "The PDF's own text was kept unchecked: no language that reads its script is installed. Compare it."
        ),
    ),
    Doubt.SPREAD: (
        gettext_noop("Two facing pages"),
        gettext_noop("This scan shows two facing pages as one: split it to cite them apart."),
    ),
    Doubt.UNLEVEL: (
        gettext_noop("Lines not level"),
        gettext_noop(
            "Lines rise, fall or bend, as in a photograph from aside: words may be wrong. Compare or retake it."
        ),
    ),
    Doubt.STRIP: (
        gettext_noop("Strip of another page"),
        gettext_noop(
            "A strip of the facing page at the edge of this scan was left out. "
            "Check that nothing of the page is missing."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class OcrWord:
    """One word; ``box`` is (left, top, right, bottom) in pixels of the image that was read."""

    text: str
    confidence: float
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class OcrLine:
    """One printed line in reading order. ``block`` numbers the block (paragraph or column part) that it stands in."""

    text: str
    confidence: float
    box: tuple[int, int, int, int]
    block: int = 0
    words: tuple[OcrWord, ...] = ()


@dataclass(frozen=True, slots=True)
class OcrText:
    """What an engine read on one page.

    ``text`` has one printed line a line, in reading order. Confidences run from 0 to 100; a page without text has
    confidence 0 and no lines. An engine that knows no places gives text without ``lines``. ``missing_ink`` is the
    share (0 to 1) of the page's print that was not read after every attempt. ``doubts`` say why a person has to look.
    ``rotation`` is by how many degrees (0, 90, 180 or 270) the image was turned clockwise before it was read; boxes are
    on the turned image. ``regions`` are the formulas, tables and figures on it. ``gutter`` is where two facing pages
    meet, in shares of its width at its top and bottom.
    """

    text: str
    confidence: float
    lines: tuple[OcrLine, ...]
    engine: str
    version: str
    missing_ink: float = 0.0
    doubts: tuple[Doubt, ...] = ()
    rotation: int = 0
    regions: tuple[Region, ...] = ()
    gutter: tuple[float, float] | None = None

    @property
    def text_may_be_missing(self) -> bool:
        return bool(self.doubts)

    @property
    def is_blank(self) -> bool:
        """No text, and no print that could have been read."""
        return not self.text.strip() and not self.text_may_be_missing


def missing_if(is_missing: bool) -> tuple[Doubt, ...]:  # noqa: FBT001
    return (Doubt.MISSING,) if is_missing else ()


class OcrEngine(Protocol):
    """Reads one normalised page image (mode L), upright or turned by quarters.

    Invents nothing for a page without print, and asks nobody about one. Raises ``books.errors.ProviderError`` leaves
    for engines outside the process and ``UnreadableImage`` for an image that cannot be read at all. It reads no
    settings: whoever builds it passes what it needs. With ``is_upright``, as where a person turned the page, it turns
    nothing.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    def read(self, image: Image.Image, *, is_upright: bool = False) -> OcrText: ...
