"""Lines drawn through print, as of squared paper, a pen or a scanner's dirt: letters that they join are set free."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from books.ocr.image.spots import Components, components, mask_of

Shades = NDArray[Any]
# As shares of the page's long side: a line's length, and what is joined by it at the least; it is so many dots thick.
LENGTH, LEAST_HEIGHT, THICK = 0.06, 0.004, 6
# What runs through a letter's height between these shares strikes it out; an underline is lower.
STRUCK: Final = (0.2, 0.66)
# More of its place is ink where something is no line with letters but dark.
MOST_FILLED: Final = 0.5
# A line of ruled paper goes on for this share of the long side, in runs of such a share. Gaps of so many dots are
# grain, less than the space of a word. It is widened by so many to be found where it leans, then for what compression
# leaves around it.
WHOLE_LENGTH, RUN, GAP, LEAN, AROUND = 0.25, 0.035, 4, 2, 4


def freed(spots: Components, labels: Shades) -> tuple[NDArray[np.bool_], Components, Shades] | None:
    """Which spots hold long thin lines and something else, the spots that these become without their lines, and a mask
    of the lines; None where there is none."""
    long_side = max(labels.shape)
    longer, thinner = np.maximum(spots.width, spots.height), np.minimum(spots.width, spots.height)
    is_ruled = (longer > LENGTH * long_side) & (thinner >= LEAST_HEIGHT * long_side)
    is_ruled &= spots.ink < MOST_FILLED * spots.width * spots.height
    if not is_ruled.any():
        return None
    ruled = spots.where(is_ruled)
    left, top = int(ruled.left.min()), int(ruled.top.min())
    place = np.s_[top : int(ruled.bottom.max()), left : int(ruled.right.max())]
    ink = np.concatenate(([False], is_ruled)).astype(np.uint8)[labels[place]]
    length = round(LENGTH * long_side)
    across, down = _opened(ink, length, 1), _opened(ink, 1, length)
    if not (across.any() or down.any()):
        return None
    thin = ~_opened(ink, THICK, THICK)
    across, down = across & thin, down & thin
    rest = ink & ~across & ~down
    # A letter's stroke goes on where it crosses a line.
    crossed = (across & _closed(rest, 1, THICK)) | (down & _closed(rest, THICK, 1))
    lines = np.zeros(labels.shape, dtype=np.uint8)
    lines[place] = (across | down) & ~crossed
    parts, _ = components((ink & ~lines[place]).view(np.bool_))
    return is_ruled, parts.moved(left, top), lines


def long_lines(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask of the lines of ruled or squared paper, with what is close around them."""
    lines = _level_lines(ink) | _level_lines(np.ascontiguousarray(ink.T)).T
    around = np.ones((2 * AROUND + 1, 2 * AROUND + 1), dtype=np.uint8)
    return cv2.dilate(lines.view(np.uint8), around).view(np.bool_)


def _level_lines(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    long_side = max(ink.shape)
    widened = cv2.dilate(_closed(ink.view(np.uint8), GAP + 1, 1), np.ones((2 * LEAN + 1, 1), dtype=np.uint8))
    spots, labels = components(_opened(widened, round(RUN * long_side), 1).view(np.bool_))
    return mask_of(spots.width > WHOLE_LENGTH * long_side, spots, labels)


def struck(letters: Components, lines: Shades) -> int:
    """Through how many of the letters a line runs, and not under them."""
    high, low = (letters.top + (share * letters.height).astype(np.int64) for share in STRUCK)
    edges = high, low + 1, np.maximum(letters.left - 2, 0), letters.right + 2
    places = zip(*(edge.tolist() for edge in edges), strict=True)
    return sum(bool(lines[top:bottom, left:right].any()) for top, bottom, left, right in places)


def _opened(ink: Shades, width: int, height: int) -> Shades:
    return cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((height, width), dtype=np.uint8))


def _closed(ink: Shades, width: int, height: int) -> Shades:
    return cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((height, width), dtype=np.uint8))
