"""What can be done with lines once they are read: judged, moved, and put beside those of another reading."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from books.ocr.engines.base import OcrLine, OcrWord
from books.ocr.engines.columns import LEAST_LINES, Box, height_of


def usual_height(lines: Sequence[OcrLine]) -> int:
    return height_of([line.box for line in lines], range(len(lines)))


# Grain, wood and drawings read as letters stay below this; so does blurred print, but that stands in rows.
CREDIBLE_CONFIDENCE: Final = 60.0
CREDIBLE_SIGNS: Final = 70.0  # a line without letter or digit is a rule more often than a formula


def line_of(words: Sequence[OcrWord], block: int) -> OcrLine:
    """The line that these words, at least one, make in their order."""
    return OcrLine(
        text=" ".join(word.text for word in words),
        confidence=mean_confidence(words),
        box=surrounding(word.box for word in words),
        block=block,
        words=tuple(words),
    )


def mean_confidence(words: Iterable[OcrWord]) -> float:
    """The words' confidence, each weighing as much as it has characters; 0 without words."""
    pairs = [(word.confidence, len(word.text)) for word in words]
    characters = sum(length for _, length in pairs)
    return sum(confidence * length for confidence, length in pairs) / characters if characters else 0.0


def surrounding(boxes: Iterable[Box]) -> Box:
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def is_credible(line: OcrLine) -> bool:
    """Whether the line is print and not texture, by its text alone."""
    has_letters = any(character.isalnum() for character in line.text)
    return line.confidence >= (CREDIBLE_CONFIDENCE if has_letters else CREDIBLE_SIGNS)


def moved(line: OcrLine, right: int, down: int) -> OcrLine:
    """The line of a cut-out, on the page that it was cut from."""

    def shifted(box: Box) -> Box:
        return box[0] + right, box[1] + down, box[2] + right, box[3] + down

    words = tuple(replace(word, box=shifted(word.box)) for word in line.words)
    return replace(line, box=shifted(line.box), words=words)


def lies_in(box: Box, places: Iterable[Box], margin: int = 0) -> bool:
    """Whether the middle of the box lies in one of the places."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(
        left - margin <= x <= right + margin and top - margin <= y <= bottom + margin
        for left, top, right, bottom in places
    )


def in_reading_order(lines: Sequence[OcrLine], found: Iterable[OcrLine]) -> list[OcrLine]:
    """``lines``, which are in order, with each of ``found`` put behind the line above it in its column.

    A column of which no line is known follows the lines to its left.
    """
    ordered = list(lines)
    for line in sorted(found, key=lambda line: line.box[1]):
        ordered.insert(_place(ordered, line), line)
    return ordered


LEADER: Final = "....."
# A page on which fewer lines than this share have a number at their end lists no pages.
LISTED: Final = 0.4
PAGE_NUMBER = re.compile(r"((\.{5}|____) )?(\d{1,4}|[ivxl]{1,6})")


def with_page_numbers(lines: Sequence[OcrLine]) -> list[OcrLine]:
    """Of a page that lists pages each number on the line of its title, behind the leader before it."""
    numbers = [line for line in lines if PAGE_NUMBER.fullmatch(line.text)]
    titles = [line for line in lines if line not in numbers]
    found = {id(title): number for number in numbers if (title := _title_of(number, titles))}
    if len(found) < max(LEAST_LINES, LISTED * len(titles)):
        return list(lines)
    joined, others = [], []
    for line in titles:
        number = found.get(id(line))
        if number is None:
            others.append(line)
            continue
        led = [replace(word, text=LEADER) for word in number.words[:-1]]
        joined.append(line_of([*line.words, *led, number.words[-1]], line.block))
    taken = {id(number) for number in found.values()}
    return in_reading_order(joined, [*others, *(number for number in numbers if id(number) not in taken)])


def with_ends(lines: Sequence[OcrLine]) -> list[OcrLine]:
    """The lines, a heading that stands apart above them before all others, and the page's number below them behind
    all: in the middle of two columns Tesseract puts them between."""
    if len(lines) < LEAST_LINES:
        return list(lines)
    height = usual_height(lines)
    first, last = min(lines, key=lambda line: line.box[1]), max(lines, key=lambda line: line.box[1])
    others = [line for line in lines if line is not first and line is not last]
    is_head = first is not last and all(line.box[1] - first.box[3] > height for line in [*others, last])
    is_foot = last.text.isdecimal() and all(line.box[3] <= last.box[1] for line in [*others, first])
    kept = [line for line in lines if (line is not first or not is_head) and (line is not last or not is_foot)]
    return [*[first] * is_head, *kept, *[last] * is_foot]


def _title_of(number: OcrLine, titles: Sequence[OcrLine]) -> OcrLine | None:
    level = [title for title in titles if title.box[2] < number.box[0] and _is_level(title.box, number.box)]
    return max(level, key=lambda title: title.box[2], default=None)


def _is_level(line: Box, other: Box) -> bool:
    return line[1] < (other[1] + other[3]) / 2 < line[3] + (line[3] - line[1]) / 4


def _place(ordered: Sequence[OcrLine], line: OcrLine) -> int:
    if all(line.box[3] <= other.box[1] for other in ordered):
        return 0
    same_column = [index for index, other in enumerate(ordered) if _is_over_or_under(other.box, line.box)]
    above = [index for index in same_column if _middle(ordered[index]) <= _middle(line)]
    if above:
        place = max(above, key=lambda index: (ordered[index].box[3], index)) + 1
    elif same_column:
        return same_column[0]
    else:
        to_the_right = (index for index, other in enumerate(ordered) if other.box[0] >= line.box[2])
        return next(to_the_right, len(ordered))
    while place < len(ordered) and _is_left_of(ordered[place].box, line.box):
        place += 1
    return place


def _middle(line: OcrLine) -> float:
    return (line.box[1] + line.box[3]) / 2


def _is_left_of(one: Box, other: Box) -> bool:
    return one[0] < other[0] and not _is_over_or_under(one, other)


def _is_over_or_under(one: Box, other: Box) -> bool:
    shared = min(one[2], other[2]) - max(one[0], other[0])
    return shared > 0.3 * min(one[2] - one[0], other[2] - other[0])
