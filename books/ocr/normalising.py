"""Evens out light, paper and skew of a page in grey, so that print is dark on white and lines are level.

Imports neither Django nor a vendor's SDK. Works on arrays of at most ``MOST_PIXELS``.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

# A4 at 300 dpi has 8.7 million; Tesseract gains nothing from more.
MOST_PIXELS: Final = 9_000_000
# Below this a page of print has letters too small for Tesseract, which wants capitals of 20 pixels and more.
LEAST_LONG_SIDE: Final = 1_200

# Side in pixels of the small copy on which light is judged, and the window there: wider than a heading's strokes.
LIGHT_SIDE: Final = 480
LIGHT_WINDOW: Final = 11
# What is darker than this share of the page's white is a printed box, not a shadow: its text may be white.
DARKEST_PAPER: Final = 0.35
# Fainter ink is stretched to this depth, 1 being black; more of it would fatten blurred letters.
ENOUGH_CONTRAST, MOST_STRETCH = 0.7, 8.0
# Of the darkest points next to edges, sorted from the darkest, the one at this percentage stands for a stroke's middle.
STROKE: Final = 30
# An edge of print rises above the noise (a standard deviation) so many times, and by this share of the paper at least.
EDGE_ABOVE_NOISE, LEAST_EDGE = 6.0, 0.04
# A line of print on an otherwise empty page has more edges than this share of its pixels.
LEAST_EDGES: Final = 0.0005
# Print is judged in squares of this share of the long side, since a page may hold grey boxes beside black text; what
# is fainter than this share of the page's own contrast is the other side shining through.
SQUARES, LEAST_CONTRAST = 16, 0.18
# Tesseract finds no line at all in a page with more noise than this share of the paper.
MOST_NOISE: Final = 0.1

SKEW_SIDE: Final = 900
MOST_SKEW: Final = 11.0
LEAST_SKEW: Final = 0.15
SKEW_POINTS: Final = 60_000
# The level lines must stand out by so much more than the lines as found.
SKEW_GAIN: Final = 1.05


def normalise(image: Image.Image) -> Image.Image:
    """A page of mode L with even white paper and level lines, at most 9 million pixels.

    Skew up to about 10 degrees is removed; the page grows so that no corner is lost.
    """
    page = _evened(_negative_turned(_sized(image.convert("L"))))
    angle = skew(page)
    if abs(angle) < LEAST_SKEW:
        return page
    return page.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def _sized(image: Image.Image) -> Image.Image:
    pixels, long_side = image.width * image.height, max(image.size)
    if pixels > MOST_PIXELS:
        scale = math.sqrt(MOST_PIXELS / pixels)
    elif long_side < LEAST_LONG_SIDE:
        scale = 2.0
    else:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)


def _negative_turned(image: Image.Image) -> Image.Image:
    """White print on a black page made black on white. Four fifths of such a page are dark and the rest is brighter."""
    shades = np.asarray(image.reduce(4))
    middle, most, white = np.percentile(shades, (50, 80, 99))
    if most < 0.4 * white and shades.mean() > middle:
        return image.point(lambda shade: 255 - shade)
    return image


def _evened(image: Image.Image) -> Image.Image:
    """Every pixel divided by the paper around it, smoothed if it is grainy, then ink stretched towards black."""
    share = _share_of_paper(image)
    noise = _noise(share)
    if noise > MOST_NOISE:
        share = _share_of_paper(image.filter(ImageFilter.GaussianBlur(1)))
        noise /= 3  # what that filter leaves of grain without structure
    share -= 1.0
    share *= _stretch(share, noise)
    share += 1.0
    return Image.fromarray((np.clip(share, 0.0, 1.0, out=share) * 255).astype(np.uint8))


def _share_of_paper(image: Image.Image) -> NDArray[np.float32]:
    """The page's brightness from 0 to 1, where 1 is the paper at that place."""
    paper = _paper(image).resize(image.size, Image.Resampling.BILINEAR)
    share: NDArray[np.float32] = np.array(image, dtype=np.float32)
    share /= np.maximum(np.asarray(paper, dtype=np.float32), 1.0)
    return np.minimum(share, 1.0, out=share)


def _noise(share: NDArray[np.float32]) -> float:
    """The standard deviation of the grain, from the second differences of half the pixels that vary least."""
    rows = share[::4]
    differences = np.abs(rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:])
    return float(np.median(differences)) / (0.6745 * math.sqrt(6))


def _stretch(depth: NDArray[np.float32], noise: float) -> NDArray[np.float32]:
    """What ``depth`` (0 for paper, -1 for black) is to be multiplied by at each pixel so that strokes become black.

    Measured where brightness changes fast, so that neither a black border nor a grey figure passes for print.
    """
    rows = depth[::4]
    darkest, brightest = rows[:, 2:-2].copy(), rows[:, 2:-2].copy()
    for shift in (0, 1, 3, 4):
        moved = rows[:, shift : rows.shape[1] - 4 + shift]
        np.minimum(darkest, moved, out=darkest)
        np.maximum(brightest, moved, out=brightest)
    is_edge = brightest - darkest > max(LEAST_EDGE, EDGE_ABOVE_NOISE * noise)
    if is_edge.mean() < LEAST_EDGES:
        return np.ones((1, 1), dtype=np.float32)
    page_contrast = -float(np.percentile(darkest[is_edge], STROKE))
    side = math.ceil(max(depth.shape) / SQUARES)
    squares = [
        [_contrast(darkest, is_edge, slice(top, top + side // 4), slice(left, left + side), page_contrast)
         for left in range(0, darkest.shape[1], side)]
        for top in range(0, darkest.shape[0], side // 4)
    ]  # fmt: skip
    contrast = Image.fromarray(np.array(squares, dtype=np.float32)).resize(depth.shape[::-1], Image.Resampling.BILINEAR)
    wanted = ENOUGH_CONTRAST / np.maximum(np.asarray(contrast, dtype=np.float32), 1e-3)
    return np.clip(wanted, 1.0, MOST_STRETCH)


def _contrast(
    darkest: NDArray[np.float32], is_edge: NDArray[np.bool_], rows: slice, columns: slice, page_contrast: float
) -> float:
    """The depth of print in one square; the page's where it has none."""
    found = darkest[rows, columns][is_edge[rows, columns]]
    if found.size < LEAST_EDGES * is_edge[rows, columns].size:
        return page_contrast
    contrast = -float(np.percentile(found, STROKE))
    return contrast if contrast > LEAST_CONTRAST * page_contrast else page_contrast


def _paper(image: Image.Image) -> Image.Image:
    """The paper's brightness as a small image: print closed by the paper next to it, then blurred."""
    small = image.reduce(max(1, max(image.size) // LIGHT_SIDE))
    closed = small.filter(ImageFilter.MaxFilter(LIGHT_WINDOW)).filter(ImageFilter.MinFilter(LIGHT_WINDOW))
    blurred = closed.filter(ImageFilter.GaussianBlur(LIGHT_WINDOW / 2))
    floor = DARKEST_PAPER * float(np.percentile(np.asarray(blurred), 95))
    return blurred.point(lambda shade: max(shade, floor))


def skew(page: Image.Image) -> float:
    """Degrees to turn the page anticlockwise so that its lines are level; 0 where nothing tells."""
    points = _ink_points(page)
    if len(points[0]) < 200:
        return 0.0
    best = _sharpest(points, np.arange(-MOST_SKEW, MOST_SKEW + 0.1, 0.5))
    best = _sharpest(points, best + np.arange(-0.4, 0.41, 0.1))
    if abs(best) > MOST_SKEW - 0.5 or _sharpness(points, best) < SKEW_GAIN * _sharpness(points, 0.0):
        return 0.0
    return best


def _ink_points(page: Image.Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """x and y of lower edges of print: they lie on base lines whatever the letters are."""
    small = page.reduce(max(1, round(max(page.size) / SKEW_SIDE)))
    ink = np.asarray(small) < 150
    ys, xs = np.nonzero(ink[:-1] & ~ink[1:])
    step = max(1, len(ys) // SKEW_POINTS)
    return xs[::step].astype(np.float32), ys[::step].astype(np.float32)


def _sharpest(points: tuple[NDArray[np.float32], NDArray[np.float32]], angles: NDArray[np.float64]) -> float:
    return float(max(angles, key=lambda angle: _sharpness(points, angle)))


def _sharpness(points: tuple[NDArray[np.float32], NDArray[np.float32]], angle: float) -> float:
    """How much the points gather in rows when the page is turned by ``angle`` degrees anticlockwise."""
    radians = math.radians(angle)
    rows = points[1] * math.cos(radians) - points[0] * math.sin(radians)
    counts = np.bincount((rows - rows.min()).astype(np.int64))
    return float(np.square(counts.astype(np.float64)).sum())
