"""Tells how much of a page's print nobody has read, which an engine's own confidence does not show."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from books.ocr.image.faint import edges, is_banded
from books.ocr.image.ruling import freed, long_lines, struck
from books.ocr.image.spots import Components, Ints, components, mask_of, ranked
from books.ocr.image.tick_boxes import are_boxes

Box = tuple[int, int, int, int]
# Long side on which print is judged: 8-point letters are still 10 pixels high there.
WORKING_SIDE: Final = 1_600
# One row in so many tells how bright the paper is.
PAPER_STEP: Final = 4
# Darker than this share of the paper is ink.
INK: Final = 0.6
# Heights as shares of the page's long side: fly dirt below, the largest chapter titles at the upper end.
LEAST_LETTER, MOST_LETTER = 0.004, 0.08
# Grain and dust are lower, and a clean page has fewer spots that are higher.
GRAIN, MOST_GRAINS = 0.0062, 60
# The letters of a title page.
LARGEST_LETTER: Final = 0.4
# A spot longer than so many heights is a rule; a word whose letters run together is shorter.
RULE_ASPECT: Final = 12
# A filled box, and what is left of a frame.
SOLID, HOLLOW = 0.92, 0.06
# What stands alone is so large at least; punched holes are smaller discs near a side, and a frame goes around the page.
LEAST_LONE, HOLE, HOLE_MARGIN, ROUND, DISC, FRAME = 0.03, 0.05, 0.15, 1.25, 0.62, 0.6
# Of lines of faint print more spots than these are dark.
FEW: Final = 12
# Dots a drawn line is widened by, so that its soft edge goes with it.
EDGE: Final = 3
# Fainter print differs from the paper by this share of white, and by so many times the page's noise.
LEAST_FAINT, FAINT_ABOVE_NOISE, MOST_FAINT = 0.045, 5.0, 4
# Letters of one line stand closer than this many of their heights.
LETTER_GAP: Final = 0.8
# A row of print is not much higher than its letters, and some of them.
ROW_HEIGHT, ROW_LETTERS = 2.2, 3
# Neighbours end level within this share of their height; so do three of four pairs in print, but few in a picture.
LEVEL, LEVEL_PAIRS = 0.12, 0.45
# Grain falls into pairs and threes; a page without a longer row has no print to miss.
CERTAIN_LETTERS: Final = 5
# Lines of one paragraph are closer than this many of their letters' heights on each side.
LINE_GAP, MOST_REGIONS = 0.8, 12
# A page with more spots than this is noise or halftone, not print: a full newspaper page has 20,000 letters.
MOST_SPOTS: Final = 40_000


def missing_ink(image: Image.Image, boxes: Iterable[Box]) -> float:
    """The share, 0 to 1, of a page's print that lies in none of the boxes (left, top, right, bottom in its pixels).

    Print is what stands in rows of similar spots. Speckle, rules, frames, filled boxes, halftone and whatever touches
    the border are not; 0 for a page without print. The page is grey, dark on light, upright.
    """
    return PageInk(image).missing(boxes)


class PageInk:
    """The print of one page, found once and compared with as many readings as needed."""

    def __init__(self, image: Image.Image) -> None:
        self.scale = max(1, round(max(image.size) / WORKING_SIDE))
        grey = image if image.mode == "L" else image.convert("L")
        self.grey = np.asarray(grey.reduce(self.scale) if self.scale > 1 else grey)
        self.shape = self.grey.shape
        # Whole numbers are compared several times as fast.
        self.paper = ranked(self.grey[::PAPER_STEP], 50)
        self.is_dark = self.grey < math.ceil(INK * self.paper)
        self.spots, self.labels = components(self.is_dark)
        is_box = are_boxes(self.spots, self.is_dark)
        self.boxes = self.spots.where(is_box)
        self.lines: NDArray[np.uint8] | None = None
        self.is_struck = False
        marks = self.spots.where(~is_box)
        if found := freed(self.spots, self.labels):
            is_ruled, parts, lines = found
            joined = _letters(parts, self.shape)
            if len(joined) >= CERTAIN_LETTERS:
                self.lines, marks = lines, self.spots.where(~is_box & ~is_ruled).beside(parts)
                self.is_struck = struck(joined, lines) >= CERTAIN_LETTERS
        self.letters = _letters(marks, self.shape)
        is_print, row = _in_rows(self.letters, self.shape)
        self.print = self.letters.where(is_print)
        self.print_row = row[is_print]

    def without_lines(self, page: Image.Image) -> Image.Image:
        """A copy of the page without the lines that join letters; the page itself where there are none."""
        if self.lines is None:
            return page
        lines = cv2.resize(self.lines, page.size, interpolation=cv2.INTER_NEAREST)
        reach = np.ones((2 * self.scale + 1, 2 * self.scale + 1), dtype=np.uint8)
        return Image.fromarray(np.where(cv2.dilate(lines, reach) > 0, np.uint8(255), np.asarray(page)))

    @property
    def is_blank(self) -> bool:
        """Nothing on the page has the size and shape of a letter, or of a large one."""
        return not len(self.letters) and not len(self.lone())

    def hides_print(self, *, is_read: bool = False) -> bool:
        """Whether a page without rows of print has some all the same: too faint to be found or, if nothing on it
        ``is_read``, out of level or larger than that of any line. Every engine asks it before it calls a page blank."""
        if len(self.print):
            return False
        return (not is_read and (self._is_out_of_level or len(self.lone()) > 0)) or is_banded(
            self.grey, self._drawn() | long_lines(self._is_faint)
        )

    @property
    def _is_out_of_level(self) -> bool:
        """Letters, more than grain and dust make, of which none stands in a row: no engine reads them."""
        return int((self.letters.height > GRAIN * max(self.shape)).sum()) > MOST_GRAINS

    def lone(self, least: float = LEAST_LONE) -> Components:
        """What is drawn inside the page, ``least`` of its long side large, and no dirt, rule, hole or frame: on a page
        without print a letter, or what somebody has to look at."""
        spots, long_side = self.spots, max(self.shape)
        height, width = self.shape
        longer, thinner = np.maximum(spots.width, spots.height), np.minimum(spots.width, spots.height)
        is_large = (longer > least * long_side) & (longer < RULE_ASPECT * thinner)
        is_frame = (
            (spots.width > FRAME * width)
            & (spots.height > FRAME * height)
            & (spots.ink < HOLLOW * spots.width * spots.height)
        )
        x, _ = spots.centre
        is_inner = np.minimum(x, width - x) > HOLE_MARGIN * width
        is_round = (longer < ROUND * thinner) & (spots.ink > DISC * spots.width * spots.height)
        is_hole = is_round & (longer < HOLE * long_side) & ~is_inner
        is_stroke = self._are_strokes & is_inner & (spots.height > LEAST_LONE * long_side)
        return spots.where((is_large | is_stroke) & self._is_inside & ~is_frame & ~is_hole)

    @property
    def _are_strokes(self) -> NDArray[np.bool_]:
        """Which spots can be an I of hairlines, however thin."""
        spots = self.spots
        is_stroke: NDArray[np.bool_] = 8 * spots.width <= spots.height
        is_stroke &= spots.height < LARGEST_LETTER * max(self.shape)
        return is_stroke

    def _drawn(self) -> NDArray[np.bool_]:
        """A mask of rules, frames, filled boxes and whatever else is too large for print, or too little."""
        spots, long_side = self.spots, max(self.shape)
        longer, thinner = np.maximum(spots.width, spots.height), np.minimum(spots.width, spots.height)
        is_rule = (
            (longer > RULE_ASPECT * thinner) & (longer > MOST_LETTER * long_side) & (thinner < LEAST_LETTER * long_side)
        )
        is_box = (spots.ink > SOLID * spots.width * spots.height) & (thinner > 2 * LEAST_LETTER * long_side)
        drawn = mask_of(
            is_rule | is_box | (spots.height > MOST_LETTER * long_side) | (len(spots) <= FEW), spots, self.labels
        )
        reach = np.ones((2 * EDGE + 1, 2 * EDGE + 1), dtype=np.uint8)
        mask: NDArray[np.bool_] = cv2.dilate(drawn.view(np.uint8), reach).view(np.bool_)
        return mask

    @property
    def _is_faint(self) -> NDArray[np.bool_]:
        """A mask of what differs from the paper, however little."""
        least = 255 * max(LEAST_FAINT, FAINT_ABOVE_NOISE * edges(self.grey).noise())
        mask: NDArray[np.bool_] = self.grey < math.ceil(self.paper - least)
        return mask

    @property
    def _is_inside(self) -> NDArray[np.bool_]:
        """Which spots do not touch the border."""
        spots, (height, width) = self.spots, self.shape
        inside: NDArray[np.bool_] = (spots.left > 0) & (spots.top > 0) & (spots.right < width) & (spots.bottom < height)
        return inside

    def large(self, boxes: Iterable[Box] = ()) -> Components:
        """Spots outside all boxes that can be letters of a title page, several times as high as those of any line; thin
        strokes, if they stand above all print."""
        spots, long_side = self.spots, max(self.shape)
        fill = spots.ink / np.maximum(spots.width * spots.height, 1)
        is_high = (spots.height > MOST_LETTER * long_side) & (spots.height < LARGEST_LETTER * long_side)
        is_letter = (fill > 2 * HOLLOW) & (spots.width < 2 * spots.height) & (spots.height < 8 * spots.width)
        is_letter |= self._are_strokes & (spots.bottom < self.first_row)
        return spots.where(is_high & self._is_inside & is_letter & ~self._covered(spots, boxes))

    @property
    def first_row(self) -> int:
        """Where the highest letter of the print begins."""
        return int(self.print.top.min(initial=self.shape[0]))

    def has_print(self, box: Box) -> bool:
        """Whether what stands in the box is print, or has its size as a formula's signs have."""
        heights = self.letters.height[self._covered(self.letters, [box])]
        if not len(self.print) or not heights.size:
            return False
        usual = float(np.median(self.print.height))
        has_size = (heights > usual / 2) & (heights < 2.5 * usual)
        return bool(has_size.mean() > 0.6) or 2 * int(self._covered(self.print, [box]).sum()) > heights.size

    def missing(self, boxes: Iterable[Box]) -> float:
        """As ``missing_ink``."""
        total = int(self.print.ink.sum())
        return float(self.print.ink[~self._covered(self.print, boxes)].sum()) / total if total else 0.0

    def unread(self, boxes: Iterable[Box]) -> list[Box]:
        """Each letter of the print, and each lone one of its size, outside all boxes."""
        return [self.on_page(box) for box in self._unread(boxes).boxes().tolist()]

    def _unread(self, boxes: Iterable[Box]) -> Components:
        if not len(self.print):
            return self.print
        usual = float(np.median(self.print.height))
        has_size = (self.letters.height > usual / 2) & (self.letters.height < 4 * usual)
        return self.letters.where(has_size & ~self._covered(self.letters, boxes))

    def uncovered(self, boxes: Iterable[Box]) -> list[Box]:
        """The largest regions, at most ``MOST_REGIONS``, with print or a lone letter of its size outside all boxes."""
        return self._regions(self._unread(boxes))

    def faint(self) -> list[Box]:
        """The regions with rows of print much fainter than the page's own, as where a line fades out; none where they
        are so many as of the other side shining through."""
        if not len(self.print):
            return []
        usual = float(np.median(self.print.height))
        side = 2 * round(usual / 2) + 1
        # Not the soft edges of dark letters, nor what compression leaves around them.
        is_high = np.concatenate(([False], self.spots.height > usual / 2)).astype(np.uint8)
        away = cv2.dilate(np.take(is_high, self.labels), np.ones((side, side), dtype=np.uint8)) == 0
        spots, _ = components(self._is_faint & away)
        faint = _letters(spots.where((spots.height > usual / 2) & (spots.height < 2 * usual)), self.shape)
        if len(faint) < ROW_LETTERS:
            return []
        is_print, row = _in_rows(faint.beside(self.print), self.shape)
        is_print, row = is_print[: len(faint)], row[: len(faint)]
        regions = self._regions(faint.where(is_print & (np.bincount(row)[row] >= ROW_LETTERS)))
        return regions if len(regions) <= MOST_FAINT else []

    def _regions(self, letters: Components) -> list[Box]:
        if not len(letters):
            return []
        regions, _ = components(smeared(letters, self.shape, line_gap=LINE_GAP))
        largest = np.argsort(-regions.ink, kind="stable")[:MOST_REGIONS]
        return [self.on_page(box) for box in regions.boxes()[largest].tolist()]

    def on_page(self, box: Box) -> Box:
        """A box of the working copy in pixels of the page."""
        height, width = self.shape
        left, top, right, bottom = box
        edges = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
        return tuple(edge * self.scale for edge in edges)  # type: ignore[return-value]

    def _covered(self, spots: Components, boxes: Iterable[Box]) -> NDArray[np.bool_]:
        mask = np.zeros(self.shape, dtype=np.bool_)
        for left, top, right, bottom in boxes:
            rows = slice(max(0, top // self.scale - 1), bottom // self.scale + 2)
            mask[rows, max(0, left // self.scale - 1) : right // self.scale + 2] = True
        x, y = spots.centre
        return mask[y, x]


def _letters(spots: Components, shape: tuple[int, ...]) -> Components:
    """The spots that could be letters or short runs of joined letters."""
    long_side = max(shape)
    width, height = spots.width, spots.height
    fill = spots.ink / np.maximum(width * height, 1)
    is_rule = (width > RULE_ASPECT * height) | (height > RULE_ASPECT * width)
    is_box = (fill > SOLID) & (np.minimum(width, height) > 2 * LEAST_LETTER * long_side)
    at_border = (spots.left == 0) | (spots.top == 0) | (spots.right == shape[1]) | (spots.bottom == shape[0])
    has_size = (height >= LEAST_LETTER * long_side) & (height <= MOST_LETTER * long_side)
    letters = spots.where(has_size & (fill > HOLLOW) & ~is_rule & ~is_box & ~at_border)
    return letters if len(letters) <= MOST_SPOTS else letters.where(np.zeros(len(letters), dtype=np.bool_))


def _in_rows(letters: Components, shape: tuple[int, ...]) -> tuple[NDArray[np.bool_], Ints]:
    """Which letters stand in a row with others of about their height, on one base line; and the row of each."""
    if len(letters) < CERTAIN_LETTERS:
        return np.zeros(len(letters), dtype=np.bool_), np.zeros(len(letters), dtype=np.int64)
    # Half as large: rows are told apart as well.
    band, labels = components(smeared(letters.halved(), (shape[0] // 2 + 1, shape[1] // 2 + 1)))
    x, y = letters.centre
    row = labels[y // 2, x // 2].astype(np.int64) - 1
    size = np.bincount(row, minlength=len(band))
    height = np.bincount(row, weights=letters.height, minlength=len(band)) / np.maximum(size, 1)
    level = _level_pairs(letters, row, len(band)) / np.maximum(size - 1, 1)
    is_print = (size >= ROW_LETTERS) & (2 * band.height <= ROW_HEIGHT * height) & (level >= LEVEL_PAIRS)
    if not (is_print & (size >= CERTAIN_LETTERS)).any():
        is_print[:] = False
    return is_print[row], row


def _level_pairs(letters: Components, row: Ints, rows: int) -> Ints:
    """For each row, how many letters end at the height at which the letter before them ends."""
    order = np.lexsort((letters.left, row))
    bottom, height, row = letters.bottom[order], letters.height[order], row[order]
    is_level = np.abs(np.diff(bottom)) <= np.maximum(1, LEVEL * (height[1:] + height[:-1]) / 2)
    return np.bincount(row[1:][is_level & (np.diff(row) == 0)], minlength=rows)


def smeared(letters: Components, shape: tuple[int, ...], line_gap: float = -0.25) -> NDArray[np.bool_]:
    """A mask in which each letter reaches out to its neighbours left and right, and by ``line_gap`` up and down.

    Both are multiples of the letter's height; below 0 the letter shrinks, so that lines stay apart.
    """
    mask = np.zeros(shape, dtype=np.bool_)
    across = np.ceil(LETTER_GAP * letters.height).astype(np.int64)
    along = np.trunc(line_gap * letters.height).astype(np.int64)
    top, bottom = np.maximum(letters.top - along, 0), letters.bottom + along
    left, right = np.maximum(letters.left - across, 0), letters.right + across
    for row, end, column, stop in zip(*(edge.tolist() for edge in (top, bottom, left, right)), strict=True):
        mask[row:end, column:stop] = True
    return mask
