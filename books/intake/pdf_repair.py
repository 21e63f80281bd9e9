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
# A list of pages, its members, and how many pages are below it, which PDFium counts itself where nothing says so.
PAGES, KIDS = re.compile(rb"/Type\s*/Pages\b"), re.compile(rb"/Kids\s*\[([\d\sR]*)\]")
COUNT, NO_COUNT, MEMBER = re.compile(rb"/Count\b"), b"/Cou_t", re.compile(rb"\b(\d{1,8})\s+\d+\s+R\b")
ROOT, END_OF_OBJECT = re.compile(rb"/Pages\s+(\d{1,8})\s+\d+\s+R\b"), b"endobj"
MOST_LISTED = 48 * limits.MEBIBYTE


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


def with_all_pages(document: Any, data: BinaryIO) -> Any:
    """The document, or the same with the pages that its own count leaves out, as viewers show them. A file that is too
    large to look through counts as its count says."""
    if data.seek(0, io.SEEK_END) > MOST_LISTED:
        return document
    data.seek(0)
    content = data.read()
    listed = len(listed_pages(content))
    if len(document) >= listed:
        return document
    for repaired in (content, *repairs(content)):
        with suppress(PdfiumError):
            longer = pypdfium2.PdfDocument(io.BytesIO(uncounted(repaired)))
            if len(document) < len(longer) <= listed:
                return longer
    return document


def listed_pages(content: bytes) -> list[bytes]:
    """The numbers of the pages that hang on the root, in their order, by the lists alone."""
    # Of two of one number the plain one counts: where that is the older, PDFium counts by the newer in any case.
    whole = b"".join(unpacked(content)) + content
    lists: dict[bytes, list[bytes]] = {}
    for begin, end in page_lists(whole):
        head, kids = OBJECT.search(whole, begin, end), KIDS.search(whole, begin, end)
        if head and kids:
            lists[head[1]] = MEMBER.findall(kids[1])
    roots = ROOT.findall(whole)
    waiting, pages = roots[-1:], []
    seen: set[bytes] = set()
    while waiting:
        number = waiting.pop()
        if number not in lists:
            pages.append(number)
        elif number not in seen:  # a list in itself
            seen.add(number)
            waiting += reversed(lists[number])
    return pages if roots and roots[-1] in lists else []


def page_lists(content: bytes) -> Iterator[tuple[int, int]]:
    """Where the objects are that say of themselves to be such a list."""
    for kind in PAGES.finditer(content):
        before, end = content.rfind(END_OF_OBJECT, 0, kind.start()), content.find(END_OF_OBJECT, kind.end())
        yield before + len(END_OF_OBJECT) if before >= 0 else 0, end if end >= 0 else len(content)


def uncounted(content: bytes) -> bytes:
    """The file without the counts of its lists; all else stands where it stood."""
    parts, at = [], 0
    for begin, end in page_lists(content):
        parts += [content[at:begin], COUNT.sub(NO_COUNT, content[begin:end])]
        at = end
    return b"".join((*parts, content[at:]))


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
