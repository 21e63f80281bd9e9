"""Pages that provoke OCR, made from the sample's clean pages with Pillow's own font: the same pixels every time."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

SAMPLE = Path(__file__).parents[2] / "samples" / "prealgebra"
TRUTH: dict[str, Any] = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
PAGES: list[dict[str, Any]] = TRUTH["pages"]
# The print of the sample's pages stands between these columns of 992.
PRINT_LEFT, PRINT_RIGHT = 100, 892


def sample(number: int) -> Image.Image:
    with Image.open(SAMPLE / PAGES[number - 1]["file"]) as image:
        return image.convert("L")


def truth(number: int) -> str:
    return str(PAGES[number - 1]["text"])


def noise(size: tuple[int, int], spread: float, seed: int = 7) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(seed).normal(0, spread, (size[1], size[0]))


def as_image(shades: np.ndarray[Any, np.dtype[np.float64]]) -> Image.Image:
    return Image.fromarray(np.clip(shades, 0, 255).astype(np.uint8))


def shaded(page: Image.Image, darkest: float = 0.35) -> Image.Image:
    """A phone's shadow: full light at the left, ``darkest`` of it in the lower right corner."""
    across = np.linspace(0, 1, page.width)[None, :]
    down = np.linspace(0.3, 1, page.height)[:, None]
    return as_image(np.asarray(page) * (1 - (1 - darkest) * across**1.5 * down))


def turned(page: Image.Image, degrees: float) -> Image.Image:
    return page.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def faint(page: Image.Image, paper: int = 190, ink: int = 130) -> Image.Image:
    """Grey print on grey, such as a poor copy on recycled or coloured paper."""
    return as_image(ink + np.asarray(page) / 255.0 * (paper - ink) + noise(page.size, 3))


def compressed(page: Image.Image, quality: int = 20) -> Image.Image:
    target = io.BytesIO()
    page.save(target, "JPEG", quality=quality)
    return Image.open(target).convert("L")


def blurred(page: Image.Image, radius: float = 1.4) -> Image.Image:
    return page.filter(ImageFilter.GaussianBlur(radius))


def noisy(page: Image.Image, spread: float = 40) -> Image.Image:
    return as_image(np.asarray(page) + noise(page.size, spread))


def two_columns(left: Image.Image, right: Image.Image, gutter: int = 50) -> Image.Image:
    column = PRINT_RIGHT - PRINT_LEFT
    spread = Image.new("L", (2 * column + gutter + 200, left.height), 255)
    for page, at in ((left, 100), (right, 100 + column + gutter)):
        spread.paste(page.crop((PRINT_LEFT, 0, PRINT_RIGHT, page.height)), (at, 0))
    return spread


def framed(page: Image.Image) -> Image.Image:
    """A boxed page with a rule down its side, as in workbooks, and the black edge that a copier leaves."""
    copy = page.copy()
    draw = ImageDraw.Draw(copy)
    draw.rectangle((60, 30, page.width - 60, page.height - 30), outline=0, width=3)
    draw.line((80, 30, 80, page.height - 30), fill=0, width=2)
    draw.rectangle((page.width - 25, 0, page.width, page.height), fill=0)
    return copy


def on_a_table(page: Image.Image, border: int = 150) -> Image.Image:
    """A photograph of the page on dark wood."""
    size = (page.width + 2 * border, page.height + 2 * border)
    grain = 60 + 15 * np.sin(np.arange(size[1]) / 9)[:, None] + noise(size, 8)
    photo = as_image(grain)
    photo.paste(page.point(lambda shade: shade * 0.85), (border, border))
    return photo


def cloudy(size: tuple[int, int], roughness: float, seed: int = 7) -> Image.Image:
    """A photograph without anything on it: light and dark in patches of all sizes, the finer the rougher."""
    width, height = size
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :])
    frequency[0, 0] = 1
    patches = np.fft.ifft2(np.fft.fft2(noise(size, 1, seed)) / frequency ** (1.5 - roughness)).real
    return as_image(128 + 55 * (patches - patches.mean()) / patches.std())


def halftoned(page: Image.Image) -> Image.Image:
    """In black dots on white, as pictures are printed."""
    y, x = np.mgrid[: page.height, : page.width]
    return as_image(255.0 * (np.asarray(page) > 127 + 80 * (np.sin((x + y) * 1.1) + np.sin((x - y) * 1.1))))


def illustrated(page: Image.Image, picture: Image.Image) -> Image.Image:
    """The page with the picture under its print."""
    longer = Image.new("L", (page.width, page.height + picture.height), 255)
    longer.paste(page, (0, 0))
    longer.paste(picture, (140, page.height - 20))
    return longer


def white_on_black(page: Image.Image) -> Image.Image:
    return page.point(lambda shade: 255 - shade)


def blank(size: tuple[int, int] = (992, 1405), shade: int = 235) -> Image.Image:
    return Image.new("L", size, shade)


DRAWN: list[dict[str, Any]] = json.loads((SAMPLE / "draw.json").read_text(encoding="utf-8"))
PIXELS_PER_POINT = 992 / 420


def lines_above(number: int, row: int) -> str:
    """The true lines of a page whose base line is above ``row`` in pixels."""
    page = DRAWN[number - 1]
    height = page["size"][1]
    printed = [line[4] for line in page["lines"] if (height - line[1]) * PIXELS_PER_POINT < row - 5]
    return "\n".join([page["head"], *printed] if page["head"] else printed)


def upper_part(number: int, row: int = 460) -> Image.Image:
    """The page with nothing below ``row``, cut between two lines: a third of the time to read."""
    page = sample(number)
    shades = np.asarray(page)
    while (shades[row - 4 : row + 4] < 200).any():
        row -= 1
    page.paste(255, (0, row, page.width, page.height))
    return page


def lettered(
    text: str, size: int, page: Image.Image | None = None, at: tuple[int, int] = (300, 500), ink: int = 0
) -> Image.Image:
    """A page, or a blank one, with this text in letters of so many dots."""
    page = page.copy() if page else blank(shade=255)
    font = ImageFont.load_default(size)
    ImageDraw.Draw(page).text(at, text, fill=ink, font=font)
    return page
