"""What makes something a page, for every kind of file: judged in a box, by the parsers of images and of PDFs."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any, BinaryIO

from books.errors import UploadRejected
from books.intake import limits
from books.sentences import Told, gettext_noop, plain, told, told_count, whole

HEAD_BYTES = 1024  # ISO 32000 readers accept the PDF header anywhere in the first 1024 bytes.
# What servers and programs leave before a picture: their header, empty lines, zeros, a mark of the order of bytes.
LEAD = re.compile(rb"(?:HTTP/[^\n]*\n(?:[^\r\n]+\r?\n)*\r?\n)?[\s\x00\xef\xbb\xbf]*(?=\xff\xd8|\x89PNG\r\n)")
START_OF_IMAGE, JPEG_MARKER = b"\xff\xd8", re.compile(rb"\xff+[\xc0-\xfe]")
# Notes are for a person, who reads as many.
MOST_NOTES = 10
THE_IMAGE = told("The image")
DAMAGED_PICTURE = gettext_noop(
    "The picture on page {page} of the PDF is damaged or ends too early; scan the page again."
)


def picture_start(head: bytes) -> int:
    """Where the JPEG or PNG begins whose first bytes these are; 0 for any other file."""
    lead = LEAD.match(head)
    return lead.end() if lead else 0


def bytes_before(data: BinaryIO, kind: str) -> int:
    """How many stand before the picture of a file, or before the first marker of its JPEG."""
    data.seek(0)
    head = data.read(HEAD_BYTES)
    start = picture_start(head)
    if kind != "jpeg":
        return start
    marker = JPEG_MARKER.search(head, start + len(START_OF_IMAGE))
    return marker.start() - len(START_OF_IMAGE) if marker else start


def from_picture(data: BinaryIO, kind: str) -> BinaryIO:
    """The file at its beginning, or a copy without what stands before its picture."""
    before = bytes_before(data, kind)
    begin = START_OF_IMAGE if kind == "jpeg" else b""
    data.seek(before + len(begin) if before else 0)
    return io.BytesIO(begin + data.read()) if before else data


def judged(pages: Iterable[UploadRejected | str | None], *, notes: Iterable[str] = ()) -> dict[str, Any]:
    """{"frames", "left_out", "notes"} of what a file holds in its order: None is a page, a refusal one that cannot be
    used, a word what is no page at all. Raises the first refusal where not one page is left."""
    left_out, refusals, frames = [], [], 0
    for index, each in enumerate(pages):
        if each is None:
            frames += 1
            continue
        left_out.append(index)
        if isinstance(each, UploadRejected):
            refusals.append(each)
    if not frames:
        raise refusals[0] if refusals else UploadRejected(told("The file has no pages; scan or export it again."))
    said = [*notes, *(told("{reason} It was left out.", reason=whole(each.reason)) for each in refusals)]
    if len(said) > MOST_NOTES:
        more = len(said) - MOST_NOTES
        said[MOST_NOTES:] = [
            told_count("{count} more page was left out.", "{count} more pages were left out.", count=more)
        ]
    return {"frames": frames, "left_out": left_out, "notes": [plain(each) for each in said]}


def refusal_of_pixels(
    width: int, height: int, *, page: Told = THE_IMAGE, most: int = limits.PAGE_PIXELS
) -> UploadRejected | None:
    """Of what is too small to read, too large to decode or too narrow for a page; ``page`` begins the sentence."""
    size = told("{page} is {width} × {height} pixels", page=page, width=width, height=height)
    if min(width, height) < limits.PAGE_SIDE_PIXELS:
        return UploadRejected(told("{size}, too small to be a page; scan it at 200 to 300 dpi.", size=size))
    if width * height > most:
        return UploadRejected(
            told(
                "{size}, more than the {most} million allowed for such a file; scan it at 300 dpi or make it smaller.",
                size=size,
                most=most // 1_000_000,
            )
        )
    if max(width, height) > limits.PAGE_ASPECT * min(width, height):
        return UploadRejected(told("{size}, too long and narrow to be a page; send it as single pages.", size=size))
    return None


def refusal_of_points(width: float, height: float, *, number: int) -> UploadRejected | None:
    """The same for page ``number`` of a PDF, in points of 1/72 inch."""
    least, most = limits.PDF_PAGE_SIDE_POINTS
    inches = {"width": width / 72, "height": height / 72}
    size = told("Page {number} of the PDF is {width:.1f} × {height:.1f} inches", number=number, **inches)
    if min(width, height) < least:
        return UploadRejected(told("{size}, too small to be a page; export it at its real size.", size=size))
    if max(width, height) > most:
        return UploadRejected(told("{size}, too large to be a page; export it at its real size.", size=size))
    if max(width, height) > limits.PAGE_ASPECT * min(width, height):
        return UploadRejected(told("{size}, too long and narrow to be a page; export it as single pages.", size=size))
    return None
