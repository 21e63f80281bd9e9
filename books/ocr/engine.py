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
    confidence 0 and no lines. ``missing_ink`` is the share (0 to 1) of the page's ink that no line covers after every
    attempt; at or above ``suspicious_ink`` of the reader, a person is told that text may be missing.
    """

    text: str
    confidence: float
    lines: tuple[OcrLine, ...]
    engine: str
    version: str
    missing_ink: float = 0.0
    text_may_be_missing: bool = False

    @property
    def is_blank(self) -> bool:
        return not self.text.strip()


class OcrEngine(Protocol):
    """Reads one upright, normalised page image (mode L).

    Raises ``books.errors.ProviderError`` leaves for engines outside the process and ``UnreadableImage`` for an image
    that cannot be read at all. It reads no settings: whoever builds it passes what it needs.
    """

    name: str
    version: str

    def read(self, image: Image.Image) -> OcrText: ...
