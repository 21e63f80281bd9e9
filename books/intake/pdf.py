"""Counts and renders the pages of a PDF without ever opening it in this process."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from books.errors import UnreadableImage, UploadRejected
from books.intake import limits
from books.intake.box.ask import BoxDied, BoxLimits, ask

PARSER = "books.intake.pdf_child"
END_MARK = b"%%EOF"
LOCKED = "The PDF needs a password to open; save it without one."
MALFORMED = "The PDF is damaged or has no pages; export or download it again."
TOO_DEMANDING = "The PDF takes too much time or memory to open; print it to a new PDF and send that."
# Signs of two halves in UTF-16, of which PDFium gives each alone.
NO_SIGNS = range(0xD800, 0xE000)
SPACE, HYPHEN = 0x20, 0x2D
# What PDFium makes of a hyphen at a line's end.
HYPHENATED = (0x02, 0xFFFE)
UNREADABLE_PAGE = "Page {page} of the PDF cannot be opened; export it again."


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character that is seen on the page, in pixels of the picture. ``box`` (left, top, right, bottom) has the
    height of its font, ``ink`` is that of its print, ``x`` and ``y`` are where it stands on its base line. ``angle`` is
    how far it is turned, degrees clockwise. "\ufffd" stands for no sign."""

    text: str
    box: tuple[float, float, float, float]
    ink: tuple[float, float, float, float]
    x: float
    y: float
    angle: int


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """One page: ``png`` in RGB, and what the PDF's own text has on it that is seen, none if it has none."""

    png: bytes
    glyphs: tuple[Glyph, ...]


class ChildError(Exception):
    """The child refused or died; its text is a sentence for a person."""


def judge_pdf(source: Path | BinaryIO) -> dict[str, Any]:
    """What a parser says of the pages in it; raises UploadRejected, without a name."""
    try:
        header, _ = _ask(source, task="judge", has_end=_has_end_mark(source))
    except ChildError as failure:
        raise UploadRejected(str(failure)) from None
    return header


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
    return RenderedPage(png=png, glyphs=tuple(_glyph(*fields) for fields in header["glyphs"]))


def _glyph(code: int, *places: float) -> Glyph:
    code = HYPHEN if code in HYPHENATED else code
    is_sign = code >= SPACE and code not in NO_SIGNS
    left, top, right, bottom, ink_left, ink_top, ink_right, ink_bottom, x, y, angle = places
    text = chr(code) if is_sign else "\ufffd"
    return Glyph(text, (left, top, right, bottom), (ink_left, ink_top, ink_right, ink_bottom), x, y, int(angle))


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
    if "refused" in header:
        raise ChildError(str(header["refused"]))
    if "error" in header:
        sentences = {"password": LOCKED, "malformed": MALFORMED, "page": UNREADABLE_PAGE}
        raise ChildError(sentences[header["error"]].format(**header))
    return header, body


def _has_end_mark(source: Path | BinaryIO) -> bool:
    with source.open("rb") if isinstance(source, Path) else nullcontext(source) as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - limits.PDF_TAIL_BYTES))
        return END_MARK in file.read()
