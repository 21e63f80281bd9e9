"""Puts boxes of text into reading order: columns from left to right, each from top to bottom.

Imports neither Django nor a vendor's SDK.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from books.ocr.lines import Box

# A gap between columns is at least so many heights of a line wide; between words it is a third of one.
LEAST_GUTTER: Final = 0.8
# A column has lines; one or two boxes beside others are a label or a page number.
LEAST_LINES: Final = 3


def reading_order(boxes: Sequence[Box]) -> list[tuple[int, int]]:
    """The places of the boxes in reading order, each with the number of the block (column part) that it stands in.

    Lines over the whole width, such as headings, end the columns above them.
    """
    blocks: list[list[int]] = []
    _split(boxes, sorted(range(len(boxes)), key=lambda at: boxes[at][1]), blocks)
    return [(at, number) for number, block in enumerate(blocks) for at in block]


def _split(boxes: Sequence[Box], places: list[int], blocks: list[list[int]]) -> None:
    """Cuts the places (from top to bottom) at the widest gutter that bands of them leave free."""
    block: list[int] | None = None
    for band in _bands(boxes, places):
        parts = _columns(boxes, band)
        if len(parts) > 1:
            block = None
            for part in parts:
                _split(boxes, part, blocks)
            continue
        if block is None:
            blocks.append(block := [])
        block += _in_rows(boxes, band)


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


def _columns(boxes: Sequence[Box], places: list[int]) -> list[list[int]]:
    """The places cut at every gutter, or all of them where there is none."""
    height = sorted(boxes[at][3] - boxes[at][1] for at in places)[len(places) // 2]
    parts: list[list[int]] = []
    reach = 0
    for at in sorted(places, key=lambda at: boxes[at][0]):
        if not parts or boxes[at][0] - reach >= LEAST_GUTTER * height:
            parts.append([])
        parts[-1].append(at)
        reach = max(reach, boxes[at][2])
    if any(len(part) < LEAST_LINES for part in parts):
        return [places]
    return [sorted(part, key=lambda at: boxes[at][1]) for part in parts]


def _in_rows(boxes: Sequence[Box], places: list[int]) -> list[int]:
    """From top to bottom, and what is level from left to right."""
    rows: list[list[int]] = []
    for at in places:
        top, bottom = boxes[at][1], boxes[at][3]
        if rows and (top + bottom) / 2 < boxes[rows[-1][0]][3]:
            rows[-1].append(at)
        else:
            rows.append([at])
    return [at for row in rows for at in sorted(row, key=lambda at: boxes[at][0])]
