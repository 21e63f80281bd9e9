"""Finds the round bullets of lists, which Tesseract's models do not know and read as +, *, e or nothing.

Imports neither Django nor a vendor's SDK.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from PIL import Image

from books.ocr.components import Components
from books.ocr.coverage import Box, PageInk
from books.ocr.engine import OcrLine, OcrWord
from books.ocr.lines import line_of

BULLET: Final = "•"
# A disc fills 0.79 of its box; a letter's bowl that ran full of ink is oblong or has neighbours.
LEAST_FILL, MOST_ASPECT = 0.62, 1.25
# Diameter in heights of the letters after it: a full stop is under a fifth, an o about one.
DIAMETER: Final = (0.25, 0.8)
# Smaller discs are specks, and a page with so many is grain.
LEAST_PIXELS, MOST_DISCS = 4, 500
# Gap to the nearest letters, in the same unit; inside a word it is smaller. Text begins within some ems.
LEAST_GAP, MOST_GAP = 0.2, 6.0
# The height of its middle, in letters from the base line up.
MIDDLE: Final = (0.2, 0.75)
LETTERS_AFTER: Final = 5
# The percentile of their heights that is a low letter's even behind a bracket.
LOW_LETTERS: Final = 25


def bullets(ink: PageInk) -> list[Box]:
    """The boxes of all bullets, in pixels of the page."""
    spots = ink.spots
    width, height = spots.width, spots.height
    is_round = (width <= MOST_ASPECT * height) & (height <= MOST_ASPECT * width)
    is_disc = is_round & (height >= LEAST_PIXELS) & (spots.ink >= LEAST_FILL * width * height)
    discs = spots.boxes()[is_disc].tolist()
    if len(discs) > MOST_DISCS:
        return []
    return [ink.on_page(disc) for disc in discs if _is_bullet(disc, ink.letters)]


def _is_bullet(disc: Box, letters: Components) -> bool:
    """Whether a round spot stands alone at the middle height of the letters after it."""
    left, top, right, bottom = disc
    middle = (top + bottom) / 2
    level = (letters.top <= middle) & (letters.bottom >= middle)
    after = np.nonzero(level & (letters.left >= right))[0]
    if not after.size:
        return False
    after = after[np.argsort(letters.left[after], kind="stable")][:LETTERS_AFTER]
    unit = float(np.percentile(letters.height[after], LOW_LETTERS))
    before = letters.right[level & (letters.right <= left)]
    gaps = (int(letters.left[after[0]]) - right, left - int(before.max()) if before.size else unit)
    rise = (float(np.percentile(letters.bottom[after], LOW_LETTERS)) - middle) / unit
    return (
        DIAMETER[0] * unit <= bottom - top <= DIAMETER[1] * unit
        and min(gaps) >= LEAST_GAP * unit
        and gaps[0] <= MOST_GAP * unit
        and MIDDLE[0] <= rise <= MIDDLE[1]
        and not _is_part_of_a_sign(disc, letters, unit)
    )


def _is_part_of_a_sign(disc: Box, letters: Components, unit: float) -> bool:
    """Whether a letter stands right above or below, as with an i."""
    left, top, right, bottom = disc
    over = (letters.left < right) & (letters.right > left)
    gap = np.maximum(letters.top - bottom, top - letters.bottom)
    return bool((over & (gap >= 0) & (gap < unit / 2)).any())


def without(page: Image.Image, boxes: Iterable[Box]) -> Image.Image:
    """A copy of the page with white in the boxes."""
    copy = page.copy()
    for left, top, right, bottom in boxes:
        copy.paste(255, (left - 1, top - 1, right + 1, bottom + 1))
    return copy


def with_bullets(lines: Sequence[OcrLine], boxes: Iterable[Box]) -> list[OcrLine]:
    """The lines with a bullet put among the words of the line at its height; one without a line is left out."""
    bulleted = list(lines)
    for box in boxes:
        index = _line_at(bulleted, box)
        if index is not None:
            line = bulleted[index]
            place = sum(word.box[0] < box[0] for word in line.words)
            words = (*line.words[:place], OcrWord(BULLET, line.confidence, box), *line.words[place:])
            bulleted[index] = line_of(words, line.block)
    return bulleted


def _line_at(lines: Sequence[OcrLine], box: Box) -> int | None:
    """The line that begins soonest after the bullet, or holds it."""
    middle = (box[1] + box[3]) / 2
    level = [index for index, line in enumerate(lines) if line.box[1] <= middle <= line.box[3]]
    reached = [index for index in level if lines[index].box[2] > box[2]]
    return min(reached, key=lambda index: max(lines[index].box[0] - box[2], 0), default=None)
