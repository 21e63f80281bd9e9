"""Print that is lighter than the paper of its whole page, such as white on cream: nothing on paper counts as ink for
being bright."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from books.ocr.image.faint import ENOUGH_CONTRAST, Shades
from books.ocr.image.ink import WORKING_SIDE, PageInk, smeared
from books.ocr.image.spots import ranked

# What is brighter than the paper by so much is no rounding, and so much of a page with print like that is.
LEAST_STEP, SHARE = 8, (0.001, 0.2)
# A scanner makes the edges of dark print, this share of the paper, as bright; so many dots around it do not count.
DARK, HALO = 0.8, 7
# So many letters in rows, and so much of what is brighter is part of them: of grain only a little is.
LEAST_LETTERS, MOSTLY = 10, 0.7
# Their place reaches so many heights above and below them.
LINE_GAP: Final = 0.8


def with_lighter_print(page: Image.Image) -> Image.Image:
    """The page with print that is lighter than its paper dark; the page itself where it has none."""
    scale = max(1, round(max(page.size) / WORKING_SIDE))
    paper = ranked(np.asarray(page)[:: 4 * scale, ::scale], 50)
    if paper > 255 - LEAST_STEP:
        return page
    small: Shades = np.asarray(page.reduce(scale) if scale > 1 else page)
    is_light = small >= paper + LEAST_STEP
    if not SHARE[0] < is_light.mean() < SHARE[1]:
        return page
    place = _place(is_light & ~_near(small < DARK * paper))
    if place is None:
        return page
    shades = np.array(page)
    inside = cv2.resize(place, page.size, interpolation=cv2.INTER_NEAREST).view(np.bool_)
    step = max(LEAST_STEP, ranked(shades[inside].reshape(-1, 1), 98) - paper)
    ink = np.clip((shades[inside].astype(np.float32) - paper) / step, 0, 1) * ENOUGH_CONTRAST
    shades[inside] = np.minimum(shades[inside], (paper * (1 - ink)).astype(np.uint8))
    return Image.fromarray(shades)


def _near(dark: NDArray[np.bool_]) -> NDArray[np.bool_]:
    reach = np.ones((2 * HALO + 1, 2 * HALO + 1), dtype=np.uint8)
    near: NDArray[np.bool_] = cv2.dilate(dark.view(np.uint8), reach).view(np.bool_)
    return near


def _place(is_light: NDArray[np.bool_]) -> NDArray[np.uint8] | None:
    """A mask of the lines of what stands in rows as print does; None where that is not nearly all that is light."""
    ink = PageInk(Image.fromarray(np.where(is_light, np.uint8(0), np.uint8(255))))
    if len(ink.print) < LEAST_LETTERS or int(ink.print.ink.sum()) < MOSTLY * int(is_light.sum()):
        return None
    return smeared(ink.print, ink.shape, line_gap=LINE_GAP).view(np.uint8)
