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
from books.ocr.image.ink import Box, PageInk
from books.ocr.image.spots import Components, Ints

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


def stands_level(spots: Components) -> bool:
    """Whether two of the spots are about as high as each other and end level, as letters of one line do."""
    bottoms, heights = spots.bottom[:, None], spots.height[:, None]
    alike = (np.abs(bottoms - bottoms.T) < 0.1 * heights) & (np.abs(heights - heights.T) < 0.2 * heights)
    return int(alike.sum()) > len(spots)


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
    return [ink.on_page(disc) for disc in discs if _is_bullet(disc, ink.letters, spots)]


def _is_bullet(disc: Box, letters: Components, spots: Components) -> bool:
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
        and not _is_part_of_a_sign(disc, spots, unit)
    )


def _is_part_of_a_sign(disc: Box, spots: Components, unit: float) -> bool:
    """Whether something stands right above or below, as with an i or a colon."""
    left, top, right, bottom = disc
    over = (spots.left < right) & (spots.right > left) & (spots.height >= (bottom - top) / 2)
    gap = np.maximum(spots.top - bottom, top - spots.bottom)
    return bool((over & (gap >= 0) & (gap < unit / 2)).any())


# A leader, or dots to write on: so many in a row, each at most so high in the page's letters, evenly apart, and with
# letters this near on a side. A page with more rows of them has a halftone.
LEAST_DOTS, DOT_HEIGHT, DOT_GAP, MOST_UNEVEN, NEAR, MOST_LEADERS = 6, 0.5, 3, 0.35, 4, 150


def leaders(ink: PageInk) -> list[Box]:
    """The boxes of rows of dots within lines, in pixels of the page: Tesseract reads letters into them."""
    if not len(ink.print):
        return []
    unit = float(np.median(ink.print.height))
    spots = ink.spots
    dots = spots.where((spots.height <= DOT_HEIGHT * unit) & (spots.width <= DOT_HEIGHT * unit))
    found, in_order = [], np.lexsort((dots.left, dots.centre[1] // max(1, round(unit / 4))))
    for run in _even_runs(dots, in_order, unit):
        box = (int(dots.left[run[0]]), int(dots.top[run].min()), int(dots.right[run[-1]]), int(dots.bottom[run].max()))
        if _is_in_a_line(box, ink.letters, unit):
            found.append(ink.on_page(box))
    return found if len(found) <= MOST_LEADERS else []


def _even_runs(dots: Components, in_order: Ints, unit: float) -> list[Ints]:
    """Runs of dots on one line with about the same distance from each to the next."""
    x, y = dots.centre
    gaps = np.diff(x[in_order]).astype(float)
    is_next = (np.abs(np.diff(y[in_order])) <= unit / 4) & (gaps > 0) & (gaps < DOT_GAP * unit)
    even = np.maximum(2, MOST_UNEVEN * gaps)
    wider = np.diff(gaps)
    # The run ends at a gap that is wider than the one before or behind it.
    is_wider = np.append(-wider > even[1:], False) & np.append(is_next[1:], False)
    is_wider |= np.append(False, wider > even[:-1]) & np.append(False, is_next[:-1])
    ends = np.flatnonzero(~is_next | is_wider) + 1
    return [run for run in np.split(in_order, ends) if len(run) >= LEAST_DOTS]


def _is_in_a_line(leader: Box, letters: Components, unit: float) -> bool:
    left, top, right, bottom = leader
    is_level = (
        (letters.top < bottom) & (letters.bottom > top + NEAR_BASE[0] * unit) & (letters.height > DOT_HEIGHT * unit)
    )
    gap = np.maximum(left - letters.right, letters.left - right)[is_level]
    return bool(gap.size and gap.min() >= 0 and gap.min() < NEAR * unit)


BLANK: Final = "____"
# So much of a line's height below one without descenders, a rule is still the line's.
REACH: Final = 0.65
# A place to write in is a thin rule near the base line of the letters beside it; dashes close by are one. Heights of
# the page's letters: thickness, length of a dash and of the whole, gap, and how far from the base line.
# A page with more is grain. Under more letters than this share of it has above it, a rule underlines them.
MOST_DASHES, MOST_COVERED = 1_000, 0.25
RULE, DASH, LEAST_RULE, DASH_GAP, NEAR_BASE = 0.3, 0.5, 2.0, 0.7, (-0.9, 0.45)


def blanks(ink: PageInk) -> list[Box]:
    """The boxes of all places to write in within lines, in pixels of the page."""
    if not len(ink.print):
        return []
    spots, unit = ink.spots, float(np.median(ink.print.height))
    is_dash = (spots.height <= max(2.0, RULE * unit)) & (spots.width >= DASH * unit) & (spots.width > 3 * spots.height)
    if np.count_nonzero(is_dash) > MOST_DASHES:
        return []
    rules: list[list[int]] = []
    for left, top, right, bottom in sorted(spots.boxes()[is_dash].tolist()):
        before = next((rule for rule in rules if abs(rule[1] - top) <= 2 and left - rule[2] < DASH_GAP * unit), None)
        if before:
            before[2:] = right, max(before[3], bottom)
        else:
            rules.append([left, top, right, bottom])
    found = [tuple(rule) for rule in rules if rule[2] - rule[0] >= LEAST_RULE * unit and _is_blank(rule, ink, unit)]
    return [ink.on_page(rule) for rule in found]  # type: ignore[arg-type]


def _is_blank(rule: Sequence[int], ink: PageInk, unit: float) -> bool:
    """Whether letters stand level beside the rule, and none on it: then it underlines them."""
    left, top, right, _ = rule
    letters = ink.letters
    base = (letters.bottom - top) / unit
    is_level = (base > NEAR_BASE[0]) & (base < NEAR_BASE[1]) & (letters.height < 2.5 * unit)
    beside = is_level & (np.maximum(left - letters.right, letters.left - right) < NEAR * unit)
    over = (
        (letters.left < right)
        & (letters.right > left)
        & (letters.bottom <= top + 2)
        & (letters.bottom > top + NEAR_BASE[0] * unit)
    )
    is_outside = (letters.right <= left + 2) | (letters.left >= right - 2)
    covered = np.minimum(letters.right, right) - np.maximum(letters.left, left)
    return bool((beside & is_outside).any()) and int(covered[over].sum()) <= MOST_COVERED * (right - left)


# No higher than so many letters.
CHECKBOX, TICKED = "☐", 3.0


def checkboxes(ink: PageInk) -> list[Box]:
    """Squares to tick that stand in lines: as high as letters of the page are."""
    unit = float(np.median(ink.print.height)) if len(ink.print) else 0.0
    return [ink.on_page(box) for box in ink.boxes.boxes().tolist() if unit / 2 < box[3] - box[1] < TICKED * unit]


def without(page: Image.Image, boxes: Iterable[Box]) -> Image.Image:
    """A copy of the page with white in the boxes."""
    copy = page.copy()
    for left, top, right, bottom in boxes:
        copy.paste(255, (left - 1, top - 1, right + 1, bottom + 1))
    return copy


def with_signs(lines: Sequence[OcrLine], boxes: Iterable[Box], sign: str = BULLET) -> list[OcrLine]:
    """The lines with a sign put among the words of the line at its height; one without a line is left out."""
    bulleted = list(lines)
    for box in boxes:
        index = _line_at(bulleted, box, is_rule=sign != BULLET)
        if index is not None:
            line = bulleted[index]
            place = sum(word.box[0] < box[0] for word in line.words)
            words = (*line.words[:place], OcrWord(sign, line.confidence, box), *line.words[place:])
            bulleted[index] = line_of(words, line.block)
    return bulleted


def _line_at(lines: Sequence[OcrLine], box: Box, *, is_rule: bool) -> int | None:
    """The line that begins soonest after the sign, or holds it; a rule may lie below its line, and end it."""
    middle, below = (box[1] + box[3]) / 2, REACH if is_rule else 0.0
    level = [
        index
        for index, line in enumerate(lines)
        if line.box[1] <= middle <= line.box[3] + below * (line.box[3] - line.box[1])
    ]
    reached = [index for index in level if lines[index].box[2] > box[2]]
    last = max(level, key=lambda index: lines[index].box[2], default=None) if is_rule else None
    return min(reached, key=lambda index: max(lines[index].box[0] - box[2], 0), default=last)
