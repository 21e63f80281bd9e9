"""What a scan shows beside its page: the facing page, or a strip of it; and boxes with white print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from books.ocr.engines.base import OcrWord
from books.ocr.image.ink import LEAST_LETTER, MOST_LETTER, Box, PageInk
from books.ocr.image.spots import Components, Ints, components, ranked

# A spread is wider than high, and its halves are this far apart, near its middle, as shares of its width.
SPREAD_ASPECT, LEAST_GUTTER, MIDDLE = 1.15, 0.03, (0.42, 0.58)
# It leans so far at most, and only where it is wider so. It is as wide as so many margins, or so much of a column.
LEANS, NEARLY, MARGINS, COLUMNS = (0.0, 0.02, -0.02, 0.04, -0.04, 0.06, -0.06), 0.85, 1.25, 0.2
# A title page, or one with its number alone, has so few signs.
FEW_SIGNS: Final = 60
# The fold is darker than most of the gutter.
FOLD: Final = 0.97
# Page numbers stand above or below so much of the print.
HEAD: Final = 0.08
# Lines on each side of a gutter, at least; and how much of the way to the other side they fill.
LEAST_LINES, LEAST_FILLED = 5, 0.5
# A strip of the facing page is narrower than this share of the width, and of its lines so many run into the edge.
WIDEST_STRIP, CUT_LINES = 0.25, 0.3
# Of fewer lines half do, and each but for a space; they are narrower, and have so many letters each.
NARROW_SCRAP, SCRAP_LETTERS, SCRAP_EDGE, CUT_OF_SCRAP = 0.15, 5, 0.013, 0.5
# As shares of the width, what is free between a strip and the page, and what may be left between it and the edge.
STRIP_GUTTER, CUT_EDGE = 0.015, 0.006
# A box is this much of the long side high, mostly dark, and has so much print in it, as shares of its area.
BOX_HEIGHT, BOX_FILL, BOX_PRINT = 0.015, 0.5, (0.01, 0.4)
LEAST_SIGNS, LEAST_STEP, LEAST_WIDTH = 4, 60, 0.8
# With fewer signs it is as full as a disc; they are so high in it, and less full than the counter of a letter.
WHOLE, LEAST_NUMBER, COUNTER = 0.74, 0.25, 0.6
# Darker than this share of the paper, and free of print in a square of so many dots.
BOX_SHADE, SOLID = 0.78, 13
# In a paler box on paper as bright as this, print is so much brighter than the box, of so many signs about as high as
# each other, with no solid square, and with less dark print, as a share, so near as a scanner's halo would be.
PALE_SHADE, BRIGHT_PAPER, PALE_STEP, PALE_SIGNS, HALO, DARK, MOST_DARK = 0.93, 225, 20, 8, 4, 0.6, 0.02


def gutter(ink: PageInk, words: Iterable[OcrWord] = (), *, is_turned: bool = False) -> tuple[float, float] | None:
    """Where the gutter of two facing pages runs, in shares of the width at the top and the bottom; None for one page.

    Columns of one page stand closer than pages do, and have no two numbers in a row at its head or foot. A page that
    was turned may also be of a table, whose cells fill little of their column.
    """
    height, width = ink.shape
    if width < SPREAD_ASPECT * height or not len(ink.print):
        return None
    boxes = ink.print.boxes()
    if _has_blank_half(ink):
        middle = _fold(ink, round(MIDDLE[0] * width), round(MIDDLE[1] * width)) / width
        return middle, middle
    gaps = [(lean, *gap) for lean in LEANS for gap in _free_columns(_upright(boxes, ink.shape, lean), width)]
    gaps = [gap for gap in gaps if MIDDLE[0] < _middle(*gap[1:], width) / width < MIDDLE[1]]
    widest = max((end - start for _, start, end in gaps), default=0)
    lean, start, end = next((gap for gap in gaps if gap[2] - gap[1] >= NEARLY * widest), (0, 0, 0))
    upright = _upright(boxes, ink.shape, lean)
    is_left = upright[:, 2] <= start
    if end - start < LEAST_GUTTER * width:
        return None
    left, right = int(upright[:, 0].min()), int(upright[:, 2].max())
    is_wide = end - start >= min(MARGINS * (left + width - right), COLUMNS * (right - left - end + start)) / 2
    is_wide &= min(_lines(ink, is_left), _lines(ink, ~is_left)) >= LEAST_LINES
    is_wide &= not is_turned or _usual_length(ink, upright, is_left) > LEAST_FILLED * (end - left)
    middle = _middle(start, end, width)
    if not is_wide and not _are_numbered(words, boxes[:, 1::2] * ink.scale, middle * ink.scale):
        return None
    if not lean:
        middle = _fold(ink, start, end)
    by = lean * height / 2
    return float((middle - by) / width), float((middle + by) / width)


def _has_blank_half(ink: PageInk) -> bool:
    """Whether one half has lines of print, and the other nothing but a few signs, its edges and the fold."""
    height, width = ink.shape
    spots = ink.spots
    has_size = np.maximum(spots.width, spots.height) >= LEAST_LETTER * width
    at_edge = (spots.left == 0) | (spots.top == 0) | (spots.right == width) | (spots.bottom == height)
    drawn = spots.where(has_size & ~at_edge)
    is_left, is_right = drawn.right < (0.5 - LEAST_GUTTER / 2) * width, drawn.left > (0.5 + LEAST_GUTTER / 2) * width
    if not (is_left | is_right).all() or len(np.unique(ink.print_row)) < LEAST_LINES:
        return False
    halves = drawn.where(is_left), drawn.where(is_right)
    return any(len(half) <= FEW_SIGNS and bool((half.height < MOST_LETTER * width).all()) for half in halves)


def _fold(ink: PageInk, start: int, end: int) -> float:
    """The darkest column in the gutter, its ends aside; its middle where none is darker than the others."""
    inside = start + (end - start) // 5
    shades = ink.grey[:, inside : end - (end - start) // 5].mean(axis=0)
    is_dark = shades.min() < FOLD * np.median(shades)
    return inside + int(shades.argmin()) if is_dark else _middle(start, end, ink.shape[1])


def _middle(start: int, end: int, width: int) -> float:
    """The scan's middle where it lies in the gutter, since lines end unevenly; else what is nearest to it."""
    edge = (end - start) / 5
    return min(max(width / 2, start + edge), end - edge)


def _upright(boxes: Ints, shape: tuple[int, ...], lean: float) -> Ints:
    """The boxes on a page whose gutter leans so many dots to the right for each further down, made upright."""
    by = (lean * ((boxes[:, 1] + boxes[:, 3]) - shape[0]) / 2).astype(np.int64)
    moved = boxes.copy()
    moved[:, ::2] -= by[:, None]
    return moved.clip(0, shape[1])


def _are_numbered(words: Iterable[OcrWord], rows: Ints, middle: float) -> bool:
    """Whether two numbers, one more than the other, stand left and right at the head of the print or at its foot."""
    top, bottom = int(rows.min()), int(rows.max())
    edge = HEAD * (bottom - top)
    sides: tuple[set[int], set[int]] = set(), set()
    for word in words:
        y = (word.box[1] + word.box[3]) / 2
        if word.text.isdecimal() and len(word.text) < 5 and not top + edge < y < bottom - edge:
            sides[word.box[0] > middle].add(int(word.text))
    return any(number + by in sides[1] for number in sides[0] for by in (1, -1))


def strip(ink: PageInk) -> Box | None:
    """The place of a strip of the facing page, in pixels of the page: print at one side that the edge cuts off."""
    height, width = ink.shape
    if not len(ink.print):
        return None
    spots = ink.spots
    has_size = (spots.height >= LEAST_LETTER * height) & (spots.height < height / 20)
    boxes = spots.boxes()[has_size & (spots.width < width / 10)]
    for start, end in _free_columns(boxes, width):
        if end - start < STRIP_GUTTER * width:
            continue
        for is_left, share in ((True, start / width), (False, 1 - end / width)):
            side = boxes[:, 2] <= start if is_left else boxes[:, 0] >= end
            to_edge = boxes[side, 0] / width if is_left else 1 - boxes[side, 2] / width
            if 0 < share < WIDEST_STRIP and _is_cut_off(boxes[side], to_edge, share):
                return ink.on_page((0, 0, start, height) if is_left else (end, 0, width, height))
    return None


def _is_cut_off(boxes: Ints, to_edge: NDArray[np.float64], share: float) -> bool:
    """Whether so many of the lines at a side of the page run into its edge as of a strip, or of a scrap of one."""
    lines, cut = _rows_of(boxes), _rows_of(boxes[to_edge <= CUT_EDGE])
    if lines >= LEAST_LINES:
        return cut >= CUT_LINES * lines
    is_all_close = 0 < lines == _rows_of(boxes[to_edge <= SCRAP_EDGE])
    return is_all_close and cut >= CUT_OF_SCRAP * lines and share < NARROW_SCRAP and len(boxes) >= SCRAP_LETTERS * lines


def _free_columns(boxes: Ints, width: int) -> list[tuple[int, int]]:
    """The runs of columns on which none of the boxes stands, between the first and the last that do."""
    taken = np.zeros(width + 1, dtype=np.int64)
    np.add.at(taken, boxes[:, 0], 1)
    np.add.at(taken, boxes[:, 2], -1)
    used = np.flatnonzero(taken.cumsum() > 0)
    ends = np.flatnonzero(np.diff(used) > 1)
    return [(int(used[at]) + 1, int(used[at + 1])) for at in ends]


def _lines(ink: PageInk, chosen: NDArray[np.bool_]) -> int:
    return len(np.unique(ink.print_row[chosen]))


def _usual_length(ink: PageInk, boxes: Ints, chosen: NDArray[np.bool_]) -> float:
    """Of the lines of the chosen letters, from the first to the last."""
    rows = [boxes[chosen & (ink.print_row == row)] for row in np.unique(ink.print_row[chosen])]
    return float(np.median([row[:, 2].max() - row[:, 0].min() for row in rows]))


def _rows_of(boxes: Ints) -> int:
    """How many rows the boxes make up."""
    rows, reach = 0, -1
    for top, bottom in sorted(zip(boxes[:, 1].tolist(), boxes[:, 3].tolist(), strict=True)):
        if (top + bottom) / 2 > reach:
            rows += 1
            reach = bottom
    return rows


def with_dark_print(page: Image.Image) -> Image.Image:
    """The page with white print in dark or pale boxes made dark on white; the page itself where it has none."""
    scale = max(1, round(max(page.size) / 1_600))
    small = np.asarray(page.reduce(scale) if scale > 1 else page)
    paper = ranked(small[::4], 50)
    shades: NDArray[np.uint8] | None = None
    kinds = ((BOX_SHADE, _has_signs), (PALE_SHADE, _has_pale_signs))
    for shade, is_printed in kinds if paper >= BRIGHT_PAPER else kinds[:1]:
        for (left, top, right, bottom), box, whole in _boxes(small < shade * paper):
            if not is_printed(whole - box, box, small[top:bottom, left:right]):
                continue
            if shades is None:
                shades = np.array(page)
            part = shades[top * scale : bottom * scale, left * scale : right * scale]
            inside = cv2.resize(whole, part.shape[::-1], interpolation=cv2.INTER_NEAREST).view(np.bool_)
            part[inside] = _darkened(part[inside], is_pale=shade == PALE_SHADE)
    return page if shades is None else Image.fromarray(shades)


def _boxes(dark: NDArray[np.bool_]) -> Iterator[tuple[list[int], NDArray[np.uint8], NDArray[np.uint8]]]:
    """The place of each box, a mask of it there, and one of the same with what is inside it."""
    if not cv2.erode(dark.view(np.uint8), np.ones((SOLID, SOLID), dtype=np.uint8), borderValue=0).any():
        return
    spots, labels = components(dark)
    is_box = (spots.height > BOX_HEIGHT * max(dark.shape)) & (spots.width > LEAST_WIDTH * spots.height)
    is_box &= spots.ink > BOX_FILL * spots.width * spots.height
    for number in np.flatnonzero(is_box).tolist():
        left, top, right, bottom = place = spots.boxes()[number].tolist()
        box = (labels[top:bottom, left:right] == number + 1).astype(np.uint8)
        whole = np.zeros_like(box)
        cv2.drawContours(whole, cv2.findContours(box, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], -1, 1, cv2.FILLED)
        yield place, box, whole


def _darkened(shades: NDArray[np.uint8], *, is_pale: bool) -> NDArray[np.uint8]:
    """A box in which what is lighter than most of it is dark, and most of it white; dark print in a pale one stays."""
    ground = ranked(shades.reshape(-1, 1), 40)
    light = np.minimum(255, (255 - shades) * np.float32(255 / max(1, 255 - ground)))
    dark = shades * np.float32(255 / max(1, ground)) if is_pale else light
    both: NDArray[np.uint8] = np.minimum(light, dark).astype(np.uint8)
    return both


def _has_signs(light: NDArray[np.uint8], box: NDArray[np.uint8], shades: NDArray[Any]) -> bool:
    """Whether what is light in a box can be print."""
    share = cv2.countNonZero(light) / light.size
    if not BOX_PRINT[0] < share < BOX_PRINT[1]:
        return False
    # Shadows and grain have no step of shade.
    if ranked(shades[light > 0], 75) - ranked(shades[box > 0], 50) < LEAST_STEP:
        return False
    signs, _ = components(light.view(np.bool_))
    letters = signs.where((signs.height > box.shape[0] / 60) & (signs.height < box.shape[0]) & (signs.ink > 8))
    return len(letters) >= LEAST_SIGNS or _is_number(letters, light, box)


def _has_pale_signs(inside: NDArray[np.uint8], box: NDArray[np.uint8], shades: NDArray[Any]) -> bool:
    """Whether what is light in a pale box is print, and neither a place left white nor what a scanner does to edges."""
    ground = ranked(shades[box > 0], 50)
    light = inside & (shades >= min(255, ground + PALE_STEP))
    if not BOX_PRINT[0] < cv2.countNonZero(light) / light.size < BOX_PRINT[1]:
        return False
    # Where it differs by more, the box is not pale.
    if ranked(shades[light > 0], 75) >= ground + LEAST_STEP:
        return False
    is_solid = cv2.erode(light, np.ones((SOLID, SOLID), dtype=np.uint8), borderValue=0).any()
    near = cv2.dilate(light, np.ones((2 * HALO + 1, 2 * HALO + 1), dtype=np.uint8)) > 0
    if is_solid or (shades[near] < DARK * ground).mean() > MOST_DARK:
        return False
    signs, _ = components(light.view(np.bool_))
    height = signs.height[signs.ink > 8]
    if not len(height):
        return False
    usual = np.median(height)
    return int(np.count_nonzero(np.abs(height - usual) < usual / 2)) >= PALE_SIGNS


def _is_number(signs: Components, light: NDArray[np.uint8], box: NDArray[np.uint8]) -> bool:
    """Whether a sign or two in a disc or a rectangle are print, and not the counters of a bold letter: these are round,
    or one below the other."""
    if not len(signs) or (light + box).mean() < WHOLE or int(signs.height.max()) < LEAST_NUMBER * box.shape[0]:
        return False
    if len(signs) == 1:
        return bool(signs.ink[0] < COUNTER * signs.width[0] * signs.height[0])
    return int(signs.bottom.max() - signs.bottom.min()) < int(signs.height.max()) / 4
