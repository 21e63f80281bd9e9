"""What can be done with lines once they are read: judged, moved and put in reading order, column by column."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from typing import Final

from books.ocr.engines.base import OcrLine, OcrWord

# A gap between columns is at least so many heights of a line wide; between words it is a third of one.
LEAST_GUTTER: Final = 0.8
LEAST_LINES: Final = 3  # of a column; one or two boxes beside others are a label or a page number
# Lines that fill less of the way to the next column than this are cells of a table, unless they are numbered.
LEAST_FILLED: Final = 0.5
FOOT_GAP: Final = 1.5  # heights of a line between columns and the foot of their page
# Lines that begin beside each other have their middles closer than this share of their height, doubled.
LEVEL_NOTE: Final = 0.4
# Of lines in columns so many on each side, and this share of all may reach over the gutter.
LEAST_BRIDGED, BRIDGES = 6, 0.1
# Columns of text and those of an index are about as wide as each other, and wider than so many heights of a line.
OTHER_WIDTH, SHORT_CELL = 1.7, 4


def reading_order(boxes: Sequence[Box], items: Collection[int] = ()) -> list[tuple[int, int]]:
    """The places of the boxes in reading order, each with the number of the block (column part) that it stands in.

    Lines over the whole width, such as headings, end the columns above them. ``items`` are places of what is numbered.
    """
    blocks: list[list[int]] = []
    _split(boxes, sorted(range(len(boxes)), key=lambda at: boxes[at][1]), items, blocks)
    return [(at, number) for number, block in enumerate(blocks) for at in block]


def _split(boxes: Sequence[Box], places: list[int], items: Collection[int], blocks: list[list[int]]) -> None:
    """Cuts the places (from top to bottom) at the widest gutter that bands of them leave free."""
    bridges = _bridges(boxes, places)
    if bridges:
        for _, run in groupby(places, key=bridges.__contains__):
            _split(boxes, list(run), items, blocks)
        return
    block: list[int] | None = None
    for band in [places] if _are_notes(boxes, _parts(boxes, places)) else _bands(boxes, places):
        parts = _columns(boxes, band, items)
        if len(parts) > 1:
            block = None
            for part in parts:
                _split(boxes, part, items, blocks)
            continue
        if block is None:
            blocks.append(block := [])
        block += _in_rows(boxes, band)


def _bridges(boxes: Sequence[Box], places: Sequence[int]) -> set[int]:
    """The few, as a caption or a heading, that reach over a gutter which all others leave free."""
    best: set[int] = set()
    least = LEAST_GUTTER * _height(boxes, places) if places else 0
    for start in {boxes[at][2] for at in places}:
        left = sum(boxes[at][2] <= start for at in places)
        right = sum(boxes[at][0] >= start + least for at in places)
        over = len(places) - left - right
        if min(left, right) < LEAST_BRIDGED or over > BRIDGES * len(places):
            continue
        if not over:
            return set()
        if not best or over < len(best):
            best = {at for at in places if boxes[at][2] > start and boxes[at][0] < start + least}
    return best


def _bands(boxes: Sequence[Box], places: list[int]) -> list[list[int]]:
    """Runs of boxes that have columns, and what stands between them."""
    if not places:
        return []
    left, right = min(boxes[at][0] for at in places), max(boxes[at][2] for at in places)
    bands: list[list[int]] = []
    before = None
    for at in places:
        is_wide = boxes[at][2] - boxes[at][0] > 0.6 * (right - left)
        if is_wide != before:
            bands.append([])
        bands[-1].append(at)
        before = is_wide
    return bands


def _columns(boxes: Sequence[Box], places: list[int], items: Collection[int]) -> list[list[int]]:
    """The places cut at every gutter, what stands above or below all columns apart; all of them where there is none."""
    foot = _foot(boxes, places)
    parts = _parts(boxes, [at for at in places if at not in foot])
    columns = [part for part in parts if len(part) >= LEAST_LINES]
    if len(columns) < 2 or (_are_cells(boxes, columns, items, _height(boxes, places)) and not _are_notes(boxes, parts)):
        return [places]
    top, bottom = (pick(boxes[at][edge] for part in columns for at in part) for pick, edge in ((min, 1), (max, 3)))
    apart: tuple[list[int], list[int]] = [], foot
    for at in (at for part in parts if part not in columns for at in part):
        if top < (boxes[at][1] + boxes[at][3]) / 2 < bottom:
            min(columns, key=lambda part: abs(boxes[part[0]][0] - boxes[at][0])).append(at)
        else:
            apart[boxes[at][3] > bottom].append(at)
    return [sorted(part, key=lambda at: boxes[at][1]) for part in (apart[0], *columns, apart[1]) if part]


def _foot(boxes: Sequence[Box], places: Sequence[int]) -> list[int]:
    """What stands alone below all others, as the number of a page below its middle column."""
    reach, last = sorted(places, key=lambda at: boxes[at][3])[-2:] if len(places) > 1 else (0, 0)
    return [last] if boxes[last][1] - boxes[reach][3] > FOOT_GAP * _height(boxes, places) else []


def _parts(boxes: Sequence[Box], places: Sequence[int]) -> list[list[int]]:
    """The places from left to right, cut wherever none of them reaches over."""
    parts: list[list[int]] = []
    reach, least = 0, LEAST_GUTTER * _height(boxes, places) if places else 0
    for at in sorted(places, key=lambda at: boxes[at][0]):
        if not parts or boxes[at][0] - reach >= least:
            parts.append([])
        parts[-1].append(at)
        reach = max(reach, boxes[at][2])
    return parts


def usual_height(lines: Sequence[OcrLine]) -> int:
    return _height([line.box for line in lines], range(len(lines)))


def _height(boxes: Sequence[Box], places: Sequence[int]) -> int:
    return sorted(boxes[at][3] - boxes[at][1] for at in places)[len(places) // 2]


def _are_notes(boxes: Sequence[Box], parts: Sequence[list[int]]) -> bool:
    """Whether one of two columns is of notes in the margin: most of them stand beside no line, as cells do."""
    if len(parts) != 2 or min(map(len, parts)) < LEAST_LINES:
        return False
    notes, text = sorted(parts, key=len)
    middles = [boxes[at][1] + boxes[at][3] for at in text]
    edges = [(boxes[at][1], boxes[at][3]) for at in notes]
    level = sum(any(abs(t + b - other) < LEVEL_NOTE * (b - t) for other in middles) for t, b in edges)
    return level < len(notes) / 2


def _are_cells(boxes: Sequence[Box], columns: Sequence[list[int]], items: Collection[int], height: int) -> bool:
    """Whether these are the columns of a table, or titles and their page numbers: far apart, and of different widths,
    of several cells, or with a few signs in each."""
    if all(any(at in items for at in part) for part in columns):
        return False
    starts = [min(boxes[at][0] for at in part) for part in columns]
    widths = [sum(boxes[at][2] - boxes[at][0] for at in part) / len(part) for part in columns]
    filled = min(width / (after - start) for width, start, after in zip(widths, starts, starts[1:], strict=False))
    is_short = len(columns) > 2 and max(widths) < SHORT_CELL * height
    is_uneven = max(widths) > OTHER_WIDTH * min(widths) or any(_has_rows(boxes, part, height) for part in columns)
    return filled < LEAST_FILLED and (is_short or is_uneven)


def _has_rows(boxes: Sequence[Box], part: Iterable[int], height: int) -> bool:
    """Whether some of the boxes stand beside each other."""
    middles = sorted((boxes[at][1] + boxes[at][3]) / 2 for at in part)
    return sum(after - one < height / 2 for one, after in pairwise(middles)) >= LEAST_LINES


def _in_rows(boxes: Sequence[Box], places: list[int]) -> list[int]:
    """From top to bottom, and what is level from left to right."""
    rows: list[list[int]] = []
    for at in places:
        _, top, _, bottom = boxes[at]
        _, first_top, _, first_bottom = boxes[rows[-1][0]] if rows else boxes[at]
        if rows and (top + bottom) / 2 < first_bottom and top < (first_top + first_bottom) / 2:
            rows[-1].append(at)
        else:
            rows.append([at])
    return [at for row in rows for at in sorted(row, key=lambda at: boxes[at][0])]


Box = tuple[int, int, int, int]
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
