"""Finds formulas: what no row of signs can say, and what is read as another sign."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from books.ocr.engines.base import OcrLine
from books.ocr.engines.lines import surrounding
from books.ocr.image.ink import Box, PageInk
from books.ocr.image.spots import Components, Ints

Mask = NDArray[np.bool_]
# All of these in heights of the page's usual letter (about that of an x).
# The bar of a fraction: thickness, length from and to, and how near its numbers are.
BAR_THICK, BAR_LENGTH, BAR_GAP = 0.35, (0.6, 25), 0.9
# A raised sign: its height, how high above the line it ends, and how near the sign before it stands.
RAISED_HEIGHT, RAISED_BY, RAISED_GAP = (0.55, 1.3), 0.5, 0.5
# Signs that Tesseract cannot tell from others that it does not know: of ≤ it makes <.
COMPARISONS = frozenset("<>≤≥≠≈√∑∫∞∂π±")
SIGNS = re.compile(r"[=+×÷^/*−|\[\](){}]|\d")
SURE_CONFIDENCE, READ_CONFIDENCE = 60, 35
# More boxes are joined faster by their dots.
MOST_APART = 80


def formulas(ink: PageInk, lines: Sequence[OcrLine], unit: float) -> list[Box]:
    """What no row of signs can say, or is read as another sign; what stands in one line is one."""
    fractions = [ink.on_page(box) for box in _fractions(ink, unit)]
    raised = [ink.on_page(whole) for sign, whole in _raised(ink, unit) if not _is_in_a_word(ink.on_page(sign), lines)]
    read = [line.box for line in lines if _reads_as_formula(line)]
    size = unit * ink.scale
    left_out = ink.uncovered(_sure_words(lines)) if lines else []
    left_out = [box for box in left_out if box[2] - box[0] > 4 * size and box[3] - box[1] < 8 * size]
    return joined([*fractions, *raised, *read, *left_out], 2 * size, 0)


def _sure_words(lines: Sequence[OcrLine]) -> list[Box]:
    return [word.box for line in lines for word in line.words if word.confidence >= READ_CONFIDENCE]


def _is_in_a_word(box: Box, lines: Sequence[OcrLine]) -> bool:
    """Whether nothing but letters was read there: part of one that broke."""
    words = [word for line in lines for word in line.words if is_near(word.box, box, 0, 0)]
    return any(word.text.isalpha() and word.confidence >= SURE_CONFIDENCE for word in words)


def _reads_as_formula(line: OcrLine) -> bool:
    if COMPARISONS & set(line.text):
        return True
    unsure = [word for word in line.words if word.confidence < SURE_CONFIDENCE]
    return sum(bool(SIGNS.search(word.text)) for word in unsure) * 4 >= len(line.words)


def _fractions(ink: PageInk, unit: float) -> Iterator[Box]:
    spots, signs = ink.spots, ink.letters
    least, most = BAR_LENGTH
    is_bar = (spots.height <= BAR_THICK * unit) & (spots.width >= least * unit) & (spots.width <= most * unit)
    for left, top, right, bottom in spots.where(is_bar & (spots.width > 3 * spots.height)).boxes().tolist():
        inside = (signs.left < right + unit / 3) & (signs.right > left - unit / 3)
        above = inside & (signs.bottom <= top + 1) & (signs.bottom >= top - BAR_GAP * unit)
        below = inside & (signs.top >= bottom - 1) & (signs.top <= bottom + BAR_GAP * unit)
        if (
            above.any()
            and below.any()
            and not (_goes_on(signs, above, left, right, unit) or _goes_on(signs, below, left, right, unit))
        ):
            yield surrounding([*signs.where(above | below).boxes().tolist(), (left, top, right, bottom)])


def _goes_on(signs: Components, chosen: Mask, left: int, right: int, unit: float) -> bool:
    """Whether the row of the chosen signs reaches beyond the bar, as a line of text does."""
    level = np.abs(signs.bottom - np.median(signs.bottom[chosen])) <= unit / 4
    beside = (signs.right <= left) & (signs.right > left - unit) | (signs.left >= right) & (signs.left < right + unit)
    return bool((level & beside).any())


def _raised(ink: PageInk, unit: float) -> Iterator[tuple[Box, Box]]:
    """Small signs high behind others, as the 2 of x², without and with those; what stands under them is paper."""
    row = ink.print
    base = _base_lines(ink)[ink.print_row]
    signs = ink.letters
    has_size = (signs.height >= RAISED_HEIGHT[0] * unit) & (signs.height <= RAISED_HEIGHT[1] * unit)
    for left, top, right, bottom in signs.where(has_size & ~_on_a_line(signs, row.left, base, unit)).boxes().tolist():
        rise = base - bottom
        before = (row.right <= left + 1) & (row.right > left - RAISED_GAP * unit) & (row.bottom > bottom + unit / 3)
        before &= (rise >= RAISED_BY * unit) & (rise < 2 * unit) & (row.top < bottom + unit / 2)
        under = (signs.left < right) & (signs.right > left) & (signs.top >= bottom) & (signs.top < bottom + unit)
        if before.any() and not under.any():
            sign = (left, top, right, bottom)
            yield sign, surrounding([*row.where(before).boxes().tolist(), sign])


def _base_lines(ink: PageInk) -> NDArray[np.float64]:
    """By the number of a row where most of its letters end."""
    rows, bottoms = ink.print_row, ink.print.bottom
    base = np.zeros(int(rows.max()) + 1)
    for row in np.unique(rows):
        base[row] = np.median(bottoms[rows == row])
    return base


def _on_a_line(signs: Components, left: Ints, base: NDArray[np.float64], unit: float) -> Mask:
    """Which signs end on the base line of a letter near them (letters at ``left``): no need to look at those."""
    side, off = round(4 * unit), max(1, round(unit / 4))
    lines = np.zeros(
        (int(max(signs.left.max(), left.max())) // side + 1, int(signs.bottom.max()) + 3 * off), dtype=np.uint8
    )
    lines[left // side, np.minimum(base.astype(np.int64), lines.shape[1] - 1)] = 1
    return cv2.dilate(lines, np.ones((1, 2 * off + 1), dtype=np.uint8))[signs.left // side, signs.bottom] > 0


def joined(boxes: Sequence[Box], across: float, along: float) -> list[Box]:
    """Boxes nearer to each other than so far across and along the page, made one."""
    parts: list[Box] = []
    for box in sorted(boxes):
        near = [each for each in parts if is_near(each, box, across, along)]
        parts = [each for each in parts if each not in near] + [surrounding([*near, box])]
    return parts


def may_be_large(boxes: Sequence[Box], gap: int, least: float) -> bool:
    """Whether any of the boxes, with those not further away than ``gap``, may be so wide and high; of many, yes."""
    if len(boxes) > MOST_APART:
        return True
    groups = joined(joined(boxes, gap + 1, gap + 1), gap + 1, gap + 1)
    return any(min(right - left, bottom - top) >= least for left, top, right, bottom in groups)


def is_near(one: Box, other: Box, across: float, along: float) -> bool:
    is_beside = max(one[0], other[0]) - min(one[2], other[2]) < across
    return is_beside and max(one[1], other[1]) - min(one[3], other[3]) < along
