"""Print that only its colour tells from its ground, made dark on a page in grey, in a box: Pillow alone.

Red on a green as bright as it, or yellow on white, all but disappear where a page becomes grey. A copy an eighth as
large tells whether a page has any; every other page stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageStat

# The copy's share, and the side of a square on it. In print a dot differs from the one beside it in a colour by this
# much, which is so many times what it differs in brightness; in a square of print many of them do, beside it a few.
REDUCED, SQUARE = 8, 8
LEAST_STEP, ABOVE_BRIGHTNESS, MANY, FEW = 7, 4, 0.25, 0.03
# A line of print has so many such squares. It is as bright as its ground but for this.
LEAST_SQUARES, AS_BRIGHT = 3, 50
STRETCH: Final = 2
# Print leaves most of its ground free, as a photograph does not: so far from its colour, and so much of the place.
GROUND, LEAST_GROUND = 32, 0.5
SIDE: Final = REDUCED * SQUARE

Box = tuple[int, int, int, int]
Squares = set[tuple[int, int]]


def with_coloured_print(page: Image.Image, small: Image.Image, cut: Callable[[Box], Image.Image]) -> None:
    """Changes ``page``, in grey, where print is hidden. ``small`` is it in colour, an eighth as large; ``cut`` gives
    a box of that."""
    for printed, quiet in _places(small):
        x, y = zip(*printed, *quiet, strict=True)
        left, top = SIDE * min(x), SIDE * min(y)
        box = left, top, min(page.width, SIDE * (max(x) + 1)), min(page.height, SIDE * (max(y) + 1))
        colours, shades = cut(box), page.crop(box)
        ground = tuple(ImageStat.Stat(colours, _mask(printed, box)).median)
        away = _most(ImageChops.difference(colours, Image.new("RGB", colours.size, ground)))
        if ImageStat.Stat(_above(away, GROUND, is_above=False), _mask(printed, box)).mean[0] < LEAST_GROUND * 255:
            continue
        brightness = Image.new("RGB", (1, 1), ground).convert("L").tobytes()[0]
        alike = ImageChops.difference(shades, Image.new("L", shades.size, brightness))
        hidden = ImageChops.darker(_mask(printed | quiet, box), _above(alike, AS_BRIGHT, is_above=False))
        page.paste(away.point([max(0, 255 - STRETCH * far) for far in range(256)]), box[:2], hidden)


def _places(small: Image.Image) -> Iterator[tuple[Squares, Squares]]:
    """The squares of each place with hidden print, and those around it in which nothing is seen."""
    bright, most = _steps(small.convert("L")), _most(_steps(small))
    hidden = ImageChops.subtract(most, bright.point([min(255, ABOVE_BRIGHTNESS * step) for step in range(256)]))
    edges = _above(hidden, LEAST_STEP)
    sure = _squares(edges, lambda mean: mean > MANY * 255)
    if len(sure) < LEAST_SQUARES:
        return
    left = _squares(edges, lambda mean: mean > FEW * 255)
    quiet = _squares(bright, lambda mean: mean < LEAST_STEP / ABOVE_BRIGHTNESS)
    while sure:
        place, new = set(), {sure.pop()}
        while new:
            place |= new
            new = _around(new) & left
            left -= new
        if len(place & sure) >= LEAST_SQUARES - 1:
            yield place, _around(place) & quiet
        sure -= place


def _steps(image: Image.Image) -> Image.Image:
    """How far each dot is from the one beside it."""
    return ImageChops.difference(image, ImageChops.offset(image, 1, 0))


def _most(image: Image.Image) -> Image.Image:
    red, green, blue = image.split()
    return ImageChops.lighter(ImageChops.lighter(red, green), blue)


def _above(image: Image.Image, least: int, *, is_above: bool = True) -> Image.Image:
    return image.point([255 * ((shade >= least) == is_above) for shade in range(256)])


def _squares(image: Image.Image, chosen: Callable[[int], bool]) -> Squares:
    means = image.reduce(SQUARE)
    return {(at % means.width, at // means.width) for at, mean in enumerate(means.tobytes()) if chosen(mean)}


def _around(squares: Iterable[tuple[int, int]]) -> Squares:
    return {(x + right, y + down) for x, y in squares for right in (-1, 0, 1) for down in (-1, 0, 1)}


def _mask(squares: Squares, box: Box) -> Image.Image:
    mask = Image.new("L", (box[2] - box[0], box[3] - box[1]))
    draw = ImageDraw.Draw(mask)
    for x, y in squares:
        left, top = SIDE * x - box[0], SIDE * y - box[1]
        draw.rectangle((left, top, left + SIDE - 1, top + SIDE - 1), 255)
    return mask
