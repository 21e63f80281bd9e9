"""Opens a PDF that was cut in its trailer, in a box: viewers look for its pages then, and PDFium alone does not."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

import pypdfium2
from pypdfium2 import PdfiumError

from books.intake import limits

FORMAT_ERROR = 3  # FPDF_ERR_FORMAT
CATALOG, OBJECT = re.compile(rb"/Type\s*/Catalog\b"), re.compile(rb"\b(\d{1,8})\s+0\s+obj\b")
# Objects in a stream: how much of them at the most, within how many bytes before it its facts begin, and its length.
OBJECT_STREAM, FIRST = re.compile(rb"/Type\s*/ObjStm\b"), re.compile(rb"/First\s+(\d{1,8})\b")
MOST_UNPACKED, STREAM_FACTS, LONGEST_STREAM = 32 * limits.MEBIBYTE, 200, limits.MEBIBYTE
ENCRYPTED = re.compile(rb"/Filter\s*/Standard\b")
CATALOG_BYTES = 4096  # its entries may stand before its type


def opened(data: BinaryIO) -> Any:
    """The document, also of a file that was cut behind its last page: PDFium looks for pages where a trailer says."""
    try:
        return pypdfium2.PdfDocument(data)
    except PdfiumError as error:
        if error.err_code != FORMAT_ERROR:
            raise
        data.seek(0)
        content = data.read()
        whole = content + b"".join(unpacked(content))
        catalogs = [found.start() for found in CATALOG.finditer(whole)]
        # What was encrypted cannot be read without what the trailer said.
        if not catalogs or ENCRYPTED.search(whole):
            raise
        roots = OBJECT.findall(whole, max(0, catalogs[-1] - CATALOG_BYTES), catalogs[-1])
        if not roots:
            raise
        trailer = b"\ntrailer<</Root %s 0 R>>\nstartxref\n0\n%%%%EOF\n" % roots[-1]
        return pypdfium2.PdfDocument(io.BytesIO(whole + trailer))


def unpacked(content: bytes) -> Iterator[bytes]:
    """The objects that stand compressed in others, each by itself: without a table PDFium does not look for them."""
    left = MOST_UNPACKED
    for found in OBJECT_STREAM.finditer(content):
        if left <= 0:
            return
        start = content.find(b"stream", found.end()) + len(b"stream")
        first = FIRST.search(content, max(0, found.start() - STREAM_FACTS), start)
        with suppress(zlib.error, ValueError, IndexError):
            text = zlib.decompressobj().decompress(content[start : start + LONGEST_STREAM].lstrip(b"\r\n"), left)
            left -= len(text)
            body = text[int(first[1]) :] if first else b""
            numbers = [int(number) for number in text[: len(text) - len(body)].split()]
            starts = [*numbers[1::2], len(body)]
            for number, at, end in zip(numbers[::2], starts, starts[1:], strict=False):
                yield b"\n%d 0 obj\n%s\nendobj" % (number, body[at:end])
