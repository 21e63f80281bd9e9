"""The contract every OCR engine keeps. Imports neither Django nor a vendor's SDK."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PIL import Image


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
    share (0 to 1) of the page's print that was not read after every attempt. ``text_may_be_missing`` marks the page for
    a person: print was left out, guessed, or is too faint to be found. ``rotation`` is by how many degrees (0, 90, 180
    or 270) the image was turned clockwise before it was read; boxes are on the turned image.
    """

    text: str
    confidence: float
    lines: tuple[OcrLine, ...]
    engine: str
    version: str
    missing_ink: float = 0.0
    text_may_be_missing: bool = False
    rotation: int = 0

    @property
    def is_blank(self) -> bool:
        """No text, and no print that could have been read."""
        return not self.text.strip() and not self.text_may_be_missing


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
