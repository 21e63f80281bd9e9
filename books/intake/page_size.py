"""Whether something can be a page at all, known from its header before a single pixel is decoded."""

from __future__ import annotations

from books.errors import UploadRejected
from books.intake import limits


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
