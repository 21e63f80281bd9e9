"""What the shape of print tells: which way a page stands, and the bullets and leaders that Tesseract does not know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from books.ocr.engines.base import OcrLine, OcrWord
from books.ocr.engines.lines import line_of
from books.ocr.image.ink import Box, Components, Ints, PageInk

# What turns a page clockwise by so many degrees.
TURNS: Final = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
# A page of which more of the letter-sized ink than this stands in rows is not sideways.
SURE_ROWS: Final = 0.4
# Sideways, at least so many times as much stands in rows once the page is turned.
CLEARLY_MORE: Final = 3.0
# Letters that rise above or hang below the others by this share of a low letter's height.
OUTLIER: Final = 0.2
LEAST_ROW, LEAST_OUTLIERS = 6, 15
# Upright print has twice as many rising letters as hanging ones and more.
CLEARLY_HANGING: Final = 1.5


def turned(image: Image.Image, degrees: int) -> Image.Image:
    """The image turned clockwise by 0, 90, 180 or 270 degrees."""
    return image.transpose(TURNS[degrees]) if degrees else image


@dataclass(frozen=True, slots=True)
class Upright:
    """A page in grey after it was turned clockwise by ``degrees`` (0, 90, 180 or 270), and its ink."""

    page: Image.Image
    degrees: int
    ink: PageInk


def upright(image: Image.Image, *, is_upright: bool = False, ink: PageInk | None = None) -> Upright:
    """A normalised page turned so that its print stands upright; as it is where its print does not tell, or where
    ``is_upright`` says that it does. ``ink`` is the page's, where it is known."""
    page = image if image.mode == "L" else image.convert("L")
    ink = PageInk(page) if ink is None else ink
    degrees = 0 if is_upright else _degrees_to_upright(page, ink)
    if not degrees:
        return Upright(page, 0, ink)
    page = turned(page, degrees)
    return Upright(page, degrees, PageInk(page))


def _degrees_to_upright(page: Image.Image, ink: PageInk) -> int:
    degrees = 0
    if not stands_in_rows(ink):
        sideways = PageInk(turned(page, 90))
        if _in_rows(sideways) > CLEARLY_MORE * _in_rows(ink):
            ink, degrees = sideways, 90
    return (degrees + 180) % 360 if _is_upside_down(ink) else degrees


def stands_in_rows(ink: PageInk) -> bool:
    """Whether the page's letters, if it has any, stand in level rows: it is neither askew nor sideways."""
    return _in_rows(ink) >= SURE_ROWS * int(ink.letters.ink.sum())


def _in_rows(ink: PageInk) -> int:
    return int(ink.print.ink.sum())


def _is_upside_down(ink: PageInk) -> bool:
    letters = ink.print
    size = np.bincount(ink.print_row)
    top, bottom = _middles(letters.top, ink.print_row, size), _middles(letters.bottom, ink.print_row, size)
    reach = OUTLIER * (bottom - top)
    counts = (size >= LEAST_ROW)[ink.print_row]
    rising = int((counts & (letters.top < (top - reach)[ink.print_row])).sum())
    hanging = int((counts & (letters.bottom > (bottom + reach)[ink.print_row])).sum())
    return rising + hanging >= LEAST_OUTLIERS and hanging > CLEARLY_HANGING * rising


def _middles(values: Ints, row: Ints, size: Ints) -> NDArray[np.float64]:
    """The median of each row's values; of a row without any, that of another."""
    if not len(values):
        return np.zeros(0)
    in_order = values[np.lexsort((values, row))]
    first = np.cumsum(size) - size
    lower, upper = first + np.maximum(size - 1, 0) // 2, first + size // 2
    last = len(values) - 1
    middles: NDArray[np.float64] = (in_order[np.minimum(lower, last)] + in_order[np.minimum(upper, last)]) / 2
    return middles


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


# A leader of a contents page: so many dots in a row, each at most so high in the page's letters, evenly apart.
LEAST_DOTS, DOT_HEIGHT, MOST_UNEVEN = 6, 0.5, 0.35
# Between a title and a number of at most so many digits; a row of dots that leads nowhere is to be written on.
MOST_DIGITS: Final = 4


def leaders(ink: PageInk) -> list[Box]:
    """The boxes of rows of dots that lead to a number, in pixels of the page: Tesseract reads letters into them."""
    if not len(ink.print):
        return []
    unit = float(np.median(ink.print.height))
    spots = ink.spots
    dots = spots.where((spots.height <= DOT_HEIGHT * unit) & (spots.width <= DOT_HEIGHT * unit))
    found, in_order = [], np.lexsort((dots.left, dots.centre[1] // max(1, round(unit / 4))))
    for run in _even_runs(dots, in_order, unit):
        box = (int(dots.left[run[0]]), int(dots.top[run].min()), int(dots.right[run[-1]]), int(dots.bottom[run].max()))
        if _leads_to_a_number(box, ink.letters, unit):
            found.append(ink.on_page(box))
    return found


def _even_runs(dots: Components, in_order: Ints, unit: float) -> list[Ints]:
    """Runs of dots on one line with about the same distance from each to the next."""
    x, y = dots.centre
    gaps = np.diff(x[in_order]).astype(float)
    is_next = (np.abs(np.diff(y[in_order])) <= unit / 4) & (gaps > 0) & (gaps < 2 * unit)
    uneven = np.abs(np.diff(gaps, prepend=gaps[:1])) > np.maximum(2, MOST_UNEVEN * gaps)
    ends = np.flatnonzero(~is_next | (uneven & np.roll(is_next, 1))) + 1
    return [run for run in np.split(in_order, ends) if len(run) >= LEAST_DOTS]


def _leads_to_a_number(leader: Box, letters: Components, unit: float) -> bool:
    left, _, right, bottom = leader
    level = (
        (letters.top < bottom) & (np.abs(letters.bottom - bottom) <= unit / 2) & (letters.height > DOT_HEIGHT * unit)
    )
    after = level & (letters.left >= right)
    return bool((level & (letters.right <= left)).any()) and 0 < int(after.sum()) <= MOST_DIGITS


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
