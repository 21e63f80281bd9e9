"""Lines that rise, fall or bend, as on a page photographed at an angle or beside its fold: told, and made level.

Imports neither Django nor a vendor's SDK.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from books.ocr.image.ink import PageInk

Floats = NDArray[np.float64]
# Rows of so many letters whose places vary by this share of the page's width, and by how much they may rise.
LONG_ROW, LONG_WIDTH, LEVEL_SLOPE = 12, 0.06, 0.012
# So many of such rows tell, where this share of them is not level.
LEAST_ROWS, MOST_UNLEVEL = 5, 0.35
# How far lines are from level is a polynomial of these degrees, found again without what is furthest from it: signs
# that hang below the line. The picture is moved in bands of so many rows.
ACROSS, DOWN, ROUNDS, KEPT, BAND = 4, 2, 4, 70, 256


def is_unlevel(ink: PageInk) -> bool:
    """Whether too many of the longer rows of print rise or fall to be read well."""
    x, bottom, row, is_long = _rows(ink)
    x, bottom = _centred(x, row), _centred(bottom, row)
    slope = np.bincount(row, x * bottom) / np.bincount(row, x * x).clip(1)
    return is_long.sum() >= LEAST_ROWS and float((np.abs(slope[is_long]) > LEVEL_SLOPE).mean()) > MOST_UNLEVEL


def leveled(page: Image.Image) -> Image.Image:
    """The page with each line moved up and down to where it is level; the page itself where nothing tells how."""
    ink = PageInk(page)
    x, bottom, row, is_long = _rows(ink)
    chosen = is_long[row] if len(row) else np.zeros(0, dtype=np.bool_)
    if is_long.sum() < LEAST_ROWS:
        return page
    x, bottom, row = x[chosen], bottom[chosen], row[chosen]
    height, width = ink.shape
    at = np.bincount(row, bottom)[row] / np.bincount(row)[row]
    terms = np.array([_centred(term, row) for term in _terms(x / width - 0.5, at / height - 0.5)]).T
    rise = _centred(bottom, row)
    kept = np.ones(len(rise), dtype=np.bool_)
    for _ in range(ROUNDS):
        weights = np.linalg.lstsq(terms[kept], rise[kept], rcond=None)[0]
        off = np.abs(rise - terms @ weights)
        kept = off <= np.percentile(off, KEPT)
    return _moved(page, weights * ink.scale)


def _rows(ink: PageInk) -> tuple[Floats, Floats, NDArray[np.int64], NDArray[np.bool_]]:
    """Middles and lower edges of the letters, the row of each, and which rows are long."""
    x, bottom, row = ink.print.centre[0].astype(float), ink.print.bottom.astype(float), ink.print_row
    count = np.bincount(row)
    spread = np.bincount(row, _centred(x, row) ** 2) / count.clip(1)
    return x, bottom, row, (count >= LONG_ROW) & (spread > (LONG_WIDTH * ink.shape[1]) ** 2)


def _centred(values: Floats, row: NDArray[np.int64]) -> Floats:
    """Each less the mean of its row."""
    mean = np.bincount(row, values) / np.bincount(row).clip(1)
    centred: Floats = values - mean[row]
    return centred


def _terms(x: Any, y: Any) -> list[Any]:
    return [x**across * y**down for across in range(1, ACROSS + 1) for down in range(DOWN + 1)]


def _moved(page: Image.Image, weights: Floats) -> Image.Image:
    shades = np.asarray(page)
    height, width = shades.shape
    moved = np.empty_like(shades)
    columns = np.arange(width, dtype=np.float32)[None, :]
    for top in range(0, height, BAND):
        rows = np.arange(top, min(top + BAND, height), dtype=np.float32)[:, None]
        terms = _terms(columns / width - 0.5, rows / height - 0.5)
        rise = sum((np.float32(weight) * term for weight, term in zip(weights, terms, strict=True)), rows)
        x = np.broadcast_to(columns, rise.shape)
        part = cv2.remap(shades, np.ascontiguousarray(x), rise, cv2.INTER_CUBIC, borderValue=255)
        moved[top : top + len(rows)] = part
    return Image.fromarray(moved)
