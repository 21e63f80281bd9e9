"""Spots of ink on a page, as arrays, and the shade of a rank: what the rest of this room measures by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
# Short numbers tell so many spots apart in a third of the time. At most as many are begun as there are dots without any
# before them: to the left, or above.
MOST_SHORT: Final = 65_000
BEFORE: Final = np.array([[1, 1, 1], [1, 0, 0], [0, 0, 0]], dtype=np.uint8)
# One page a processor: threads inside would take them from each other.
cv2.setNumThreads(1)


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

    def keys(self) -> Ints:
        """A number for each box."""
        place = self.left << 48 | self.top << 32 | self.right << 16
        return place | self.bottom

    def halved(self) -> Components:
        return Components(self.left // 2, self.top // 2, (self.right + 1) // 2, (self.bottom + 1) // 2, self.ink)

    def moved(self, right: int, down: int) -> Components:
        return Components(self.left + right, self.top + down, self.right + right, self.bottom + down, self.ink)

    def beside(self, others: Components) -> Components:
        """These, and the others behind them."""
        return Components(*map(np.concatenate, zip(self._edges, others._edges, strict=True)))

    def where(self, chosen: NDArray[np.bool_]) -> Components:
        return Components(*(edge[chosen] for edge in self._edges))

    @property
    def _edges(self) -> tuple[Ints, Ints, Ints, Ints, Ints]:
        return self.left, self.top, self.right, self.bottom, self.ink


def components(mask: NDArray[np.bool_]) -> tuple[Components, NDArray[Any]]:
    """The spots of a mask of shape (height, width), joined where they touch, corners included; and for each pixel the
    number of its spot from 1, 0 for paper."""
    # Margins are a third of a page. OpenCV dies of a place without dots.
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    place = np.s_[y : y + max(1, height), x : x + max(1, width)]
    ink = mask.view(np.uint8)[place]
    begun = cv2.subtract(ink, cv2.dilate(ink, BEFORE, borderValue=0))
    kind = cv2.CV_16U if cv2.countNonZero(begun) < MOST_SHORT else cv2.CV_32S
    count, found, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=kind)
    left, top, across, down, area = (column.astype(np.int64) for column in stats[1:count].T)
    labels = np.zeros(mask.shape, dtype=found.dtype)
    labels[place] = found
    return Components(left, top, left + across, top + down, area).moved(x, y), labels


def mask_of(chosen: NDArray[np.bool_], spots: Components, labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Of the chosen ones of all the spots of a mask."""
    mask = np.zeros(labels.shape, dtype=np.bool_)
    few = spots.where(chosen)
    if len(few):
        place = slice(few.top.min(), few.bottom.max()), slice(few.left.min(), few.right.max())
        mask[place] = np.concatenate(([False], chosen)).take(labels[place], mode="clip")
    return mask


def ranked(shades: NDArray[Any], percent: float) -> int:
    """The shade below which so many percent lie."""
    counts = cv2.calcHist([np.ascontiguousarray(shades)], [0], None, [256], [0, 256]).ravel().cumsum()
    return int(np.searchsorted(counts, counts[-1] * percent / 100, side="right"))
