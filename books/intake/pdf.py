"""Counts and renders the pages of a PDF without ever opening it in this process."""

from __future__ import annotations

import os
import re
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from books.errors import UnreadableImage, UploadRejected
from books.intake import limits
from books.intake.box.ask import BoxDied, BoxLimits, ask
from books.intake.images import check_points

PARSER = "books.intake.pdf_child"
END_MARK = b"%%EOF"
LOCKED = "The PDF needs a password to open; save it without one."
MALFORMED = "The PDF is damaged or has no pages; export or download it again."
TOO_DEMANDING = "The PDF takes too much time or memory to open; print it to a new PDF and send that."
UNREADABLE_PAGE = "Page {page} of the PDF cannot be opened; export it again."
# PDFium joins a word hyphenated at a line's end with U+0002 (older ones U+FFFE); our texts keep the printed lines.
# Other control characters mean nothing, and PostgreSQL refuses NUL.
LINE_END_HYPHEN = re.compile(r"[\x02\ufffe]")
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\uffff]")


@dataclass(frozen=True, slots=True)
class LayerPiece:
    """Text that the file sets in one go, mostly a word or a line; ``box`` is left, top, right, bottom in shares (0 to
    1) of the rendered page, and may reach beyond it."""

    text: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """One page: ``png`` in RGB, and the pieces of the PDF's own text layer, none if it has none."""

    png: bytes
    layer: tuple[LayerPiece, ...]


class ChildError(Exception):
    """The child refused or died; its text is a sentence for a person."""


def count_pages(source: Path | BinaryIO) -> int:
    """The number of pages, 1 to 500, every one of a usable size; UploadRejected (without a name) otherwise."""
    if not _has_end_mark(source):
        raise UploadRejected("The PDF has no end, as if it was cut off on the way; export or download it again.")
    try:
        header, _ = _ask(source, task="count", most_pages=limits.PAGES_PER_BOOK)
    except ChildError as failure:
        raise UploadRejected(str(failure)) from None
    pages = int(header["pages"])
    if not pages:
        raise UploadRejected("The PDF has no pages; export it again.")
    if pages > limits.PAGES_PER_BOOK:
        most = limits.PAGES_PER_BOOK
        raise UploadRejected(f"The PDF has {pages} pages, more than the {most} of a book; split it into several books.")
    for number, (width, height) in enumerate(header["sizes"], start=1):
        check_points(width, height, number=number)
    return pages


def render_page(source: Path | BinaryIO, index: int, *, dpi: int = 200) -> RenderedPage:
    """Page ``index`` (from 0) at ``dpi``, or less where that needs over 16 million pixels.

    Raises UnreadableImage for a file or page that cannot be rendered within the limits of the child.
    """
    try:
        header, png = _ask(
            source,
            task="render",
            index=index,
            dpi=dpi,
            most_pixels=limits.PDF_RENDER_PIXELS,
            most_characters=limits.PDF_TEXT_CHARACTERS,
        )
    except ChildError as failure:
        raise UnreadableImage(str(failure)) from None
    layer = (LayerPiece(_clean(text), tuple(box)) for text, *box in header["pieces"])
    return RenderedPage(png=png, layer=tuple(piece for piece in layer if piece.text))


def _ask(source: Path | BinaryIO, **question: object) -> tuple[dict[str, Any], bytes]:
    within = BoxLimits(
        limits.PDF_CHILD_MEMORY_BYTES,
        limits.PDF_CHILD_CPU_SECONDS,
        limits.PDF_CHILD_WALL_SECONDS,
        limits.PDF_PICTURE_BYTES,
    )
    try:
        header, body = ask(PARSER, source, within, **question)
    except BoxDied:
        raise ChildError(TOO_DEMANDING) from None
    if "error" in header:
        sentences = {"password": LOCKED, "malformed": MALFORMED, "page": UNREADABLE_PAGE}
        raise ChildError(sentences[header["error"]].format(**header))
    return header, body


def _has_end_mark(source: Path | BinaryIO) -> bool:
    with source.open("rb") if isinstance(source, Path) else nullcontext(source) as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - limits.PDF_TAIL_BYTES))
        return END_MARK in file.read()


def _clean(text: str) -> str:
    lines = LINE_END_HYPHEN.sub("-\n", text).replace("\r\n", "\n")
    return CONTROL_CHARACTERS.sub("", lines).strip()
