"""The order in which boxes on a page are read: from top to bottom, column by column."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby, pairwise
from typing import Final

Box = tuple[int, int, int, int]
# A gap between columns is at least so many heights of a line wide; between words it is a third of one.
LEAST_GUTTER: Final = 0.8
LEAST_LINES: Final = 3  # of a column; one or two boxes beside others are a label or a page number
# Lines that fill less of the way to the next column than this are cells of a table, unless they are numbered.
LEAST_FILLED: Final = 0.5
APART: Final = 0.8  # heights of a line between columns and a table below them
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
    runs = _at_gaps(boxes, places, items)
    if len(runs) > 1:
        for part in runs:
            _split(boxes, part, items, blocks)
        return
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
    least = LEAST_GUTTER * height_of(boxes, places) if places else 0
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


def _at_gaps(boxes: Sequence[Box], places: list[int], items: Collection[int]) -> list[list[int]]:
    """Places without columns of their own, cut where they are free from side to side, if there are some between the
    cuts: those above a table, whose cells lie under the gutter."""
    if len(places) < LEAST_BRIDGED or len(_columns(boxes, places, items)) > 1:
        return [places]
    runs: list[list[int]] = [[]]
    reach, least = boxes[places[0]][3], APART * height_of(boxes, places)
    for at in places:
        if boxes[at][1] - reach >= least:
            runs.append([])
        runs[-1].append(at)
        reach = max(reach, boxes[at][3])
    joined = runs[:1]
    for run in runs[1:]:
        if len(_columns(boxes, [*joined[-1], *run], items)) > 1:
            joined[-1] = [*joined[-1], *run]
        else:
            joined.append(run)
    return joined if any(len(_columns(boxes, run, items)) > 1 for run in joined) else [places]


def _columns(boxes: Sequence[Box], places: list[int], items: Collection[int]) -> list[list[int]]:
    """The places cut at every gutter, what stands above or below all columns apart; all of them where there is none."""
    foot = _foot(boxes, places)
    parts = _parts(boxes, [at for at in places if at not in foot])
    columns = [part for part in parts if len(part) >= LEAST_LINES]
    height = height_of(boxes, places)
    if len(columns) < 2 or (_are_cells(boxes, columns, items, height) and not _are_notes(boxes, parts)):
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
    return [last] if boxes[last][1] - boxes[reach][3] > FOOT_GAP * height_of(boxes, places) else []


def _parts(boxes: Sequence[Box], places: Sequence[int]) -> list[list[int]]:
    """The places from left to right, cut wherever none of them reaches over."""
    parts: list[list[int]] = []
    reach, least = 0, LEAST_GUTTER * height_of(boxes, places) if places else 0
    for at in sorted(places, key=lambda at: boxes[at][0]):
        if not parts or boxes[at][0] - reach >= least:
            parts.append([])
        parts[-1].append(at)
        reach = max(reach, boxes[at][2])
    return parts


def height_of(boxes: Sequence[Box], places: Sequence[int]) -> int:
    """The usual one of a line, in pixels."""
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
