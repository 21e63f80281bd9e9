"""Turns a judged file into an upright page in grey, and a page into what OCR reads and a screen shows.

Imports neither Django nor a vendor's SDK. Nothing made here carries metadata.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
from PIL import ExifTags, Image

from books.errors import UnreadableImage
from books.intake import limits
from books.ocr.image.normalise import normalise

__all__ = ["Picture", "encode_png", "encoded_thumbnail", "normalise", "open_page", "pictured"]
FORMATS: Final = ("PNG", "JPEG", "TIFF", "WEBP")
# Intake refuses more than 40 million; this only keeps a file that went round it from filling the memory.
MOST_PIXELS: Final = 50_000_000
# A colour page is converted in bands of this size, never as a whole.
BAND_PIXELS: Final = 2_000_000
# A JPEG at least twice as large is decoded at a half, a quarter or an eighth; A4 at 300 dpi.
ENOUGH_PIXELS: Final = (2480, 3508)
# Pages of print are as small as with Pillow's own way, in half the time.
PNG_TYPE: Final = zlib.Z_RLE
# About so many dots wide, headings can be read in 8 KB.
THUMBNAIL_WIDTH: Final = 240
THUMBNAIL_QUALITY: Final = 60
# What Pillow's decoders raise on damaged data; 50,000 mutated files of all formats raised nothing else.
DECODING_ERRORS: Final = (
    *(OSError, ValueError, TypeError, KeyError, IndexError, EOFError, SyntaxError, OverflowError, AttributeError),
    *(struct.error, zlib.error, Image.DecompressionBombError),
)
DAMAGED: Final = "The image is damaged and cannot be opened; scan or export the page again."
TOO_LARGE: Final = (
    "The image is too large to open; scan the page at 300 dpi or save it as a PNG of at most 40 megapixels."
)
NO_SUCH_FRAME: Final = "The file has no page {number}; upload it again."
UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
DEEP_MODES: Final = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")
PHOTOMETRIC, WHITE_IS_ZERO = 262, 0


def open_page(data: BinaryIO, frame: int = 0) -> Image.Image:
    """Decode page ``frame`` (from 0) to mode L: upright as EXIF says, transparency on white, no metadata.

    Very large JPEGs come back reduced. Raises UnreadableImage with a sentence for a person.
    """
    data.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a camera's odd EXIF or TIFF tag must not cost the page
        try:
            with Image.open(data, formats=FORMATS) as image:
                return _decoded(image, frame)
        except DECODING_ERRORS:
            raise UnreadableImage(DAMAGED) from None


def _decoded(image: Image.Image, frame: int) -> Image.Image:
    if frame:
        try:
            image.seek(frame)
        except EOFError:
            raise UnreadableImage(NO_SUCH_FRAME.format(number=frame + 1)) from None
    is_held_whole = image.format == "TIFF" or "progressive" in image.info
    is_greedy = image.format == "WEBP" or (image.mode in ("CMYK", "RGBA") and is_held_whole)
    if image.width * image.height > (limits.GREEDY_PAGE_PIXELS if is_greedy else MOST_PIXELS):
        raise UnreadableImage(TOO_LARGE)
    enough = ENOUGH_PIXELS if image.height > image.width else ENOUGH_PIXELS[::-1]
    image.draft(image.mode if image.mode == "CMYK" else "L", enough)
    image.load()
    turn = UPRIGHT.get(_orientation(image))
    page = _grey(image)
    return page.transpose(turn) if turn is not None else page


def _orientation(image: Image.Image) -> int:
    """EXIF's orientation, 1 to 8. Asked after decoding because Pillow turns a TIFF itself and drops its tag."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except DECODING_ERRORS:
        return 1


def _grey(image: Image.Image) -> Image.Image:
    """The page in mode L, converted in bands so that no second colour page is in memory."""
    if image.mode == "L" and not image.has_transparency_data:
        return _bare(image)
    white = _brightest(image) if image.mode in DEEP_MODES else 0.0
    is_negative = image.mode in DEEP_MODES and dict(getattr(image, "tag_v2", {})).get(PHOTOMETRIC) == WHITE_IS_ZERO
    page = Image.new("L", image.size)
    rows = max(1, BAND_PIXELS // image.width)
    for top in range(0, image.height, rows):
        band = image.crop((0, top, image.width, min(top + rows, image.height)))
        if image.mode in DEEP_MODES:
            page.paste(_shallow(band, white, is_negative=is_negative), (0, top))
        else:
            page.paste(_flat(band), (0, top))
    return page


def _flat(band: Image.Image) -> Image.Image:
    if band.mode == "LAB":
        return band.getchannel("L")
    if band.has_transparency_data:
        colour = band.convert("RGBA")
        paper = Image.new("RGBA", band.size, "white")
        return Image.alpha_composite(paper, colour).convert("L")
    return band.convert("RGB").convert("L") if band.mode not in ("1", "RGB") else band.convert("L")


def _brightest(image: Image.Image) -> float:
    """The largest sample of a deep page, in its own unit: scanners put 12 bits into 16, and floats end at 1 or 255."""
    return float(image.getextrema()[1])  # type: ignore[arg-type]


def _shallow(band: Image.Image, white: float, *, is_negative: bool) -> Image.Image:
    share = np.nan_to_num(np.asarray(band, dtype=np.float32)) / (white or 1.0)
    grey = np.clip(share * 255, 0, 255).astype(np.uint8)
    return Image.fromarray(255 - grey if is_negative else grey)


def encoded_thumbnail(image: Image.Image) -> bytes:
    """The page about 240 pixels wide, in proportion, as JPEG: a whole number of dots becomes one, which is quick."""
    target = io.BytesIO()
    _bare(image.reduce(max(1, round(image.width / THUMBNAIL_WIDTH)))).save(target, "JPEG", quality=THUMBNAIL_QUALITY)
    return target.getvalue()


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as it is stored and shown; ``width`` and ``height`` are those of the PNG, in pixels."""

    png: bytes
    thumbnail: bytes
    width: int
    height: int


def pictured(image: Image.Image) -> Picture:
    return Picture(encode_png(image), encoded_thumbnail(image), *image.size)


def encode_png(image: Image.Image) -> bytes:
    """A PNG of the pixels alone."""
    target = io.BytesIO()
    _bare(image).save(target, "PNG", compress_type=PNG_TYPE)
    return target.getvalue()


def _bare(image: Image.Image) -> Image.Image:
    """A copy without whatever ``info`` holds, which Pillow would write into the next file."""
    copy = image.copy()
    copy.info = {}
    return copy
