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
ENCRYPTED, IDENTITY = re.compile(rb"/Filter\s*/Standard\b"), re.compile(rb"/ID\s*\[[^]]{1,300}\]")
TABLE = re.compile(rb"\b\d{1,8}\s+0\s+obj\b[^>]{0,400}/Type\s*/XRef\b")
END = b"\nstartxref\n%d\n%%%%EOF\n"
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
        for repaired in repairs(content):
            with suppress(PdfiumError):
                return pypdfium2.PdfDocument(io.BytesIO(repaired))
        raise


def repairs(content: bytes) -> Iterator[bytes]:
    """The file with a word on where its table is, if that is left, then with a trailer of our own."""
    tables = list(TABLE.finditer(content))
    if tables:
        yield content + END % tables[-1].start()
    before, _, behind = content.rpartition(b"trailer")
    whole = (content if b">>" in behind else before) + b"\nendstream\nendobj\n" + b"".join(unpacked(content))
    entries = b""
    for name, kind in ((b"Root", CATALOG), (b"Encrypt", ENCRYPTED)):
        found = list(kind.finditer(whole))
        start = found[-1].start() if found else 0
        numbers = OBJECT.findall(whole, max(0, start - CATALOG_BYTES), start)
        entries += b"/%s %s 0 R" % (name, numbers[-1]) if numbers else b""
    # What most ways of encrypting need stood in the trailer; a file made for the web has another at its beginning.
    identity = IDENTITY.search(content)
    if b"/Root" in entries:
        yield whole + b"\ntrailer<<%s%s>>" % (entries, identity[0] if identity else b"") + END % 0


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
