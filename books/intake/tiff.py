"""Judges a TIFF by walking its directories: page count, page sizes, and that all picture data is in the file."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image

from books.errors import UploadRejected
from books.intake import limits
from books.intake.byte_reader import cut_off, damaged, read_exactly
from books.intake.images import check_greedy, check_pixels

WIDTH, HEIGHT = 256, 257
STRIP_OFFSETS, STRIP_BYTES = 273, 279
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_BYTES = 322, 323, 324, 325
BYTES_OF_TYPE = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
FOUR_CHANNELS = {"CMYK", "RGBA"}
CODE_OF_TYPE = {3: "H", 4: "I"}


@dataclass(frozen=True, slots=True)
class Directory:
    """One page's tags: for each tag its type, count and the four bytes of value or offset."""

    tags: dict[int, tuple[int, int, bytes]]
    following: int
    outside_bytes: int


def check_tiff(data: BinaryIO, size: int) -> int:
    """The number of pages of a TIFF of ``size`` bytes, 1 to 500; UploadRejected otherwise."""
    order = "<" if read_exactly(data, 2) == b"II" else ">"
    data.seek(0)
    magic, offset = struct.unpack(order + "HI", read_exactly(data, 8)[2:])
    if magic != 42:
        raise UploadRejected("This is a BigTIFF; save it as an ordinary TIFF.")
    seen: set[int] = set()
    outside_bytes = 0
    while offset:
        if offset in seen:
            raise damaged("its pages run in a circle")
        if len(seen) == limits.PAGES_PER_BOOK:
            raise UploadRejected(f"The TIFF has more than {limits.PAGES_PER_BOOK} pages; split it into several books.")
        seen.add(offset)
        directory = _read_directory(data, order, offset)
        outside_bytes += directory.outside_bytes
        if outside_bytes > size:  # tags that point at the same bytes again and again would fill the memory
            raise damaged("its tags hold more than the file")
        _check_page(data, order, size, directory, page=f"Page {len(seen)} of the TIFF")
        offset = directory.following
    if not seen:
        raise UploadRejected("The TIFF has no pages; scan or export it again.")
    _check_readable(data, len(seen))
    return len(seen)


def _read_directory(data: BinaryIO, order: str, offset: int) -> Directory:
    data.seek(offset)
    count = struct.unpack(order + "H", read_exactly(data, 2))[0]
    if count > limits.TIFF_TAGS:
        raise damaged("it has too many tags")
    entries = read_exactly(data, 12 * count)
    tags, outside_bytes = {}, 0
    for tag, kind, length, value in struct.iter_unpack(order + "HHI4s", entries):
        tags[tag] = (kind, length, value)
        held = BYTES_OF_TYPE.get(kind, 1) * length
        outside_bytes += held if held > 4 else 0
    return Directory(tags, struct.unpack(order + "I", read_exactly(data, 4))[0], outside_bytes)


def _numbers(data: BinaryIO, order: str, directory: Directory, tag: int) -> tuple[int, ...]:
    """All values of a tag of whole numbers; empty if the tag is not there."""
    kind, count, value = directory.tags.get(tag, (4, 0, b""))
    if kind not in CODE_OF_TYPE or count > limits.TIFF_STRIPS:
        raise damaged("a tag is not what it should be")
    length = BYTES_OF_TYPE[kind] * count
    if length > 4:
        data.seek(struct.unpack(order + "I", value)[0])
        value = read_exactly(data, length)
    return struct.unpack(f"{order}{count}{CODE_OF_TYPE[kind]}", value[:length])


def _check_page(data: BinaryIO, order: str, size: int, directory: Directory, *, page: str) -> None:
    def number(tag: int) -> int:
        return next(iter(_numbers(data, order, directory, tag)), 0)

    check_pixels(number(WIDTH), number(HEIGHT), page=page)
    if number(TILE_WIDTH) * number(TILE_HEIGHT) > limits.PAGE_PIXELS:
        raise damaged("its tiles are larger than a page")
    is_tiled = TILE_OFFSETS in directory.tags
    offsets = _numbers(data, order, directory, TILE_OFFSETS if is_tiled else STRIP_OFFSETS)
    lengths = _numbers(data, order, directory, TILE_BYTES if is_tiled else STRIP_BYTES)
    if not offsets or len(offsets) != len(lengths):
        raise damaged("its picture data cannot be found")
    if any(start + length > size for start, length in zip(offsets, lengths, strict=True)):
        raise cut_off()


def _check_readable(data: BinaryIO, pages: int) -> None:
    """Pillow knows which mixtures of depth, colour and compression it can decode; opening decodes nothing."""
    data.seek(0)
    try:
        image = Image.open(data, formats=["TIFF"])
        for index in range(pages):
            image.seek(index)
            if image.mode in FOUR_CHANNELS:
                check_greedy(*image.size, kind="a TIFF in CMYK or with transparency")
    except (OSError, ValueError, TypeError, KeyError, IndexError, EOFError, SyntaxError, OverflowError, struct.error):
        raise UploadRejected("This is a rare kind of TIFF that cannot be read; save it as PNG or PDF.") from None
