"""What a scan shows beside its page: the facing page, or a strip of it; and boxes with white print."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from books.ocr.image.ink import LEAST_LETTER, Box, Ints, PageInk, components, ranked

# A spread is wider than high, and its halves are this far apart, near its middle, as shares of its width.
SPREAD_ASPECT, LEAST_GUTTER, MIDDLE = 1.15, 0.03, (0.42, 0.58)
# Lines on each side of a gutter, at least.
LEAST_LINES: Final = 5
# A strip of the facing page is narrower than this share of the width, and of its lines so many run into the edge.
WIDEST_STRIP, CUT_LINES = 0.25, 0.3
# As a share of the width, what is free between a strip and the page.
STRIP_GUTTER: Final = 0.015
# A box is this much of the long side high, mostly dark, and has so much print in it, as shares of its area.
BOX_HEIGHT, BOX_FILL, BOX_PRINT = 0.015, 0.5, (0.01, 0.4)
LEAST_SIGNS, LEAST_STEP = 4, 60
# Darker than this share of the paper, and free of print in a square of so many dots.
BOX_SHADE, SOLID = 0.78, 13


def is_spread(ink: PageInk) -> bool:
    """Whether two facing pages stand side by side on the scan."""
    height, width = ink.shape
    if width < SPREAD_ASPECT * height:
        return False
    free = _free_columns(ink.print.boxes(), width)
    gutters = [(start, end) for start, end in free if end - start >= LEAST_GUTTER * width]
    x = ink.print.centre[0]
    return any(
        MIDDLE[0] * width < (start + end) / 2 < MIDDLE[1] * width
        and min(_lines(ink, x < start), _lines(ink, x > end)) >= LEAST_LINES
        for start, end in gutters
    )


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
            at_edge = boxes[:, 0] <= 1 if is_left else boxes[:, 2] >= width - 1
            lines = _rows_of(boxes[side])
            if (
                0 < share < WIDEST_STRIP
                and lines >= LEAST_LINES
                and _rows_of(boxes[side & at_edge]) >= CUT_LINES * lines
            ):
                return ink.on_page((0, 0, start, height) if is_left else (end, 0, width, height))
    return None


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


def _rows_of(boxes: Ints) -> int:
    """How many rows the boxes make up."""
    rows, reach = 0, -1
    for top, bottom in sorted(zip(boxes[:, 1].tolist(), boxes[:, 3].tolist(), strict=True)):
        if (top + bottom) / 2 > reach:
            rows += 1
            reach = bottom
    return rows


def with_dark_print(page: Image.Image) -> Image.Image:
    """The page with white print in dark boxes made dark on white; the page itself where it has none."""
    scale = max(1, round(max(page.size) / 1_600))
    small = np.asarray(page.reduce(scale) if scale > 1 else page)
    dark = small < BOX_SHADE * ranked(small[::4], 50)
    if not cv2.erode(dark.view(np.uint8), np.ones((SOLID, SOLID), dtype=np.uint8), borderValue=0).any():
        return page
    spots, labels = components(dark)
    is_box = (spots.height > BOX_HEIGHT * max(small.shape)) & (spots.width > 2 * spots.height * BOX_FILL)
    is_box &= spots.ink > BOX_FILL * spots.width * spots.height
    shades: NDArray[np.uint8] | None = None
    for number in np.flatnonzero(is_box).tolist():
        left, top, right, bottom = spots.boxes()[number].tolist()
        box = (labels[top:bottom, left:right] == number + 1).astype(np.uint8)
        whole = np.zeros_like(box)
        cv2.drawContours(whole, cv2.findContours(box, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0], -1, 1, cv2.FILLED)
        if not _has_signs(whole - box, box, small[top:bottom, left:right]):
            continue
        if shades is None:
            shades = np.array(page)
        part = shades[top * scale : bottom * scale, left * scale : right * scale]
        inside = cv2.resize(whole, part.shape[::-1], interpolation=cv2.INTER_NEAREST).view(np.bool_)
        ground = 255 - ranked(part[inside].reshape(-1, 1), 40)
        part[inside] = np.minimum(255, (255 - part[inside]) * np.float32(255 / max(1, ground))).astype(np.uint8)
    return page if shades is None else Image.fromarray(shades)


def _has_signs(light: NDArray[np.uint8], box: NDArray[np.uint8], shades: NDArray[Any]) -> bool:
    """Whether what is light in a box can be print."""
    share = cv2.countNonZero(light) / light.size
    if not BOX_PRINT[0] < share < BOX_PRINT[1]:
        return False
    # Shadows and grain have no step of shade.
    if ranked(shades[light > 0], 75) - ranked(shades[box > 0], 50) < LEAST_STEP:
        return False
    signs, _ = components(light.view(np.bool_))
    letters = (signs.height > box.shape[0] / 60) & (signs.height < box.shape[0]) & (signs.ink > 8)
    return int(letters.sum()) >= LEAST_SIGNS
