"""Turns a judged file into an upright page in grey, and a page into what OCR reads and a screen shows.

Imports neither Django nor a vendor's SDK. Nothing made here carries metadata.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from PIL import Image

from books.errors import UnreadableImage, UploadRejected
from books.intake.images import decode_image
from books.intake.inspect import format_of
from books.intake.judging import HEAD_BYTES
from books.ocr.image.normalise import normalise

__all__ = ["Picture", "encode_png", "encoded_thumbnail", "normalise", "open_page", "pictured", "sheet_of"]
# Pages of print are as small as with Pillow's own way, in half the time.
PNG_TYPE: Final = zlib.Z_RLE
# About so many dots wide, headings can be read in 8 KB.
THUMBNAIL_WIDTH: Final = 240
THUMBNAIL_QUALITY: Final = 60
# A column of so many small pictures; thumbnails.js knows how many. Each of them is little more than a kilobyte.
SHEET: Final = 24
SHEET_CELL: Final = (120, 160)
SHEET_QUALITY: Final = 35


def open_page(data: BinaryIO, frame: int = 0) -> Image.Image:
    """Page ``frame`` (from 0) in mode L: upright as EXIF says, transparency on white, no metadata.

    Very large JPEGs come back reduced. Raises UnreadableImage with a sentence for a person.
    """
    data.seek(0)
    try:
        return decode_image(data, format_of(data.read(HEAD_BYTES)), frame)
    except UploadRejected as refusal:
        raise UnreadableImage(refusal.reason) from None


def encoded_thumbnail(image: Image.Image) -> bytes:
    """The page about 240 pixels wide, in proportion, as JPEG: a whole number of dots becomes one, which is quick."""
    target = io.BytesIO()
    _bare(image.reduce(max(1, round(image.width / THUMBNAIL_WIDTH)))).save(target, "JPEG", quality=THUMBNAIL_QUALITY)
    return target.getvalue()


def sheet_of(thumbnails: Mapping[int, bytes]) -> bytes:
    """A WebP of SHEET places, one below the other, with these thumbnails in theirs."""
    width, height = SHEET_CELL
    sheet = Image.new("L", (width, height * SHEET), 255)
    for place, data in thumbnails.items():
        with Image.open(io.BytesIO(data)) as small:
            small.thumbnail(SHEET_CELL)
            sheet.paste(small, ((width - small.width) // 2, place * height + (height - small.height) // 2))
    target = io.BytesIO()
    sheet.save(target, "WEBP", quality=SHEET_QUALITY, method=2)
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
