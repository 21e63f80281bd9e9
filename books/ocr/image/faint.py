"""Print too faint to be found: how dark each part of a page is, and pages that have nothing but faint print."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from books.ocr.image.spots import ranked

Floats = NDArray[np.float32]
Shades = NDArray[Any]  # OpenCV does not say of what its arrays are
Ints = NDArray[np.int64]
# Fainter ink is stretched to this depth, 1 being black; more of it would fatten blurred letters.
ENOUGH_CONTRAST, MOST_STRETCH = 0.7, 8.0
# Of the darkest points next to edges, sorted from the darkest, the one at this percentage stands for a stroke's middle.
STROKE: Final = 30
# An edge of print rises above the noise (a standard deviation) so many times, and by this share of the paper at least.
EDGE_ABOVE_NOISE, LEAST_EDGE = 6.0, 0.04
# Share of edges among the pixels: of a page with one line of print, and of a square with one word.
LEAST_EDGES, LEAST_EDGES_OF_SQUARE = 0.0005, 0.01
# Print is judged in squares of this share of the long side, since a page may hold grey boxes beside black text; what
# is fainter than this share of the page's own contrast is the other side shining through.
SQUARES, LEAST_CONTRAST = 16, 0.18
# One row in four tells enough.
ROW_STEP: Final = 4
# The stretch is found for squares of so many dots, in steps of a 31st.
GAIN_CELL, GAIN_STEPS = 8, 31
# The percentage of the dots around faint print that are the middle of its strokes.
DARKEST: Final = 4
# The median of second differences of noise with standard deviation 1.
SECOND_DIFFERENCE: Final = 0.6745 * math.sqrt(6)


@dataclass(frozen=True, slots=True)
class Edges:
    """Every fourth row of a page: how dark it is near each pixel, how much that varies there, and how grainy it is."""

    darkest: Shades
    change: Shades
    grain: Shades

    def noise(self) -> float:
        """The standard deviation of the grain as a share of the paper, from the half of the pixels that vary least."""
        return ranked(self.grain, 50) / SECOND_DIFFERENCE / 255


def edges(even: Shades) -> Edges:
    """Of a page on paper made white."""
    rows = np.ascontiguousarray(even[::ROW_STEP])
    near = np.ones((1, 5), dtype=np.uint8)
    darkest, brightest = cv2.erode(rows, near), cv2.dilate(rows, near)
    grain = cv2.convertScaleAbs(cv2.filter2D(rows, cv2.CV_16S, np.array([[1, -2, 1]], dtype=np.float32)))
    return Edges(darkest, cv2.subtract(brightest, darkest), grain)


def contrasts(page: Edges, noise: float, long_side: int) -> Floats | None:
    """The contrast of print in each part of the page, as a small picture; None for a page without print.

    Measured where brightness changes fast, so that neither a black border nor a grey figure passes for print. ``noise``
    is the page's.
    """
    side = math.ceil(long_side / SQUARES)
    height, width = page.darkest.shape
    columns = math.ceil(width / side)
    place = (np.arange(height) // (side // ROW_STEP) * columns)[:, None] + np.arange(width) // side
    place = place.astype(np.int32)
    square = place.ravel()
    at = np.flatnonzero(page.change > _least_edge(noise))
    if len(at) <= LEAST_EDGES * len(square):
        return None
    page_contrast = 1 - ranked(page.darkest.ravel()[at], STROKE) / 255
    # One column in four tells enough of grain.
    sampled = place[:, ::4].ravel()
    dots = 4 * np.bincount(sampled)
    grain = _ranks(sampled, page.grain[:, ::4].ravel(), 50, len(dots)) / SECOND_DIFFERENCE / 255
    found = _contrasts_of(page, at, square, dots)
    # Shadows are grainier than the page.
    grainier = at[page.change.ravel()[at] > _least_edge(np.maximum(grain, noise))[square[at]]]
    found = np.where(found > 0, _contrasts_of(page, grainier, square, dots), 0)
    return (
        np.where(found > LEAST_CONTRAST * page_contrast, found, page_contrast).astype(np.float32).reshape(-1, columns)
    )


def _contrasts_of(page: Edges, at: Ints, square: NDArray[np.int32], dots: Ints) -> NDArray[np.float64]:
    """The depth of print in each square by its edges ``at``; 0 where they are too few."""
    count = np.bincount(square[at], minlength=len(dots))
    depth = 1 - _ranks(square[at], page.darkest.ravel()[at], STROKE, len(dots)) / 255
    return np.where(count > LEAST_EDGES_OF_SQUARE * dots, depth, 0)


def _ranks(square: NDArray[np.int32], shades: Shades, percent: int, squares: int) -> Ints:
    """For each square the shade below which so many percent of its shades lie."""
    counts = np.bincount(square * 256 + shades, minlength=256 * squares).reshape(squares, 256).cumsum(axis=1)
    ranks: Ints = (counts <= counts[:, -1:] * percent / 100).sum(axis=1).clip(max=255)
    return ranks


def _least_edge(noise: Any) -> Any:
    return 255 * np.maximum(LEAST_EDGE, EDGE_ABOVE_NOISE * noise)


def stretched(even: Shades, contrast: Floats) -> Shades:
    """The page with its ink multiplied so that strokes of this contrast become black."""
    height, width = even.shape
    coarse = cv2.resize(contrast, (math.ceil(width / GAIN_CELL), math.ceil(height / GAIN_CELL)))
    gain = np.clip(ENOUGH_CONTRAST / np.maximum(coarse, 1e-3), 1.0, MOST_STRETCH)
    steps = cv2.resize(np.round(gain * GAIN_STEPS).astype(np.uint8), (width, height))
    ink = cv2.bitwise_not(even)
    cv2.multiply(ink, steps, dst=ink, scale=1 / GAIN_STEPS)
    return cv2.bitwise_not(ink, dst=ink)


def darkened(page: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """A copy of the page with the faint print in the box stretched to black."""
    copy, part = page.copy(), page.crop(box)
    depth = max(1, 255 - ranked(np.asarray(part).reshape(-1, 1), DARKEST))
    copy.paste(part.point([255 - min(255, (255 - shade) * 255 // depth) for shade in range(256)]), box[:2])
    return copy


# Darkness is averaged over cells of this size, a fraction of a line high and several words long: grain cancels out.
CELL_HEIGHT, CELL_LENGTH = 4, 128
# A cell is compared with those so many cells above and below it.
REACH: Final = 2
# Lines alternate with gaps down a page and not across it, so cells differ more in one direction. Grain, compression and
# photographs differ alike in both, within 1.06 in all that was tried; print of half the grain's depth reaches 1.5.
BANDED: Final = 1.15
# Askew, compression's squares make as much as 1.5, and print that is not level 2.3 and more.
BANDED_ASKEW: Final = 1.8
# Less than a rounding error of the shades.
LEAST_BAND: Final = 0.0005
# Copier edges and the table under the page lie outside of this share of its sides.
MARGIN: Final = 0.12
# Degrees by which the page is turned to find lines that are not level; each finds those within 4 of it.
TILTS: Final = (0, 8, -8, 16, -16, 24, -24)


def is_banded(grey: Shades, drawn: NDArray[np.bool_]) -> bool:
    """Whether the page is banded as lines of print are, at whatever angle, what is ``drawn`` on it aside."""
    height, width = grey.shape
    inner = np.s_[
        int(MARGIN * height) : int((1 - MARGIN) * height),
        int(MARGIN * width) : int((1 - MARGIN) * width),
    ]
    kept = ~drawn[inner]
    depth = np.where(kept, 255 - grey[inner], 0).astype(np.uint8)
    return any(_is_banded(depth, kept, degrees) for degrees in TILTS)


def _is_banded(depth: NDArray[np.uint8], kept: NDArray[np.bool_], degrees: int) -> bool:
    shades = Image.fromarray(depth).rotate(degrees, Image.Resampling.BILINEAR)
    level = np.asarray(shades, dtype=np.float32) / np.float32(255)
    counted = np.asarray(Image.fromarray(kept).rotate(degrees))
    down, across = _bands(level, counted), _bands(level.T, counted.T)
    return max(down, across) > max(LEAST_BAND, (BANDED_ASKEW if degrees else BANDED) * min(down, across))


def _bands(depth: Floats, kept: NDArray[np.bool_]) -> float:
    """The root mean square by which cells differ from those above and below; mostly drawn cells do not count."""
    rows, columns = depth.shape[0] // CELL_HEIGHT, depth.shape[1] // CELL_LENGTH
    cells = (rows, CELL_HEIGHT, columns, CELL_LENGTH)
    part = np.s_[: rows * CELL_HEIGHT, : columns * CELL_LENGTH]
    dots = kept[part].reshape(cells).sum(axis=(1, 3))
    mean = depth[part].reshape(cells).sum(axis=(1, 3)) / np.maximum(dots, 1)
    mean[dots < CELL_HEIGHT * CELL_LENGTH / 2] = np.nan
    band = mean[REACH:-REACH] - (mean[: -2 * REACH] + mean[2 * REACH :]) / 2
    band = band[~np.isnan(band)]
    return float(np.sqrt(np.mean(np.square(band)))) if band.size else 0.0
