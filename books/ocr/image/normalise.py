"""Evens out light, paper and skew of a page in grey, so that print is dark on white and lines are level.

Imports neither Django nor a vendor's SDK. Works on arrays of at most ``MOST_PIXELS``.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from books.ocr.image.faint import ROW_STEP, contrasts, edges, stretch

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
# A multiple of ROW_STEP; larger bands are hardly quicker.
BAND_ROWS: Final = 512
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
    return level(evened(image))


def level(page: Image.Image) -> Image.Image:
    """An evened page with its lines level; it grows so that no corner is lost."""
    angle = skew(page)
    if abs(angle) < LEAST_SKEW:
        return page
    return page.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def has_even_paper(page: Image.Image) -> bool:
    """Whether most of the page is bright paper already, figures and shadows at its edge aside."""
    small = np.asarray(page.reduce(PAPER_REDUCED))
    rows, columns = small.shape[0] // PAPER_CELL, small.shape[1] // PAPER_CELL
    cells = small[: rows * PAPER_CELL, : columns * PAPER_CELL].reshape(rows, PAPER_CELL, columns, PAPER_CELL)
    return bool(cells.size) and float(np.percentile(cells.max(axis=(1, 3)), 25)) >= BRIGHT_PAPER


def evened(image: Image.Image) -> Image.Image:
    """As ``normalise``, but as skew as it was: what lies on the page keeps its place in shares of the sides."""
    return _with_even_paper(_negative_turned(_sized(image if image.mode == "L" else image.convert("L"))))


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


def _with_even_paper(image: Image.Image) -> Image.Image:
    """Every pixel divided by the paper around it, smoothed if it is grainy, then ink stretched towards black.

    In bands: as floats a page takes four times the memory, and is wanted several times over.
    """
    paper = _paper(image)
    found = edges(_sampled_depth(image, paper))
    noise = found.noise()
    if noise > MOST_NOISE:
        image = image.filter(ImageFilter.GaussianBlur(1))
        paper = _paper(image)
        found = edges(_sampled_depth(image, paper))
        noise /= 3  # what that filter leaves of grain without structure
    contrast = contrasts(found, noise, max(image.size))
    del found
    even = Image.new("L", image.size)
    for top in range(0, image.height, BAND_ROWS):
        depth = _depth(image, paper, top, BAND_ROWS)
        if contrast is not None:
            depth *= stretch(np.asarray(_rows_of(contrast, image.size, top, len(depth))))
        depth += 1.0
        np.clip(depth, 0.0, 1.0, out=depth)
        depth *= 255
        even.paste(Image.fromarray(depth.astype(np.uint8)), (0, top))
    return even


def _sampled_depth(image: Image.Image, paper: Image.Image) -> NDArray[np.float32]:
    bands = range(0, image.height, BAND_ROWS)
    return np.concatenate([_depth(image, paper, top, BAND_ROWS)[::ROW_STEP] for top in bands])


def _depth(image: Image.Image, paper: Image.Image, top: int, rows: int) -> NDArray[np.float32]:
    """How much darker than the paper at that place each pixel of a band is: 0 for paper, -1 for black."""
    band = image.crop((0, top, image.width, min(top + rows, image.height)))
    depth = np.array(band, dtype=np.float32)
    depth /= np.maximum(np.asarray(_rows_of(paper, image.size, top, band.height)), 1)
    depth -= 1.0
    return np.minimum(depth, 0.0, out=depth)


def _rows_of(small: Image.Image, size: tuple[int, int], top: int, rows: int) -> Image.Image:
    """These rows of ``small`` enlarged to ``size``, without seams: at a band's edge the rows beyond it count too."""
    scale = small.height / size[1]
    box = (0, top * scale, small.width, (top + rows) * scale)
    return small.resize((size[0], rows), Image.Resampling.BILINEAR, box=box)


def _paper(image: Image.Image) -> Image.Image:
    """The paper's brightness as a small image: print closed by the paper next to it, then blurred."""
    small = np.asarray(image.reduce(max(1, max(image.size) // LIGHT_SIDE)))
    closed = Image.fromarray(_over_windows(_over_windows(small, np.maximum), np.minimum))
    blurred = closed.filter(ImageFilter.GaussianBlur(LIGHT_WINDOW / 2))
    floor = DARKEST_PAPER * float(np.percentile(np.asarray(blurred), 95))
    return blurred.point(lambda shade: max(shade, floor))


def _over_windows(shades: NDArray[np.uint8], pick: np.ufunc) -> NDArray[np.uint8]:
    """The largest or smallest shade of the window around each pixel. Pillow's rank filter takes sixty times as long:
    it does not know that a square can be gone through by rows and then by columns."""
    reach = LIGHT_WINDOW // 2
    for _ in range(2):
        padded = np.pad(shades, ((reach, reach), (0, 0)), mode="edge")
        shades = padded[: len(shades)].copy()
        for shift in range(1, LIGHT_WINDOW):
            pick(shades, padded[shift : shift + len(shades)], out=shades)
        shades = np.ascontiguousarray(shades.T)
    return shades


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
