"""Finds the connected spots of ink on a page with numpy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
