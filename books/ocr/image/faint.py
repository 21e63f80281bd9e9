"""Print too faint to be found: how dark each part of a page is, and pages that have nothing but faint print."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from books.ocr.image.ink import LEAST_LETTER, MOST_LETTER, RULE_ASPECT, SOLID, PageInk

Floats = NDArray[np.float32]
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
# The median of second differences of noise with standard deviation 1.
SECOND_DIFFERENCE: Final = 0.6745 * math.sqrt(6)


@dataclass(frozen=True, slots=True)
class Edges:
    """Every fourth row of a page: how dark it is near each pixel, how much that varies there, and how grainy it is."""

    darkest: Floats
    change: Floats
    grain: Floats

    def square(self, top: int, left: int, side: int) -> Edges:
        part = np.s_[top : top + side // ROW_STEP, left : left + side]
        return Edges(self.darkest[part], self.change[part], self.grain[part])

    def noise(self) -> float:
        """The standard deviation of the grain, from the half of the pixels that vary least."""
        return _ranked(self.grain, 50) / SECOND_DIFFERENCE

    def contrast(self, noise: float, least_edges: float) -> float:
        """The depth of print, 0 to 1; 0 where too few edges rise above the noise."""
        is_edge = self.change > max(LEAST_EDGE, EDGE_ABOVE_NOISE * noise)
        is_print = np.count_nonzero(is_edge) > least_edges * is_edge.size
        return -_ranked(self.darkest[is_edge], STROKE) if is_print else 0.0


def _ranked(values: Floats, percent: int) -> float:
    """The value below which so many percent lie. Sorting a square is quicker than all that numpy.percentile does."""
    place = values.size * percent // 100
    return float(np.sort(values, axis=None)[place])


def edges(rows: Floats) -> Edges:
    """``rows`` are those of the page in steps of ROW_STEP, 0 for paper and -1 for black."""
    darkest, brightest = rows[:, 2:-2].copy(), rows[:, 2:-2].copy()
    for shift in (0, 1, 3, 4):
        beside = rows[:, shift : rows.shape[1] - 4 + shift]
        np.minimum(darkest, beside, out=darkest)
        np.maximum(brightest, beside, out=brightest)
    grain = np.abs(rows[:, 1:-3] - 2 * rows[:, 2:-2] + rows[:, 3:-1])
    return Edges(darkest, np.subtract(brightest, darkest, out=brightest), grain)


def contrasts(page: Edges, noise: float, long_side: int) -> Image.Image | None:
    """The contrast of print in each part of the page, as a small image of floats; None for a page without print.

    Measured where brightness changes fast, so that neither a black border nor a grey figure passes for print. ``noise``
    is the page's.
    """
    page_contrast = page.contrast(noise, LEAST_EDGES)
    if not page_contrast:
        return None
    side = math.ceil(long_side / SQUARES)
    height, width = page.darkest.shape
    contrast = [
        [_contrast_of(page.square(top, left, side), noise, page_contrast) for left in range(0, width, side)]
        for top in range(0, height, side // ROW_STEP)
    ]
    return Image.fromarray(np.array(contrast, dtype=np.float32))


def stretch(contrast: Floats) -> Floats:
    """What a depth is to be multiplied by so that strokes of this contrast become black."""
    wanted = np.maximum(contrast, 1e-3)
    np.divide(ENOUGH_CONTRAST, wanted, out=wanted)
    return np.clip(wanted, 1.0, MOST_STRETCH, out=wanted)


def _contrast_of(square: Edges, noise: float, page_contrast: float) -> float:
    """The contrast of the square's print, or the page's where it has none: shadows are grainier than the page."""
    found = square.contrast(noise, LEAST_EDGES_OF_SQUARE)
    if found and (grain := square.noise()) > noise:
        found = square.contrast(grain, LEAST_EDGES_OF_SQUARE)
    return found if found > LEAST_CONTRAST * page_contrast else page_contrast


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
# Dots a drawn line is widened by, so that its soft edge goes with it.
EDGE: Final = 3


def has_faint_print(ink: PageInk) -> bool:
    """Whether the page is banded as lines of print are, at whatever angle, drawn lines and solid shapes aside."""
    height, width = ink.shape
    inner = np.s_[
        int(MARGIN * height) : int((1 - MARGIN) * height),
        int(MARGIN * width) : int((1 - MARGIN) * width),
    ]
    kept = ~_drawn(ink)[inner]
    depth = np.where(kept, 255 - ink.grey[inner], 0).astype(np.uint8)
    return any(_is_banded(depth, kept, degrees) for degrees in TILTS)


def _is_banded(depth: NDArray[np.uint8], kept: NDArray[np.bool_], degrees: int) -> bool:
    shades = Image.fromarray(depth).rotate(degrees, Image.Resampling.BILINEAR)
    level = np.asarray(shades, dtype=np.float32) / np.float32(255)
    counted = np.asarray(Image.fromarray(kept).rotate(degrees))
    down, across = _bands(level, counted), _bands(level.T, counted.T)
    return max(down, across) > max(LEAST_BAND, (BANDED_ASKEW if degrees else BANDED) * min(down, across))


def _drawn(ink: PageInk) -> NDArray[np.bool_]:
    """A mask of rules, frames, filled boxes and whatever else is too large for print."""
    spots, long_side = ink.spots, max(ink.shape)
    width, height = spots.width, spots.height
    longer, thinner = np.maximum(width, height), np.minimum(width, height)
    is_rule = (
        (longer > RULE_ASPECT * thinner) & (longer > MOST_LETTER * long_side) & (thinner < LEAST_LETTER * long_side)
    )
    is_box = (spots.ink > SOLID * width * height) & (thinner > 2 * LEAST_LETTER * long_side)
    drawn = np.zeros(ink.shape, dtype=np.bool_)
    for left, top, right, bottom in spots.boxes()[is_rule | is_box | (height > MOST_LETTER * long_side)].tolist():
        # The dark dots alone: a frame's box holds the whole page.
        y, x = np.nonzero(ink.is_dark[top:bottom, left:right])
        for down in (-EDGE, 0, EDGE):
            for along in (-EDGE, 0, EDGE):
                rows = np.clip(y + top + down, 0, ink.shape[0] - 1)
                drawn[rows, np.clip(x + left + along, 0, ink.shape[1] - 1)] = True
    return drawn


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
