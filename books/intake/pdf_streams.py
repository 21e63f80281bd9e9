"""Tells whether what draws a page of a PDF was cut or damaged, in a box: PDFium draws what is left and says nothing.

PDFium does not show a page's streams, but copies them as they are into a file of that page alone.
"""

from __future__ import annotations

import base64
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

import pypdfium2
from pypdfium2 import PdfiumError

from books.intake import limits
from books.intake.pdf_repair import MEMBER, listed_pages, unpacked

# A copy holds what all pages share, and is held twice. Of a larger file it is made in a box by itself.
MOST_COPIED, MOST_UNPACKED = 48 * limits.MEBIBYTE, 32 * limits.MEBIBYTE
# As PDFium writes them.
OBJECT, STREAM, LENGTH = b" obj\r\n", b">>stream\r\n", re.compile(rb"/Length (\d{1,9})\b(?! \d)")
FILTERS, NAME, CONTENTS = (
    re.compile(rb"/Filter\s*(\[[^]]{0,200}\]|/\w+)"),
    re.compile(rb"/(\w+)"),
    re.compile(rb"/Contents ?(?:(\d+) 0 R|\[([^]]*)\])"),
)
FORM, NO_DRAWING = re.compile(rb"/Subtype\s*/Form\b"), re.compile(rb"/Subtype\s*/|/Length[12]\b|/N \d")
PACKED, AS_TEXT, TEXT_END = (b"FlateDecode", b"Fl"), (b"ASCII85Decode", b"A85"), b"~>"
OTHER_FILTERS = (b"LZWDecode", b"LZW", b"RunLengthDecode", b"RL", b"ASCIIHexDecode", b"AHx", b"Crypt")
ZLIB_HEADER, STEP = 2, 1 << 16
# What is within pictures may look like the end of one; a remark ends with its line, and may hold half a string.
INLINE_PICTURE = re.compile(rb"(?s)\bBI\b[^()]*?\bID\s.*\bEI\b")
STRING, REMARK = re.compile(rb"(?s)\((?:\\.|[^()\\])*+\)"), re.compile(rb"%[^\r\n]*")
NAMED = re.compile(rb"/Contents\s*(?:\d|\[\s*\d)")
# By names that nothing is escaped in.
FORM_NAMES = re.compile(rb"/([\w.+-]+) (\d+) 0 R")
PAINTED = re.compile(rb"/([\w.+-]+)\s+(?:Do|sh|scn|SCN)\b")
BEGIN_TEXT, END_TEXT = re.compile(rb"(?<![\w/])BT\b"), re.compile(rb"(?<![\w/])ET\b")


class CutStream(Exception):
    """Its data end too early or cannot be unpacked."""


class Copy(io.BytesIO):
    """What is more than can be looked through is let go."""

    def write(self, block: Any) -> int:
        return super().write(block) if self.tell() < MOST_COPIED else len(block)


def is_cut(document: Any, index: int, data: BinaryIO) -> bool:
    """Whether something that the page draws by is missing; False where it is too much to tell."""
    copy = Copy()
    with suppress(PdfiumError):
        alone = pypdfium2.PdfDocument.new()
        alone.import_pages(document, [index])
        alone.save(copy)
    content = copy.getvalue()
    if not 0 < len(content) < MOST_COPIED:
        return False
    numbers = contents_of(content)
    try:
        drawn = dict(drawings(content))
    except CutStream:
        return True
    if numbers is None:
        return draws(index, data)
    parts = [drawn[number] for number in numbers if number in drawn]
    return (
        len(parts) < len(numbers)
        or any(b"(" in without_strings(part) for part in parts)
        or any(
            ends_within(each) or lacks_a_picture(each, content) for each in painted(b"\n".join(parts), drawn, content)
        )
    )


def painted(drawing: bytes, drawn: dict[bytes, bytes], content: bytes) -> Iterator[bytes]:
    """What the page is drawn by, and the forms that this paints, and so on: of each what is left without strings."""
    named: dict[bytes, set[bytes]] = {}
    for name, number in FORM_NAMES.findall(content) if len(drawn) > 1 else ():
        if number in drawn:
            named.setdefault(name, set()).add(number)
    waiting, seen = [drawing], set[bytes]()
    while waiting:
        rest = without_strings(waiting.pop())
        yield rest
        painted_forms = (named.get(name, set()) for name in PAINTED.findall(rest))
        forms = set[bytes]().union(*painted_forms) - seen
        seen |= forms
        waiting += [drawn[form] for form in forms]


def contents_of(copy: bytes) -> list[bytes] | None:
    """The numbers of the streams that the page is drawn by. PDFium copies none of them where one is missing."""
    found = CONTENTS.search(copy)
    if found is None:
        return None
    listed = re.search(rb"\b%s 0%s\[([^]]*)\]" % (found[1], OBJECT), copy) if found[1] else None
    return MEMBER.findall(listed[1]) if listed else [found[1]] if found[1] else MEMBER.findall(found[2])


def draws(index: int, data: BinaryIO) -> bool:
    """Whether the file itself names what the page is drawn by, which a blank one need not."""
    if data.seek(0, io.SEEK_END) > MOST_COPIED:
        return False
    data.seek(0)
    content = data.read()
    whole = b"".join((*unpacked(content), content))
    number = b"".join(listed_pages(content)[index : index + 1])
    said = re.findall(rb"(?s)\b%s\s+\d{1,5}\s+obj\b(.*?)\bendobj\b" % number, whole) if number else []
    return bool(said and NAMED.search(said[-1]))


def drawings(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Number and unpacked content of all streams that may draw; raises CutStream."""
    at = 0
    while (end := content.find(STREAM, at)) >= 0:
        begin, start = content.rfind(OBJECT, at, end), end + len(STREAM)
        facts, length = content[begin:end], LENGTH.search(content, begin, end)
        at = start + (int(length[1]) if length else 0)
        if FORM.search(facts) or not NO_DRAWING.search(facts):
            number = content[max(0, begin - 12) : begin].split()[-2]
            yield number, unpacked_by(FILTERS.search(facts), content[start:at])


def unpacked_by(filters: re.Match[bytes] | None, data: bytes) -> bytes:
    """What the filters make of it, nothing where another than the usual ones is among them."""
    for name in NAME.findall(filters[1]) if filters else ():
        if name in PACKED:
            data = inflated(data)
        elif name in AS_TEXT:
            data = from_text(data)
        elif name in OTHER_FILTERS:
            return b""
        else:
            raise CutStream
    return data


def inflated(data: bytes) -> bytes:
    """Some writers leave the checksum out, which is none of the content; an empty stream is none even where it is said
    to be packed, as PDFium says of all."""
    if not data:
        return data
    unpacking, parts, left = zlib.decompressobj(-zlib.MAX_WBITS), [], MOST_UNPACKED
    try:
        for at in range(ZLIB_HEADER, len(data), STEP):
            parts.append(unpacking.decompress(data[at : at + STEP], left))
            left -= len(parts[-1])
            if unpacking.eof or left <= 0:
                return b"".join(parts)
    except zlib.error as error:
        raise CutStream from error
    raise CutStream


def from_text(data: bytes) -> bytes:
    if TEXT_END not in data:
        raise CutStream
    try:
        return base64.a85decode(data.partition(TEXT_END)[0].removeprefix(b"<~"))
    except ValueError as error:
        raise CutStream from error


def ends_within(rest: bytes) -> bool:
    """Whether a drawing ends within text, as what is not packed does where it was cut."""
    return len(BEGIN_TEXT.findall(rest)) > len(END_TEXT.findall(rest))


def lacks_a_picture(rest: bytes, content: bytes) -> bool:
    """Whether a drawing paints what the file does not hold, or with that: the copy has no name for it."""
    names = set(PAINTED.findall(rest))
    return any(not re.search(rb"/%s(?: \d+ 0 R|<<)" % re.escape(name), content) for name in names)


def without_strings(drawing: bytes) -> bytes:
    """Without remarks and pictures too."""
    rest, strings = INLINE_PICTURE.sub(b"", drawing), 1
    while strings:
        rest, strings = STRING.subn(b"", rest)
    return REMARK.sub(b"", rest)
