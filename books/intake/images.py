"""Judges PNG, JPEG and WebP by walking their chunks and segments, without decoding any of them."""

from __future__ import annotations

import re
import struct
import zlib
from typing import BinaryIO

from books.errors import UploadRejected
from books.intake import limits
from books.intake.byte_reader import BLOCK_BYTES, cut_off, damaged, read_exactly


def check_greedy(width: int, height: int, *, kind: str) -> None:
    """Refuse a page of a ``kind`` whose decoder needs several times the memory of others."""
    if width * height > limits.GREEDY_PAGE_PIXELS:
        most = limits.GREEDY_PAGE_PIXELS // 1_000_000
        size = f"{width} × {height} pixels"
        raise UploadRejected(
            f"The image has {size}; {kind} may have {most} million. Save it as a PNG or scan at 300 dpi."
        )


def check_pixels(width: int, height: int, *, page: str = "The image") -> None:
    """Refuse what is too small to read, too large to decode or too narrow for a page; ``page`` begins the sentence."""
    size = f"{page} is {width} × {height} pixels"
    if min(width, height) < limits.PAGE_SIDE_PIXELS:
        raise UploadRejected(f"{size}, too small to be a page; scan it at 200 to 300 dpi.")
    if width * height > limits.PAGE_PIXELS:
        most = limits.PAGE_PIXELS // 1_000_000
        raise UploadRejected(f"{size}, more than the {most} million allowed; scan it at 300 dpi or make it smaller.")
    if max(width, height) > limits.PAGE_ASPECT * min(width, height):
        raise UploadRejected(f"{size}, too long and narrow to be a page; send it as single pages.")


def check_points(width: float, height: float, *, number: int) -> None:
    """The same for page ``number`` of a PDF, in points of 1/72 inch."""
    least, most = limits.PDF_PAGE_SIDE_POINTS
    size = f"Page {number} of the PDF is {width / 72:.1f} × {height / 72:.1f} inches"
    if min(width, height) < least:
        raise UploadRejected(f"{size}, too small to be a page; export it at its real size.")
    if max(width, height) > most:
        raise UploadRejected(f"{size}, too large to be a page; export it at its real size.")
    if max(width, height) > limits.PAGE_ASPECT * min(width, height):
        raise UploadRejected(f"{size}, too long and narrow to be a page; export it as single pages.")


PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
# https://www.w3.org/TR/png-3/#table111
DEPTHS_OF_COLOUR = {0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}
PALETTE_COLOUR = 3
COMPRESSED_METADATA = {b"zTXt", b"iTXt", b"iCCP"}


def check_png(data: BinaryIO) -> int:
    """The number of pages (always 1) of a still PNG whose every chunk up to IEND is whole; UploadRejected otherwise."""
    data.seek(len(PNG_SIGNATURE))
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


JPEG_SIGNATURE = b"\xff\xd8\xff"
START_OF_IMAGE, END_OF_IMAGE, START_OF_SCAN = 0xD8, 0xD9, 0xDA
# Frame headers: baseline, extended, progressive, and the last two with arithmetic coding. 0xC4 to 0xCC are not frames.
READABLE_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
OTHER_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xCB, 0xCD, 0xCE, 0xCF}
PROGRESSIVE_FRAMES = {0xC2, 0xCA}
COMPONENTS = {1, 3, 4}
# Inside a scan FF 00 is a data byte and FF D0 to FF D7 are restart marks; anything else after FF ends the scan.
AFTER_SCAN = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def check_jpeg(data: BinaryIO) -> int:
    """The number of pages (always 1) of a JPEG that reaches its end marker; UploadRejected otherwise.

    Bytes after the end are left to be: cameras append previews there (MPO) and the pipeline stores no such tail.
    """
    data.seek(2)
    frames = scans = 0
    for _ in range(limits.JPEG_SEGMENTS):
        marker = _next_marker(data)
        if marker == END_OF_IMAGE:
            if not frames or not scans:
                raise damaged("it has no picture data")
            return 1
        length = struct.unpack(">H", read_exactly(data, 2))[0]
        if length < 2 or marker == START_OF_IMAGE:
            raise damaged("its parts do not fit together")
        body = read_exactly(data, length - 2)
        if marker in READABLE_FRAMES | OTHER_FRAMES:
            _check_frame(marker, body)
            frames += 1
        elif marker == START_OF_SCAN:
            scans += 1
            _skip_scan(data)
        if frames > 1 or scans > limits.JPEG_SCANS:
            raise damaged("it has too many parts")
    raise damaged("it has too many parts")


def _next_marker(data: BinaryIO) -> int:
    """The next marker; like every decoder, overlooks a little padding before it."""
    before = 0
    for _ in range(limits.JPEG_PADDING_BYTES):
        byte = read_exactly(data, 1)[0]
        if before == 0xFF and byte not in {0x00, 0xFF}:
            return byte
        before = byte
    raise damaged("its parts do not fit together")


def _check_frame(marker: int, body: bytes) -> None:
    if len(body) < 6:
        raise damaged("its header is too short")
    precision, height, width, components = struct.unpack(">BHHB", body[:6])
    if marker in OTHER_FRAMES or precision != 8 or components not in COMPONENTS:
        raise UploadRejected("This is a rare kind of JPEG that cannot be read; save it as PNG or as an ordinary JPEG.")
    check_pixels(width, height)
    if marker in PROGRESSIVE_FRAMES and components == 4:
        check_greedy(width, height, kind="a progressive JPEG in CMYK")


def _skip_scan(data: BinaryIO) -> None:
    """Move to the marker that ends the scan."""
    last = b""
    while block := data.read(BLOCK_BYTES):
        window = last + block
        if found := AFTER_SCAN.search(window):
            data.seek(found.start() - len(window), 1)
            return
        last = window[-1:]
    raise cut_off()


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
