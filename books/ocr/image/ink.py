"""Tells how much of a page's print nobody has read, which an engine's own confidence does not show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Components:
    """Spots as parallel arrays: box edges in pixels (right and bottom exclusive) and number of ink pixels."""

    left: Ints
    top: Ints
    right: Ints
    bottom: Ints
    ink: Ints

    def __len__(self) -> int:
        return len(self.ink)

    @property
    def width(self) -> Ints:
        return self.right - self.left

    @property
    def height(self) -> Ints:
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[Ints, Ints]:
        """x and y of the middle of each box."""
        return (self.left + self.right) // 2, (self.top + self.bottom) // 2

    def boxes(self) -> Ints:
        """Shape (n, 4): left, top, right, bottom."""
        return np.stack((self.left, self.top, self.right, self.bottom), axis=1)

    def where(self, chosen: NDArray[np.bool_]) -> Components:
        return Components(*(edge[chosen] for edge in (self.left, self.top, self.right, self.bottom, self.ink)))


@dataclass(frozen=True, slots=True)
class Runs:
    """Horizontal runs of ink, in the order of the page: row, first and one past the last column, spot they belong to.

    ``stride`` is the page's width plus one, so that ``row * stride + column`` orders all pixels.
    """

    row: Ints
    start: Ints
    end: Ints
    spot: Ints
    stride: int

    def spot_at(self, x: Ints, y: Ints) -> Ints:
        """The spot at each point, all of which must be on ink."""
        return self.spot[np.searchsorted(self.row * self.stride + self.start, y * self.stride + x, side="right") - 1]


def labelled_runs(ink: NDArray[np.bool_]) -> Runs:
    """The runs of a mask of shape (height, width), joined into spots where they touch, corners included."""
    height, width = ink.shape
    stride = width + 1
    padded = np.zeros(height * stride + 1, dtype=np.bool_)
    padded[1:].reshape(height, stride)[:, :width] = ink
    # Each row ends with paper, so that a run begins and ends by turns.
    changes = np.flatnonzero(padded[1:] != padded[:-1])
    starts, ends = changes[::2], changes[1::2]
    first = np.searchsorted(ends, starts + stride, side="left")
    last = np.searchsorted(starts, ends + stride, side="right")
    touching = np.maximum(last - first, 0)
    upper = np.repeat(np.arange(len(starts)), touching)
    lower = np.arange(len(upper)) - np.repeat(np.cumsum(touching) - touching, touching) + np.repeat(first, touching)
    row = starts // stride
    return Runs(row, starts - row * stride, ends - row * stride, _joined(len(starts), upper, lower), stride)


def _joined(size: int, one: Ints, other: Ints) -> Ints:
    """Numbers from 0 for the groups that the pairs (one, other) make of ``size`` things."""
    lowest = np.arange(size)
    while len(one):
        roots_of_one, roots_of_other = lowest[one], lowest[other]
        np.minimum.at(lowest, np.maximum(roots_of_one, roots_of_other), np.minimum(roots_of_one, roots_of_other))
        while True:
            jumped = lowest[lowest]
            if np.array_equal(jumped, lowest):
                break
            lowest = jumped
        apart = lowest[one] != lowest[other]
        one, other = one[apart], other[apart]
    return (np.cumsum(lowest == np.arange(size)) - 1)[lowest]


def components(runs: Runs) -> Components:
    """The spots that the runs make up, numbered as in ``runs.spot``."""
    count = int(runs.spot.max()) + 1 if len(runs.spot) else 0
    left, top = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).max)
    right, bottom = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    np.minimum.at(left, runs.spot, runs.start)
    np.minimum.at(top, runs.spot, runs.row)
    np.maximum.at(right, runs.spot, runs.end)
    np.maximum.at(bottom, runs.spot, runs.row + 1)
    ink = np.bincount(runs.spot, weights=runs.end - runs.start, minlength=count).astype(np.int64)
    return Components(left, top, right, bottom, ink)


Box = tuple[int, int, int, int]
# Long side on which print is judged: 8-point letters are still 10 pixels high there.
WORKING_SIDE: Final = 1_600
# Darker than this share of the paper is ink.
INK: Final = 0.6
# One dot in so many each way tells how bright the paper is.
PAPER_STEP: Final = 3
# Heights as shares of the page's long side: fly dirt below, the largest chapter titles at the upper end.
LEAST_LETTER, MOST_LETTER = 0.004, 0.08
# A spot longer than so many heights is a rule; a word whose letters run together is shorter.
RULE_ASPECT: Final = 12
# A filled box, and what is left of a frame.
SOLID, HOLLOW = 0.92, 0.06
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
        self.is_dark = self.grey < INK * float(np.median(self.grey[::PAPER_STEP, ::PAPER_STEP]))
        self.spots = components(labelled_runs(self.is_dark))
        self.letters = _letters(self.spots, self.shape)
        is_print, row = _in_rows(self.letters, self.shape)
        self.print = self.letters.where(is_print)
        self.print_row = row[is_print]

    @property
    def is_blank(self) -> bool:
        """Nothing on the page has the size and shape of a letter."""
        return not len(self.letters)

    def has_ink(self, box: Box) -> bool:
        """Whether anything dark is in the box (of the page)."""
        left, top, right, bottom = (edge // self.scale for edge in box)
        return bool(self.is_dark[top : bottom + 1, left : right + 1].any())

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

    def uncovered(self, boxes: Iterable[Box]) -> list[Box]:
        """The largest regions, at most ``MOST_REGIONS``, with print or a lone letter of its size outside all boxes."""
        if not len(self.print):
            return []
        usual = float(np.median(self.print.height))
        has_size = (self.letters.height > usual / 2) & (self.letters.height < 4 * usual)
        left = self.letters.where(has_size & ~self._covered(self.letters, boxes))
        if not len(left):
            return []
        regions = components(labelled_runs(smeared(left, self.shape, line_gap=LINE_GAP)))
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
    if not len(letters):
        return np.zeros(0, dtype=np.bool_), np.zeros(0, dtype=np.int64)
    smear = labelled_runs(smeared(letters, shape))
    row = smear.spot_at(*letters.centre)
    band = components(smear)
    size = np.bincount(row, minlength=len(band))
    height = np.bincount(row, weights=letters.height, minlength=len(band)) / np.maximum(size, 1)
    level = _level_pairs(letters, row, len(band)) / np.maximum(size - 1, 1)
    is_print = (size >= ROW_LETTERS) & (band.height <= ROW_HEIGHT * height) & (level >= LEVEL_PAIRS)
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
