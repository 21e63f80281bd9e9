"""Numbers that stand in a column, as those of contents do: one in doubt or overlooked is read as nothing but a number.
Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from books.ocr.engines.base import OcrLine, OcrWord
from books.ocr.engines.columns import Box
from books.ocr.engines.lines import in_reading_order, line_of

# A number is surer than this, and a column has so many of them. Of what looks overlooked as much is tried.
SURE, LEAST_IN_COLUMN, MOST_OVERLOOKED = 80.0, 3, 40
NUMBER = re.compile(r"\d{1,4}")
# Read again, it counts where it is so sure, or where it is read the same way twice.
CREDIBLE = 85.0
# How wide a digit and the thinnest number are, in heights.
NARROWEST, WIDEST, THINNEST = 0.45, 1.1, 0.2

Again = Callable[[Box], tuple[OcrWord | None, OcrWord | None]]


def with_numbers_sure(
    lines: Sequence[OcrLine], unread: Callable[[Iterable[Box]], Iterable[Box]], again: Again
) -> list[OcrLine]:
    """``unread`` gives the letters outside boxes; ``again`` reads a box of the page twice, each time as a number."""
    ends = [(at, line, {0, len(line.words) - 1}) for at, line in enumerate(lines)]
    words = [line.words[index] for _, line, places in ends for index in places]
    column = [word.box for word in words if word.confidence >= SURE and NUMBER.fullmatch(word.text)]
    if len(column) < LEAST_IN_COLUMN:
        return list(lines)
    found = list(lines)
    for at, line, places in ends:
        for index in places:
            word = line.words[index]
            if word.confidence < SURE and len(word.text) <= 4 and _is_in(column, word.box):
                surer = _agreed(word.box, *again(word.box)) or word
                found[at] = line_of([*found[at].words[:index], surer, *found[at].words[index + 1 :]], line.block)
    alone = [box for box in unread(line.box for line in found) if _is_in(column, box)][:MOST_OVERLOOKED]
    numbers = [number for box in alone if (number := _agreed(box, *again(box)))]
    block = max((line.block for line in lines), default=-1) + 1
    return in_reading_order(found, [line_of([number], block) for number in numbers])


def _is_in(column: Sequence[Box], box: Box) -> bool:
    """Whether enough of the column's numbers begin or end where the box does."""
    height = box[3] - box[1]
    level = [min(abs(other[edge] - box[edge]) for edge in (0, 2)) < height / 2 for other in column]
    return sum(level) >= LEAST_IN_COLUMN


def _agreed(box: Box, one: OcrWord | None, other: OcrWord | None) -> OcrWord | None:
    """The number that fills the box, if it was read surely or twice."""
    wide = (box[2] - box[0]) / max(box[3] - box[1], 1)
    fits = [
        word
        for word in (one, other)
        if word
        and NUMBER.fullmatch(word.text)
        and THINNEST + NARROWEST * (len(word.text) - 1) <= wide <= WIDEST * len(word.text)
    ]
    if len({word.text for word in fits}) != 1:
        return None
    best = max(fits, key=lambda word: word.confidence)
    return replace(best, box=box) if len(fits) > 1 or best.confidence >= CREDIBLE else None
