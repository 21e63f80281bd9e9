"""A page as Tesseract gets it, and what one attempt found on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PIL import Image

from books.ocr.engines.base import OcrLine
from books.ocr.engines.lines import LEADER, is_credible, mean_confidence
from books.ocr.image.initials import with_small_initials
from books.ocr.image.ink import PageInk
from books.ocr.image.layout import strip
from books.ocr.image.shapes import BLANK, BULLET, CHECKBOX, blanks, bullets, checkboxes, leaders, without

# Print of which a line's words are more guessed than this was not read.
READ_CONFIDENCE: Final = 35.0
# So many times as high as wide.
UPRIGHT_LINE: Final = 3
# Words less sure than this are half wrong where print is blurred. They hold 5 % of the characters of a good page with
# formulas at most, and twice the share of words that are wrong or lost on blurred ones.
SURE_CONFIDENCE, MOST_GUESSED = 80.0, 0.06


class Sheet:
    """A page as Tesseract gets it, without the signs that it does not know and without a strip of the facing page, and
    what is known of its ink. ``degrees`` is how far it was turned."""

    def __init__(self, page: Image.Image, degrees: int = 0, ink: PageInk | None = None) -> None:
        self.degrees = degrees
        self.ink = ink or PageInk(page)
        self.strip = strip(self.ink)
        if self.strip:
            page = without(page, [self.strip])
            self.ink = PageInk(page)
        self.is_struck = self.ink.is_struck
        page = self.ink.without_lines(page)
        begun = with_small_initials(page, self.ink)
        if begun is not page:
            page, self.ink = begun, PageInk(begun)
        found = {BULLET: bullets, BLANK: blanks, LEADER: leaders, CHECKBOX: checkboxes}
        self.signs = {sign: find(self.ink) for sign, find in found.items()}
        self.page = without(page, [box for boxes in self.signs.values() for box in boxes])


@dataclass(frozen=True, slots=True)
class Reading:
    """What one attempt found, the share of the page's print that it does not cover, and whether some faint print
    ``is_lost``."""

    lines: tuple[OcrLine, ...]
    missing: float
    is_lost: bool = False

    @property
    def confidence(self) -> float:
        return mean_confidence(word for line in self.lines for word in line.words)

    @property
    def has_upright_line(self) -> bool:
        """Whether several words were read from top to bottom: mostly the numbers that stand before some lines."""
        return any(
            line.box[3] - line.box[1] > UPRIGHT_LINE * max(line.box[2] - line.box[0], 1) and len(line.text) > 3
            for line in self.lines
        )

    @property
    def guessed(self) -> float:
        """The share, 0 to 1, of the characters that stand in words of which Tesseract is not sure."""
        lengths = [(len(word.text), word.confidence) for line in self.lines for word in line.words]
        unsure = sum(length for length, confidence in lengths if confidence < SURE_CONFIDENCE)
        return unsure / sum(length for length, _ in lengths) if lengths else 0.0


def reading_of(lines: list[OcrLine], ink: PageInk) -> Reading:
    """Drops what was read into texture; a doubtful line stays where there is print, but does not count as read."""
    kept = tuple(line for line in lines if is_credible(line) or ink.has_print(line.box))
    read = (word.box for line in kept if line.confidence >= READ_CONFIDENCE for word in line.words)
    return Reading(kept, ink.missing(read))
