"""Tells from the shape of its print how a page must be turned to stand upright, for engines that cannot.

Imports neither Django nor a vendor's SDK. Knows Latin, Greek and Cyrillic print, in which more letters rise above the
line's small letters than hang below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from books.ocr.components import Ints
from books.ocr.coverage import PageInk

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
