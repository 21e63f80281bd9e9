"""Initials: large letters, over two lines and more, with which paragraphs begin. Tesseract takes them for pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from books.ocr.image.ink import Box, PageInk
from books.ocr.image.spots import Components, Ints

# Heights of the page's usual letter (about that of an x): of an initial at least, of the gap to its lines, and how far
# it may end from the line at whose height it should.
LEAST_INITIAL, MOST_GAP, AWAY = 3.0, 2.5, 1.3
# It is no higher than this share of the page's long side, no wider than so many of its heights, and may be set in by
# this share of them.
LARGEST, WIDEST, SET_IN = 0.25, 1.6, 0.15
# Lines beside it, letters in each, and how far below it the paragraph goes on.
LEAST_BESIDE, LEAST_LETTERS, BELOW = 2, 3, 3.5
# One that rises above its first line is this close to it, where the number of a title keeps a space. It ends on the
# base line of the last or above it, but for a tail of so much of its height.
RAISED_GAP, ON_BASE, TAIL = 0.85, 0.4, 0.3
# A page with more large spots is a drawing.
MOST_LARGE: Final = 60
# The edges of a box with a light letter are mostly dark, and as broad as this share of its side.
INK, FILLED, EDGE = 128, 0.7, 0.12
# Where it is put, letters of a word are this share of their height apart; capitals are this percentile of the heights.
LETTER_GAP, CAPITALS = 0.1, 85


def with_small_initials(page: Image.Image, ink: PageInk) -> Image.Image:
    """The page with each initial made as small as the line that it begins, and put before it; the page itself where it
    has none."""
    found = dict(_initials(ink))
    if not found:
        return page
    small, scale = page.copy(), ink.scale
    letters = {
        box: _letter(page.crop(ink.on_page(box))) for box in found if not any(_is_in(each, box) for each in found)
    }
    for box in found:
        left, top, right, bottom = ink.on_page(box)
        small.paste(255, (left - scale, top - scale, right + scale, bottom + scale))
    for box, letter in letters.items():
        line = found[box]
        height = scale * round(float(np.percentile(line.height, CAPITALS)))
        width = max(1, round(letter.width * height / letter.height))
        at = scale * int(line.left.min()) - width - round(LETTER_GAP * height)
        base = scale * int(np.median(line.bottom))
        small.paste(letter.resize((width, height), Image.Resampling.LANCZOS), (at, base - height))
    return small


def _initials(ink: PageInk) -> Iterator[tuple[Box, Components]]:
    """Their boxes, each with the letters of its first line, on the working copy."""
    if not len(ink.print):
        return
    unit, spots = float(np.median(ink.print.height)), ink.spots
    is_large = (spots.height >= LEAST_INITIAL * unit) & (spots.height <= LARGEST * max(ink.shape))
    large = spots.where(is_large & (spots.width <= WIDEST * spots.height) & (spots.left > 0))
    if len(large) > MOST_LARGE:
        return
    usual = ink.letters.where((ink.letters.height > unit / 2) & (ink.letters.height < 2.2 * unit))
    for box in large.boxes().tolist():
        line = _begun(box, usual, unit)
        if line is not None:
            yield tuple(box), line


def _begun(box: Box, letters: Components, unit: float) -> Components | None:
    """The first of the lines that stand close beside the box from its top to its foot, if the next begins below it."""
    left, top, right, bottom = box
    _, y = letters.centre
    is_beside = (y > top - unit / 2) & (y < bottom + unit / 2)
    lines = list(_lines(letters.where(is_beside & (letters.left >= right - 1)), unit))
    below = letters.where((letters.top > bottom) & (letters.top < bottom + BELOW * unit)).left - left
    is_initial = (
        (_is_dropped(box, lines, unit) or _is_raised(box, lines, unit))
        and bool(((below < AWAY * unit) & (below > -AWAY * unit - SET_IN * (bottom - top))).any())
        and not (is_beside & (letters.right > left - AWAY * unit) & (letters.left < left)).any()
    )
    return lines[0] if is_initial else None


def _is_dropped(box: Box, lines: Sequence[Components], unit: float) -> bool:
    """Whether it is as high as the lines beside it."""
    return (
        len(lines) >= LEAST_BESIDE
        and all(int(line.left.min()) - box[2] < MOST_GAP * unit for line in lines[:LEAST_BESIDE])
        and abs(int(lines[0].top.min()) - box[1]) < AWAY * unit
        and abs(float(np.median(lines[-1].bottom)) - box[3]) < AWAY * unit
    )


def _is_raised(box: Box, lines: Sequence[Components], unit: float) -> bool:
    """Whether it rises above the first of them, which goes on right behind it, and stands on the last one's base."""
    if not lines or int(lines[0].top.min()) - box[1] < AWAY * unit:
        return False
    hangs = box[3] - float(np.median(lines[-1].bottom))
    gap = int(lines[0].left.min()) - box[2]
    return gap < RAISED_GAP * unit and -AWAY * unit < hangs < max(ON_BASE * unit, TAIL * (box[3] - box[1]))


def _lines(letters: Components, unit: float) -> Iterator[Components]:
    """Those of several letters, from the top."""
    y = letters.centre[1]
    in_order: Ints = np.argsort(y, kind="stable")
    for line in np.split(in_order, np.flatnonzero(np.diff(y[in_order]) > unit / 2) + 1):
        if len(line) >= LEAST_LETTERS:
            yield letters.where(np.isin(np.arange(len(letters)), line))


def _is_in(box: Box, other: Box) -> bool:
    return box != other and other[0] <= box[0] and other[1] <= box[1] and other[2] >= box[2] and other[3] >= box[3]


def _letter(drawn: Image.Image) -> Image.Image:
    """An initial dark on white, also where it is light in a dark box."""
    dark = np.asarray(drawn) < INK
    if min(side.mean() for side in (dark[0], dark[-1], dark[:, 0], dark[:, -1])) < FILLED:
        return drawn
    light = ImageOps.invert(ImageOps.crop(drawn, round(EDGE * min(drawn.size))))
    place = light.point([255 * (shade < INK) for shade in range(256)]).getbbox()
    return light.crop(place) if place else drawn
