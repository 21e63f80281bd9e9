"""Judges a PNG by walking its chunks: nothing but the bounded metadata is ever inflated."""

from __future__ import annotations

import struct
import zlib
from typing import BinaryIO

from books.errors import UploadRejected
from books.intake import limits
from books.intake.page_size import check_pixels
from books.intake.reading import BLOCK_BYTES, cut_off, damaged, read_exactly

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# https://www.w3.org/TR/png-3/#table111
DEPTHS_OF_COLOUR = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
PALETTE_COLOUR = 3
COMPRESSED_METADATA = {b"zTXt", b"iTXt", b"iCCP"}


def check_png(data: BinaryIO) -> int:
    """The number of pages (always 1) of a still PNG whose every chunk up to IEND is whole; UploadRejected otherwise."""
    data.seek(len(SIGNATURE))
    kinds: set[bytes] = set()
    colour = -1
    inflated = 0
    for _ in range(limits.PNG_CHUNKS):
        length, kind = struct.unpack(">I4s", read_exactly(data, 8))
        if (kind == b"IHDR") == bool(kinds):
            raise damaged("its header is not in the first place")
        body = _read_chunk(data, kind, length)
        if kind == b"IHDR":
            colour = _check_header(body)
        elif kind == b"acTL":
            raise UploadRejected("This PNG is animated; save the page as a still image.")
        elif kind in COMPRESSED_METADATA:
            inflated += _inflated_size(kind, body, limits.PNG_METADATA_BYTES - inflated)
        elif kind == b"IEND":
            return _check_complete(kinds, colour)
        kinds.add(kind)
    raise damaged("it has too many parts")


def _read_chunk(data: BinaryIO, kind: bytes, length: int) -> bytes:
    """Check the chunk's CRC; only header and metadata are kept, the rest goes by in blocks."""
    crc = zlib.crc32(kind)
    if kind == b"IHDR" and length != 13:
        raise damaged("its header has the wrong length")
    if kind in COMPRESSED_METADATA and length > limits.PNG_METADATA_BYTES:
        raise _too_much_metadata()
    kept = b""
    while length:
        block = data.read(min(length, BLOCK_BYTES))
        if not block:
            raise cut_off()
        crc = zlib.crc32(block, crc)
        length -= len(block)
        if kind == b"IHDR" or kind in COMPRESSED_METADATA:
            kept += block
    if struct.unpack(">I", read_exactly(data, 4))[0] != crc:
        raise damaged("a checksum is wrong")
    return kept


def _check_header(body: bytes) -> int:
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", body)
    if depth not in DEPTHS_OF_COLOUR.get(colour, ()) or compression or filtering or interlace > 1:
        raise damaged("its header describes no known kind of PNG")
    check_pixels(width, height)
    return int(colour)


def _inflated_size(kind: bytes, body: bytes, allowed: int) -> int:
    """Bytes of metadata this chunk holds, inflating at most one more than ``allowed``."""
    _, _, rest = body.partition(b"\0")
    if kind == b"iTXt":
        is_compressed, rest = rest[:1] == b"\1", rest[2:].partition(b"\0")[2].partition(b"\0")[2]
        if not is_compressed:
            return 0
    else:
        rest = rest[1:]
    try:
        size = len(zlib.decompressobj().decompress(rest, allowed + 1))
    except zlib.error:
        raise damaged("its metadata cannot be read") from None
    if size > allowed:
        raise _too_much_metadata()
    return size


def _too_much_metadata() -> UploadRejected:
    return UploadRejected("The PNG carries an unreasonable amount of metadata; save the page again without it.")


def _check_complete(kinds: set[bytes], colour: int) -> int:
    if b"IDAT" not in kinds:
        raise damaged("it has no picture data")
    if colour == PALETTE_COLOUR and b"PLTE" not in kinds:
        raise damaged("its palette is missing")
    return 1
