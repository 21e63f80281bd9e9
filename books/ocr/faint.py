"""Tells a page without print from one whose print is too faint or too blurred to be found letter by letter.

Imports neither Django nor a vendor's SDK.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from books.ocr.coverage import LEAST_LETTER, MOST_LETTER, RULE_ASPECT, SOLID, PageInk

Floats = NDArray[np.float32]

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
