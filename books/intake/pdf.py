"""Counts and renders the pages of a PDF without ever opening it in this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from books.errors import UnreadableImage, UploadRejected
from books.intake import limits
from books.intake.box.ask import BoxLimits, ask_for_pages
from books.intake.box.server import Answer, Message
from books.intake.images import DAMAGED, picture_of
from books.sentences import gettext_noop

PARSER = "books.intake.pdf_child"
END_MARK = b"%%EOF"
TOO_MUCH = gettext_noop("The PDF takes too much time or memory to open; print it to a new PDF and send that.")
# Signs of two halves in UTF-16, of which PDFium gives each alone: letters of formulas mostly.
NO_SIGNS, FIRST_HALVES, SECOND_HALVES = range(0xD800, 0xE000), range(0xD800, 0xDC00), range(0xDC00, 0xE000)
SPACE, HYPHEN = 0x20, 0x2D
# What PDFium makes of a hyphen at a line's end.
HYPHENATED = (0x02, 0xFFFE)


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
    """One page: its picture in grey, and what the PDF's own text has on it that is seen, none if it has none;
    ``is_damaged`` where beside that a picture on it was cut, ``is_cut`` where what draws it was."""

    image: Image.Image
    glyphs: tuple[Glyph, ...]
    is_damaged: bool = False
    is_cut: bool = False


def judge_pdf(source: Path | BinaryIO) -> Message:
    """What a parser says of the pages in it; raises UploadRejected, without a name."""
    return _ask(source, task="judge", has_end=_has_end_mark(source))[0]


def render_page(source: Path | BinaryIO, index: int, *, dpi: int = 200) -> RenderedPage:
    """Page ``index`` (from 0) at ``dpi``, or less where that needs over 16 million pixels.

    Raises UnreadableImage for a file or page that cannot be rendered within the limits of the box.
    """
    try:
        header, pixels = _ask(source, task="render", index=index, dpi=dpi)
        glyphs = tuple(_glyph(*fields) for fields in _with_whole_signs(header["glyphs"]))
        is_cut = _is_cut(source, index) if header["is_cut"] is None else header["is_cut"] is True
        picture, is_damaged = picture_of(header, pixels), header["is_damaged"] is True
        return RenderedPage(picture, glyphs, is_damaged=is_damaged, is_cut=is_cut)
    except UploadRejected as refusal:
        raise UnreadableImage(refusal.reason) from None
    except (ValueError, TypeError, KeyError, OverflowError):  # what a box says is made by whoever sent the file
        raise UnreadableImage(DAMAGED) from None


def _is_cut(source: Path | BinaryIO, index: int) -> bool:
    """False where it takes too much to tell: the page itself is there already."""
    try:
        return _ask(source, task="look", index=index)[0]["is_cut"] is True
    except UploadRejected:
        return False


def _with_whole_signs(glyphs: list[list[int]]) -> Iterator[list[int]]:
    waiting: list[int] | None = None
    for glyph in glyphs:
        if waiting and glyph[0] in SECOND_HALVES:
            code = 0x10000 + (waiting[0] - FIRST_HALVES.start) * 0x400 + glyph[0] - SECOND_HALVES.start
            waiting = [code, *waiting[1:]]
            continue
        if waiting:
            yield waiting
        waiting = glyph
    if waiting:
        yield waiting


def _glyph(code: int, *places: float) -> Glyph:
    code = HYPHEN if code in HYPHENATED else code
    is_sign = code >= SPACE and code not in NO_SIGNS
    left, top, right, bottom, ink_left, ink_top, ink_right, ink_bottom, x, y, angle = places
    text = chr(code) if is_sign else "\ufffd"
    return Glyph(text, (left, top, right, bottom), (ink_left, ink_top, ink_right, ink_bottom), x, y, int(angle))


def _ask(source: Path | BinaryIO, **question: object) -> Answer:
    within = BoxLimits(
        limits.PDF_CHILD_MEMORY_BYTES,
        limits.PDF_CHILD_CPU_SECONDS,
        limits.PDF_CHILD_WALL_SECONDS,
        limits.PDF_RENDER_PIXELS * 2,
    )
    return ask_for_pages(PARSER, source, within, TOO_MUCH, **question)


def _has_end_mark(source: Path | BinaryIO) -> bool:
    with source.open("rb") if isinstance(source, Path) else nullcontext(source) as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - limits.PDF_TAIL_BYTES))
        return END_MARK in file.read()
