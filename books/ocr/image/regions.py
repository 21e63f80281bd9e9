"""Finds what stands on a page beside running text: figures, tables, and formulas of more than one line of signs.

By the ink and the lines that were read: an engine says nothing of what it took for no text, and reads a formula as if
its signs stood in a row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from books.ocr.engines.base import OcrLine
from books.ocr.engines.lines import surrounding
from books.ocr.engines.runs import overlap
from books.ocr.image.formulas import formulas, joined, may_be_large
from books.ocr.image.ink import Box, PageInk
from books.ocr.image.spots import Components, components, mask_of
from books.stored.regions import Region, RegionKind

Mask = NDArray[np.bool_]
# All of these in heights of the page's usual letter (about that of an x), if nothing else is said.
# A figure has at least these sides, and what is nearer than the gap belongs together.
LEAST_FIGURE, FIGURE_GAP = 4.0, 1.5
# More of the place of a figure than this under lines of text is a box around text; less of it with ink is dirt.
MOST_TEXT, LEAST_INK = 0.35, 0.004
# Of a line that was read into grain less is sure; so are words under a stamp, which lies on more lines than this.
GUESSED, UNSURE, MOST_RUN_OVER = 35.0, 60.0, 1
# What is darker than this share of the paper is no paper.
SHADED: Final = 0.9
# A speck of dirt or grain is smaller.
LEAST_DRAWN: Final = 0.5
# A spot that is longer than so many times its thickness is a rule.
RULE: Final = 15
# A grid has rules of at least these lengths, so many of them across.
ACROSS, DOWN, LEAST_ACROSS = 6, 1.5, 2
# A table without rules: so many rows of so many cells, this far apart and begun alike, that fill less of their rows.
LEAST_ROWS, LEAST_CELLS, CELL_GAP, CELL_SHIFT, MOST_FILLED = 3, 3, 1.4, 1.0, 0.8
MOST_REGIONS: Final = 60
# "Figure 3.2", "Table 1:" in some languages of books; then a capital or nothing, for "Figure 3 shows" is a sentence.
CAPTION = re.compile(
    r"(?:(?P<table>Table|Tabelle|Tab\.|Tabla|Tableau|Tabela|Таблица)|Figure|Fig\.|Figura|Abbildung|Abb\.|Рис\.|Рисунок)"
    r"\s*\d+(?:[.–-]\d+)*[a-z]?\s*[.:–—]?\s*(?P<text>[^a-z\s].*|$)"
)
CAPTION_NEAR, CAPTION_LINES, CAPTION_INDENT = 6.0, 3, 0.4


def find_regions(ink: PageInk, lines: Sequence[OcrLine]) -> tuple[Region, ...]:
    """From top to bottom, in pixels of the page whose print is ``ink``. Without lines, as of an engine that knows no
    places, they have no captions."""
    if not len(ink.print):
        return ()
    unit = float(np.median(ink.print.height))
    found = _figures(ink, lines, unit)
    if lines:
        loose = [box for box in _loose_tables(lines, unit * ink.scale) if not any(_holds(each, box) for each in found)]
        found += [Region(RegionKind.TABLE, box) for box in loose]
    found = _captioned(_outermost(found), lines, unit * ink.scale)
    others = formulas(ink, lines, unit) if lines else []
    others = [box for box in others if not any(_holds(each, box) for each in found)]
    found += [Region(RegionKind.FORMULA, box) for box in others]
    return tuple(sorted(found, key=lambda region: region.box[1])[:MOST_REGIONS])


def without_scraps(regions: Sequence[Region], lines: Sequence[OcrLine]) -> tuple[OcrLine, ...]:
    """The lines without those that were guessed into a figure: into its grain or hatching."""
    figures = [each for each in regions if each.kind == RegionKind.FIGURE]
    return tuple(
        line for line in lines if line.confidence >= GUESSED or not any(_holds(each, line.box) for each in figures)
    )


def is_run_over(ink: PageInk, regions: Sequence[Region], lines: Sequence[OcrLine]) -> bool:
    """Whether something drawn, as a stamp, lies on lines: words of several that reach into it were guessed."""
    unit = float(np.median(ink.print.height)) if len(ink.print) else float(max(ink.shape))
    unsure = [[word.box for word in line.words if word.confidence < UNSURE] for line in lines]
    if sum(map(bool, unsure)) <= MOST_RUN_OVER:
        return False
    spots, least = ink.spots, LEAST_FIGURE * unit
    is_drawn = (np.minimum(spots.width, spots.height) > least) & (spots.height < max(ink.shape) / 2)
    drawn = [each.box for each in regions if each.kind == RegionKind.FIGURE]
    drawn += map(ink.on_page, spots.where(is_drawn).boxes().tolist())
    return (
        sum(
            any(
                word.confidence < UNSURE and overlap(word.box, box) and not _contains(box, line.box)
                for word in line.words
                for box in drawn
            )
            for line in lines
        )
        > MOST_RUN_OVER
    )


def _contains(box: Box, other: Box) -> bool:
    return surrounding([box, other]) == box


def _outermost(found: Sequence[Region]) -> list[Region]:
    return [each for each in found if not any(other is not each and _holds(other, each.box) for other in found)]


def _holds(region: Region, box: Box) -> bool:
    left, top, right, bottom = region.box
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return left <= x <= right and top <= y <= bottom


# ---- figures, and tables with rules ----------------------------------------------------------------------------------


def _figures(ink: PageInk, lines: Sequence[OcrLine], unit: float) -> list[Region]:
    spots = ink.spots
    long, thick = np.maximum(spots.width, spots.height), np.minimum(spots.width, spots.height)
    at_border = (spots.left == 0) | (spots.top == 0) | (spots.right == ink.shape[1]) | (spots.bottom == ink.shape[0])
    is_edge = at_border & (thick < max(ink.shape) / 20)
    is_rule = (long > RULE * thick) & (thick < unit)
    chosen = (long >= LEAST_DRAWN * unit) & ~is_rule & ~is_edge
    if not lines:
        chosen &= ~np.isin(spots.keys(), ink.print.keys())
    side, least = max(3, round(FIGURE_GAP * unit)), LEAST_FIGURE * unit
    shaded = _shaded(ink, unit)
    # Most pages have none, and need no more work.
    if shaded is None and not may_be_large(spots.boxes()[chosen].tolist(), side, least):
        return []
    drawn = mask_of(chosen, spots, ink.labels)
    drawn = drawn if shaded is None else drawn | shaded
    x, y, width, height = cv2.boundingRect(drawn.view(np.uint8))
    x, y, right, bottom = max(0, x - side), max(0, y - side), x + width + side, y + height + side
    text = _text_mask(ink, lines, (x, y, right, bottom))
    drawn &= ~text
    near = cv2.morphologyEx(drawn[y:bottom, x:right].view(np.uint8), cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    areas = components(near.view(np.bool_))[0].moved(x, y)
    parts = areas.where((areas.width >= least / 2) & (areas.height >= least / 2)).boxes().tolist()
    wide = [box for box in joined(parts, side, side) if box[2] - box[0] >= least and box[3] - box[1] >= least]
    return [region for box in wide if (region := _figure(ink, box, drawn, text, unit))]


def _shaded(ink: PageInk, unit: float) -> Mask | None:
    """Where the page is darker than paper over more than the thickness of letters, as in a photograph."""
    grey = (ink.grey < math.ceil(SHADED * ink.paper)).view(np.uint8)
    side = max(3, round(unit))
    square = np.ones((side, side), dtype=np.uint8)
    inner = cv2.erode(grey, square)
    return cv2.dilate(inner, square).view(np.bool_) if cv2.countNonZero(inner) else None


def _text_mask(ink: PageInk, lines: Sequence[OcrLine], place: Box) -> Mask:
    """Where text stands at ``place``, with a dot around it."""
    mask = np.zeros(ink.shape, dtype=np.bool_)
    words = [[edge // ink.scale for edge in word.box] for line in lines for word in line.words]
    boxes = np.array(words) if words else ink.print.boxes()
    is_there = (boxes[:, :2] <= place[2:]).all(axis=1) & (boxes[:, 2:] >= place[:2]).all(axis=1)
    for left, top, right, bottom in boxes[is_there].tolist():
        mask[max(0, top - 1) : bottom + 2, max(0, left - 1) : right + 2] = True
    return mask


def _figure(ink: PageInk, box: Box, drawn: Mask, text: Mask, unit: float) -> Region | None:
    left, top, right, bottom = box
    place = (slice(top, bottom), slice(left, right))
    if drawn[place].mean() < LEAST_INK:
        return None
    has_text = bool(text[place].any())
    if has_text and _is_grid(ink.is_dark[place], unit):
        return Region(RegionKind.TABLE, ink.on_page(box))
    return None if _lines_of(text[place]) > MOST_TEXT else Region(RegionKind.FIGURE, ink.on_page(box))


def _lines_of(text: Mask) -> float:
    """The share of the place that rows of words take up, each from its first to its last word."""
    filled = text.any(axis=1)
    if not filled.any():
        return 0.0
    rows = text[filled]
    return float(rows.mean() * filled.mean())


def _is_grid(dark: Mask, unit: float) -> bool:
    shades = dark.view(np.uint8)

    def rules(width: int, height: int) -> Components:
        return components(cv2.morphologyEx(shades, cv2.MORPH_OPEN, np.ones((height, width), np.uint8)) > 0)[0]

    across, down = rules(max(3, round(ACROSS * unit)), 1), rules(1, max(3, round(DOWN * unit)))
    thin = across.where(across.height < unit)
    upright = down.where((down.width < unit) & (down.height > DOWN * unit))
    return len(thin) > LEAST_ACROSS and len(upright) > LEAST_ACROSS


# ---- tables without rules --------------------------------------------------------------------------------------------


def _loose_tables(lines: Sequence[OcrLine], unit: float) -> Iterator[Box]:
    """Runs of rows whose cells begin one below the other."""
    run: list[list[Box]] = []
    for row in [*_rows([word.box for line in lines for word in line.words if any(map(str.isalnum, word.text))]), []]:
        cells = _cells(row, unit)
        if run and _stands_below(run[-1], cells, unit):
            run.append(cells)
            continue
        if len(run) >= LEAST_ROWS:
            yield surrounding(cell for cells in run for cell in cells)
        run = [cells] if _may_be_a_row(cells) else []


def _rows(words: Sequence[Box]) -> list[list[Box]]:
    rows: list[list[Box]] = []
    for box in sorted(words, key=lambda box: box[1] + box[3]):
        middle = (box[1] + box[3]) / 2
        if rows and rows[-1][0][1] <= middle <= rows[-1][0][3]:
            rows[-1].append(box)
        else:
            rows.append([box])
    return rows


def _cells(row: Sequence[Box], unit: float) -> list[Box]:
    cells: list[Box] = []
    for box in sorted(row):
        if cells and box[0] - cells[-1][2] < CELL_GAP * unit:
            cells[-1] = surrounding([cells[-1], box])
        else:
            cells.append(box)
    return cells


def _may_be_a_row(cells: Sequence[Box]) -> bool:
    filled = sum(right - left for left, _, right, _ in cells)
    return len(cells) >= LEAST_CELLS and filled <= MOST_FILLED * (cells[-1][2] - cells[0][0])


def _stands_below(above: Sequence[Box], cells: Sequence[Box], unit: float) -> bool:
    """Whether all but one of the cells begin, or end, where one of the row above does."""
    if not _may_be_a_row(cells) or cells[0][1] - above[0][3] > 4 * unit:
        return False
    aligned = sum(any(min(abs(c[0] - a[0]), abs(c[2] - a[2])) < CELL_SHIFT * unit for a in above) for c in cells)
    return aligned >= max(2, len(cells) - 1)


# ---- captions --------------------------------------------------------------------------------------------------------


def _captioned(found: Sequence[Region], lines: Sequence[OcrLine], unit: float) -> list[Region]:
    """Each caption with the nearest region of its kind, or of the other; one without a region is a region by itself."""
    regions = list(found)
    for at, line in enumerate(lines):
        match = CAPTION.match(line.text)
        if not match:
            continue
        kind = RegionKind.TABLE if match["table"] else RegionKind.FIGURE
        box, text = _whole_caption(lines, at, unit)
        near = [n for n, each in enumerate(regions) if not each.caption and _away(each.box, box) < CAPTION_NEAR * unit]
        if near:
            nearest = min(near, key=lambda n: _away(regions[n].box, box))
            regions[nearest] = replace(regions[nearest], kind=kind, caption=text)
        else:
            regions.append(Region(kind, box, text))
    below = [each.caption or (_below(each, lines, unit) if lines else "") for each in regions]
    return _of_one_caption([replace(each, caption=text) for each, text in zip(regions, below, strict=True)])


def _of_one_caption(regions: Sequence[Region]) -> list[Region]:
    """Parts of a figure that stand above one caption are one."""
    whole: dict[tuple[RegionKind, str], Region] = {}
    for each in regions:
        key = each.kind, each.caption or str(each.box)
        whole[key] = replace(each, box=surrounding([each.box, whole[key].box])) if key in whole else each
    return list(whole.values())


def with_captions(regions: Sequence[Region], lines: Sequence[str]) -> tuple[Region, ...]:
    """Of a page whose lines have no places: the captions in order, where there are as many as figures and tables."""
    captions = [line for line in lines if CAPTION.match(line)]
    drawn = [each for each in regions if each.kind != RegionKind.FORMULA]
    if len(captions) != len(drawn):
        return tuple(regions)
    said = dict(zip(drawn, captions, strict=True))
    return tuple(replace(each, caption=said.get(each, "")) for each in regions)


def _below(region: Region, lines: Sequence[OcrLine], unit: float) -> str:
    """A few lines close under a figure that do not begin where the text does: a caption without a word that says so."""
    margin = np.median([line.box[0] for line in lines])
    under = [
        at
        for at, line in enumerate(lines)
        if 0 <= line.box[1] - region.box[3] < CAPTION_NEAR * unit and _away(line.box, region.box) < CAPTION_NEAR * unit
    ]
    if not under or abs(lines[under[0]].box[0] - margin) < CAPTION_INDENT * unit:
        return ""
    box, text = _whole_caption(lines, under[0], unit)
    following = [line for line in lines if 0 <= line.box[1] - box[3] < unit and line.text not in text]
    return "" if following else text


def _whole_caption(lines: Sequence[OcrLine], at: int, unit: float) -> tuple[Box, str]:
    """With the lines that follow close below, of the same block."""
    own = [lines[at]]
    for line in lines[at + 1 : at + CAPTION_LINES]:
        gap = line.box[1] - own[-1].box[3]
        if line.block != own[0].block or gap > unit or own[-1].box[2] < 0.8 * max(each.box[2] for each in own):
            break
        own.append(line)
    return surrounding(line.box for line in own), " ".join(line.text for line in own)


def _away(one: Box, other: Box) -> float:
    """How far apart they are up and down; endlessly where neither stands below the other."""
    if min(one[2], other[2]) <= max(one[0], other[0]):
        return float("inf")
    return max(0.0, max(one[1], other[1]) - min(one[3], other[3]))
