"""Judges a JPEG by walking its segments up to the end marker, without decoding any of it."""

from __future__ import annotations

import re
import struct
from typing import BinaryIO

from books.errors import UploadRejected
from books.intake import limits
from books.intake.page_size import check_greedy, check_pixels
from books.intake.reading import BLOCK_BYTES, cut_off, damaged, read_exactly

SIGNATURE = b"\xff\xd8\xff"
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
