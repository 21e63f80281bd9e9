"""From the picture that a decoder gives to the page in grey, in a box: Pillow alone, and band by band."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from PIL import Image, ImageStat

from books.intake import limits
from books.intake.colours import REDUCED, with_coloured_print

DEEP_MODES: Final = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
COLOURLESS: Final = ("1", "L", "LA", "La", "LAB")
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0
# Resolutions across and down that are this far apart, and no less, are meant.
UNEVEN, LEAST_DPI = (1.15, 3), 50
# Of a picture with light print on nothing less is opaque, and all of that lighter.
MOST_OPAQUE, LIGHT = 0.5, 200
# A colour page is converted in bands of this size, never as a whole.
BAND_PIXELS: Final = 2_000_000


def grey(image: Image.Image) -> Image.Image:
    """The page in mode L, converted in bands so that no second colour page is in memory."""
    if image.mode == "L" and not image.has_transparency_data:
        return image
    is_deep = image.mode in DEEP_MODES
    white = float(image.getextrema()[1]) if is_deep else 0.0  # type: ignore[arg-type]
    is_negative = is_deep and dict(getattr(image, "tag_v2", {})).get(PHOTOMETRIC) == WHITE_IS_ZERO
    paper = _paper(image)
    page = Image.new("L", image.size)
    small = None if is_deep or image.mode in COLOURLESS else Image.new("RGB", _eighth(image.size))
    rows = max(1, BAND_PIXELS // image.width // REDUCED) * REDUCED
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        flat = shallow(band, white, is_negative=is_negative) if is_deep else coloured(band, paper)
        page.paste(flat if flat.mode == "L" else flat.convert("L"), (0, top))
        if small is not None:
            small.paste(flat.reduce(REDUCED), (0, top // REDUCED))
    if small is not None:
        with_coloured_print(page, small, lambda box: coloured(image.crop(box), paper))
    return page


def _paper(image: Image.Image) -> str:
    """What is behind a picture's transparency: black if little is opaque and that is light, as print on slides is."""
    if not image.has_transparency_data:
        return "white"
    sketch = image.resize(_eighth(image.size), Image.Resampling.NEAREST).convert("RGBA")
    opaque = sketch.getchannel("A")
    share = ImageStat.Stat(opaque).mean[0] / 255
    is_light = 0 < share < MOST_OPAQUE and ImageStat.Stat(sketch.convert("L"), opaque).extrema[0][0] > LIGHT
    return "black" if is_light else "white"


def grey_jpeg(image: Image.Image, again: Callable[[], Image.Image]) -> Image.Image:
    """The same of a JPEG that was decoded in grey, and comes ``again`` for its colours."""
    with again() as other:
        other.draft("RGB", _eighth(image.size))
        small = other.convert("RGB").resize(_eighth(image.size))

    @cache
    def whole() -> Image.Image:
        with again() as decoded:
            decoded.draft("RGB", image.size)
            return decoded.convert("RGB")

    with_coloured_print(image, small, lambda box: whole().crop(box))
    return image


def _eighth(size: tuple[int, int]) -> tuple[int, int]:
    return -(-size[0] // REDUCED), -(-size[1] // REDUCED)


def coloured(band: Image.Image, behind: str = "white") -> Image.Image:
    """In RGB, or L where the picture has no colours; with that colour behind what is transparent."""
    if band.mode == "LAB":
        return band.getchannel("L")
    if band.has_transparency_data:
        paper = Image.new("RGBA", band.size, behind)
        return Image.alpha_composite(paper, band.convert("RGBA")).convert("RGB")
    return band if band.mode in ("1", "RGB") else band.convert("RGB")


def shallow(band: Image.Image, white: float, *, is_negative: bool) -> Image.Image:
    """``white`` is the largest sample of the page: scanners put 12 bits into 16, and floats end at 1 or 255."""
    scale = 255 / white if white > 0 else 0.0
    lighter = band.convert("I").convert("F") if band.mode != "F" else band
    page = lighter.point(lambda sample: sample * scale + 0.5).convert("L")
    return page.point(lambda shade: 255 - shade) if is_negative else page


def squared(page: Image.Image, dpi: tuple[float, float] | None) -> Image.Image:
    """The page as high as it is printed, where a fax has fewer dots down than across."""
    stretch = float(dpi[0]) / float(dpi[1]) if dpi and min(map(float, dpi)) >= LEAST_DPI else 1.0
    if not UNEVEN[0] < max(stretch, 1 / stretch) < UNEVEN[1]:
        return page
    size = (page.width, round(page.height * stretch)) if stretch > 1 else (round(page.width / stretch), page.height)
    return page.resize(size, Image.Resampling.BICUBIC) if size[0] * size[1] <= limits.PAGE_PIXELS else page
