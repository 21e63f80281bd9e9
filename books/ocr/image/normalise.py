"""Evens out light, paper and skew of a page in grey, so that print is dark on white and lines are level.

Imports neither Django nor a vendor's SDK. Works on arrays of at most ``MOST_PIXELS``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from books.ocr.image.faint import ENOUGH_CONTRAST, Shades, contrasts, edges, stretched
from books.ocr.image.layout import with_dark_print
from books.ocr.image.lighter import with_lighter_print
from books.ocr.image.outline import page_corners
from books.ocr.image.parts import part_of, within
from books.ocr.image.spots import ranked
from books.stored.cut import WHOLE, Corners, corners_of

# A4 at 300 dpi has 8.7 million; Tesseract gains nothing from more.
MOST_PIXELS: Final = 9_000_000
# Below this a page of print has letters too small for Tesseract, which wants capitals of 20 pixels and more.
LEAST_LONG_SIDE: Final = 1_200
# Side in pixels of the small copy on which light is judged, and the window there: wider than a heading's strokes.
LIGHT_SIDE: Final = 480
LIGHT_WINDOW: Final = 11
# What is darker than this share of the page's white is a printed box, not a shadow: its text may be white.
DARKEST_PAPER: Final = 0.35
# Print is closed by the brightest spot of its cell, which is larger than a line's height; of paper this bright, print
# is told without dividing by it.
PAPER_REDUCED, PAPER_CELL, BRIGHT_PAPER = 8, 4, 230
# Tesseract finds no line at all in a page with more noise than this share of the paper.
MOST_NOISE: Final = 0.1
# Of what is divided and rounded, so that only what is as bright as the paper becomes white.
ROUND_DOWN: Final = 254.51
SKEW_SIDE: Final = 900
MOST_SKEW: Final = 20.0
LEAST_SKEW: Final = 0.15
SKEW_POINTS: Final = 60_000
# Lines stand out so much from lines far askew; where a page seems to lie on its side, clearly.
ROWS, SIDEWAYS_ROWS = 1.25, 2.0
# The level lines must stand out by so much more than the lines as found, of a page far from level clearly.
SKEW_GAIN, FAR_SKEW, FAR_GAIN = 1.05, 10.5, 1.5


@dataclass(frozen=True, slots=True)
class Straight:
    """A page with level lines, and where its corners lie on what it was made of."""

    image: Image.Image
    corners: Corners = WHOLE


def normalise(image: Image.Image) -> Image.Image:
    """A page of mode L with even white paper and level lines, at most 9 million pixels.

    Skew up to about 19 degrees is removed; the page grows so that no corner is lost.
    """
    return straightened(image).image


def straightened(image: Image.Image) -> Straight:
    """As ``normalise``; a page photographed on a darker ground is cut out and put upright by its outline."""
    outline = page_corners(image)
    if outline is None:
        return level(evened(image))
    straight = level(evened(part_of(image, outline)))
    return Straight(straight.image, within(outline, straight.corners))


def level(page: Image.Image) -> Straight:
    """An evened page with its lines level, or upright; it grows so that no corner is lost."""
    points = _ink_points(page)
    angle = _skew(points)
    if not angle and not _stand_out(points, 0.0, ROWS):
        points = _ink_points(page.transpose(Image.Transpose.ROTATE_90))
        sideways = _skew(points)
        angle = sideways if _stand_out(points, sideways, SIDEWAYS_ROWS) else 0.0
    if abs(angle) < LEAST_SKEW:
        return Straight(page)
    return turned_by(page, angle)


def turned_by(page: Image.Image, degrees: float) -> Straight:
    """Anticlockwise; the page grows so that no corner is lost."""
    sine, cosine = abs(math.sin(math.radians(degrees))), abs(math.cos(math.radians(degrees)))
    width = math.ceil(page.width * cosine + page.height * sine)
    height = math.ceil(page.width * sine + page.height * cosine)
    move = cv2.getRotationMatrix2D(((page.width - 1) / 2, (page.height - 1) / 2), degrees, 1.0)
    move[0, 2] += (width - page.width) / 2
    move[1, 2] += (height - page.height) / 2
    level = cv2.warpAffine(np.asarray(page), move, (width, height), flags=cv2.INTER_CUBIC, borderValue=255)
    on_page = cv2.transform(np.array([WHOLE]) * (width, height), cv2.invertAffineTransform(move))[0] / page.size
    return Straight(Image.fromarray(level), corners_of(on_page))


def has_even_paper(page: Image.Image) -> bool:
    """Whether most of the page is bright paper already, figures and shadows at its edge aside."""
    small = np.asarray(page.reduce(PAPER_REDUCED))
    rows, columns = small.shape[0] // PAPER_CELL, small.shape[1] // PAPER_CELL
    cells = small[: rows * PAPER_CELL, : columns * PAPER_CELL].reshape(rows, PAPER_CELL, columns, PAPER_CELL)
    return bool(cells.size) and float(np.percentile(cells.max(axis=(1, 3)), 25)) >= BRIGHT_PAPER


def evened(image: Image.Image) -> Image.Image:
    """As ``normalise``, but as skew as it was: what lies on the page keeps its place in shares of the sides."""
    page = _negative_turned(_sized(image if image.mode == "L" else image.convert("L")))
    return _with_even_paper(with_lighter_print(with_dark_print(page)))


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
    middle, most, white = (ranked(shades, percent) for percent in (50, 80, 99))
    if most < 0.4 * white and shades.mean() > middle:
        return image.point(lambda shade: 255 - shade)
    return image


def _with_even_paper(image: Image.Image) -> Image.Image:
    """Every pixel divided by the paper around it, smoothed if it is grainy, then ink stretched towards black."""
    even = _divided(np.asarray(image))
    found = edges(even)
    noise = found.noise()
    if noise > MOST_NOISE:
        even = _divided(cv2.GaussianBlur(np.asarray(image), (0, 0), 1))
        found = edges(even)
        noise /= 3  # what that filter leaves of grain without structure
    contrast = contrasts(found, noise, max(image.size))
    if contrast is not None and contrast.min() < ENOUGH_CONTRAST:
        even = stretched(even, contrast)
    return Image.fromarray(even)


def _divided(shades: Shades) -> Shades:
    height, width = shades.shape
    paper = cv2.resize(_paper(shades), (width, height))
    return cv2.divide(shades, paper, dst=paper, scale=ROUND_DOWN)


def _paper(shades: Shades) -> Shades:
    """The paper's brightness as a small picture: print closed by the paper next to it, then blurred."""
    small = np.asarray(Image.fromarray(shades).reduce(max(1, max(shades.shape) // LIGHT_SIDE)))
    window = (LIGHT_WINDOW, LIGHT_WINDOW)
    blurred: Shades = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones(window, dtype=np.uint8))
    for _ in range(3):
        blurred = cv2.blur(blurred, window)
    return np.maximum(blurred, max(1, round(DARKEST_PAPER * ranked(blurred, 95)))).astype(np.uint8)


Points = tuple[NDArray[np.float32], NDArray[np.float32]]


def skew(page: Image.Image) -> float:
    """Degrees to turn the page anticlockwise so that its lines are level; 0 where nothing tells."""
    return _skew(_ink_points(page))


def _skew(points: Points) -> float:
    if len(points[0]) < 200:
        return 0.0
    best = _sharpest(points, np.arange(-MOST_SKEW, MOST_SKEW + 0.1, 0.5))
    best = _sharpest(points, best + np.arange(-0.4, 0.41, 0.1))
    gain = SKEW_GAIN if abs(best) < FAR_SKEW else FAR_GAIN
    if abs(best) > MOST_SKEW - 0.5 or _sharpness(points, best) < gain * _sharpness(points, 0.0):
        return 0.0
    return best


def _stand_out(points: Points, angle: float, by: float) -> bool:
    """Whether lines at that angle stand out from lines far askew; level ones do not on a page that lies on its side."""
    if not len(points[0]):
        return True
    return _sharpness(points, angle) > by * max(_sharpness(points, each) for each in (-MOST_SKEW, MOST_SKEW))


def _ink_points(page: Image.Image) -> Points:
    """x and y of lower edges of print: they lie on base lines whatever the letters are."""
    small = page.reduce(max(1, round(max(page.size) / SKEW_SIDE)))
    ink = np.asarray(small) < 150
    ys, xs = np.nonzero(ink[:-1] & ~ink[1:])
    step = max(1, len(ys) // SKEW_POINTS)
    return xs[::step].astype(np.float32), ys[::step].astype(np.float32)


def _sharpest(points: Points, angles: NDArray[np.float64]) -> float:
    return float(max(angles, key=lambda angle: _sharpness(points, angle)))


def _sharpness(points: Points, angle: float) -> float:
    """How much the points gather in rows when the page is turned by ``angle`` degrees anticlockwise."""
    radians = math.radians(angle)
    rows = points[1] * math.cos(radians) - points[0] * math.sin(radians)
    counts = np.bincount((rows - rows.min()).astype(np.int64))
    return float(np.square(counts.astype(np.float64)).sum())
