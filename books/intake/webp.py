"""Judges a WebP by walking its chunks and reading the picture's own header, without decoding it."""

from __future__ import annotations

import struct
from typing import BinaryIO

from books.errors import UploadRejected
from books.intake.page_size import check_greedy, check_pixels
from books.intake.reading import cut_off, damaged, read_exactly

ANIMATION_FLAG = 0x02
ANIMATED = "This WebP is animated; save the page as a still image."
CHUNKS = 100  # A still picture has at most seven: header, profile, alpha, picture, two kinds of metadata, padding.


def check_webp(data: BinaryIO, size: int) -> int:
    """The number of pages (always 1) of a whole, still WebP of ``size`` bytes; UploadRejected otherwise."""
    data.seek(4)
    end = 8 + struct.unpack("<I", read_exactly(data, 4))[0]
    if end > size:
        raise cut_off()
    data.seek(12)
    pictures = 0
    for _ in range(CHUNKS):
        if data.tell() + 8 > end:
            break
        pictures += _check_chunk(data, end)
    if pictures != 1:
        raise damaged("it does not hold exactly one picture")
    return 1


def _check_chunk(data: BinaryIO, end: int) -> bool:
    """Check one chunk and move behind it; true if it is the picture."""
    kind, length = struct.unpack("<4sI", read_exactly(data, 8))
    following = data.tell() + length + length % 2
    if data.tell() + length > end:
        raise damaged("its parts do not fit together")
    if kind in (b"ANIM", b"ANMF"):
        raise UploadRejected(ANIMATED)
    head = data.read(min(length, 10))
    if kind in (b"VP8 ", b"VP8L", b"VP8X"):
        check_pixels(*_dimensions(kind, head))
        check_greedy(*_dimensions(kind, head), kind="a WebP")
    data.seek(following)
    return kind in (b"VP8 ", b"VP8L")


def _dimensions(kind: bytes, head: bytes) -> tuple[int, int]:
    """Width and height as RFC 9649 packs them: 14 bits each in a picture, 24 bits in the extended header."""
    if kind == b"VP8L" and len(head) >= 5 and head[0] == 0x2F:
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if len(head) < 10 or kind == b"VP8L":
        raise damaged("its header is too short")
    if kind == b"VP8X":
        if head[0] & ANIMATION_FLAG:
            raise UploadRejected(ANIMATED)
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if head[3:6] != b"\x9d\x01\x2a":
        raise damaged("its header is not one")
    width, height = struct.unpack("<HH", head[6:10])
    return width & 0x3FFF, height & 0x3FFF
