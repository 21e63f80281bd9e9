"""What makes something a page, for every kind of file: judged in a box, by the parsers of images and of PDFs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from books.errors import UploadRejected
from books.intake import limits

# Notes are for a person, who reads as many.
MOST_NOTES = 10


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
        raise refusals[0] if refusals else UploadRejected("The file has no pages; scan or export it again.")
    told = [*notes, *(f"{each.reason} It was left out." for each in refusals)]
    if len(told) > MOST_NOTES:
        told[MOST_NOTES:] = [f"{len(told) - MOST_NOTES} more pages were left out."]
    return {"frames": frames, "left_out": left_out, "notes": told}


def refusal_of_pixels(
    width: int, height: int, *, page: str = "The image", most: int = limits.PAGE_PIXELS
) -> UploadRejected | None:
    """Of what is too small to read, too large to decode or too narrow for a page; ``page`` begins the sentence."""
    size = f"{page} is {width} × {height} pixels"
    if min(width, height) < limits.PAGE_SIDE_PIXELS:
        return UploadRejected(f"{size}, too small to be a page; scan it at 200 to 300 dpi.")
    if width * height > most:
        allowed = f"more than the {most // 1_000_000} million allowed for such a file"
        return UploadRejected(f"{size}, {allowed}; scan it at 300 dpi or make it smaller.")
    if max(width, height) > limits.PAGE_ASPECT * min(width, height):
        return UploadRejected(f"{size}, too long and narrow to be a page; send it as single pages.")
    return None


def refusal_of_points(width: float, height: float, *, number: int) -> UploadRejected | None:
    """The same for page ``number`` of a PDF, in points of 1/72 inch."""
    least, most = limits.PDF_PAGE_SIDE_POINTS
    size = f"Page {number} of the PDF is {width / 72:.1f} × {height / 72:.1f} inches"
    if min(width, height) < least:
        return UploadRejected(f"{size}, too small to be a page; export it at its real size.")
    if max(width, height) > most:
        return UploadRejected(f"{size}, too large to be a page; export it at its real size.")
    if max(width, height) > limits.PAGE_ASPECT * min(width, height):
        return UploadRejected(f"{size}, too long and narrow to be a page; export it as single pages.")
    return None
