"""Squares to tick, as exercises have them: drawn like letters, and no print."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from books.ocr.image.spots import Components

# A box to tick is a square of so many dots, each of its sides drawn along this share.
SQUARE, LEAST_BOX, MOST_BOX, DRAWN, HOLLOW_BOX = 1.2, 10, 60, 0.85, 0.5
# Dots, from the middle, that are white in an empty box: most letters have ink at one of them.
INSIDE: Final = (0, 0), (-1, -1), (1, -1), (-1, 1), (1, 1)


def are_boxes(spots: Components, is_dark: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the spots are squares to tick, not larger than a large letter, with nothing in them."""
    longer, thinner = np.maximum(spots.width, spots.height), np.minimum(spots.width, spots.height)
    is_box: NDArray[np.bool_] = (longer < SQUARE * thinner) & (thinner >= LEAST_BOX) & (longer < MOST_BOX)
    is_box &= spots.ink < HOLLOW_BOX * spots.width * spots.height
    chosen, numbers = spots.where(is_box), np.flatnonzero(is_box)
    (x, y), is_white = chosen.centre, np.ones(len(chosen), dtype=np.bool_)
    for across, down in INSIDE:
        is_white &= ~is_dark[y + down * (chosen.height // 8), x + across * (chosen.width // 8)]
    is_box[numbers] = is_white
    boxes = chosen.boxes()[is_white].tolist()
    for at, (left, top, right, bottom) in zip(numbers[is_white].tolist(), boxes, strict=True):
        place, edge = is_dark[top:bottom, left:right], (bottom - top) // 4
        sides = (place[:2], place[-2:], place.T[:2], place.T[-2:])
        is_empty = not place[edge:-edge, edge:-edge].any()
        is_box[at] = is_empty and all(side.any(axis=0).mean() > DRAWN for side in sides)
    return is_box
