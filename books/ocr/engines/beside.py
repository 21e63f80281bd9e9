"""Lines that stand level beside others: Tesseract reads a note in the margin, or the text beside a caption, as if the
line before it went on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from books.ocr.engines.base import OcrLine
from books.ocr.engines.lines import line_of, usual_height

# Heights of a line: what a gap before a note is at least, and before text beside something; how alike lines of one
# column begin; and how far apart they are at most.
NOTE_GAP, TEXT_GAP, ALIKE, NEAR = 1.0, 3.0, 0.6, 4.0
# Of the lines so many may reach over into the margin, and so many have a note beside them, as all rows of tables have.
# Text fills so much of its column.
REACH_OVER, WITH_NOTE, FILLED = 0.1, 0.5, 0.6
# So many notes or lines begin one below the other.
LEAST: Final = 2


def parted(lines: Sequence[OcrLine]) -> list[OcrLine]:
    """The lines, each cut where another stands beside it. What is cut off follows the line above it in its column, or
    all others."""
    if len(lines) <= LEAST:
        return list(lines)
    height = usual_height(lines)
    gaps = [found if len(found := dict(_gaps(line, height))) == 1 else {} for line in lines]  # more are cells
    cuts = dict(_notes(lines, gaps, height))
    for at, (line, found) in enumerate(zip(lines, gaps, strict=True)):
        for x, place in found.items():
            is_apart = x - line.words[place - 1].box[2] > TEXT_GAP * height
            if is_apart and any(
                abs(each.box[0] - x) < ALIKE * height and _away(each, line) < NEAR * height for each in lines
            ):
                cuts.setdefault(at, place)
    left = [line_of(line.words[: cuts[at]], line.block) if at in cuts else line for at, line in enumerate(lines)]
    for at, place in sorted(cuts.items()):
        part = line_of(lines[at].words[place:], lines[at].block)
        column = [n for n, each in enumerate(left) if abs(each.box[0] - part.box[0]) < ALIKE * height]
        near = [n for n in column if _away(left[n], part) < NEAR * height]
        above = [n for n in near if left[n].box[1] < part.box[1]]
        left.insert(max(above) + 1 if above else min(near, default=len(left)), part)
    return left


def _gaps(line: OcrLine, height: float) -> Iterator[tuple[int, int]]:
    """Where words begin behind a gap, and which they are; numbers as of contents stay with their line."""
    for place in range(1, len(line.words)):
        x = line.words[place].box[0]
        is_text = any(character.isalpha() for word in line.words[place:] for character in word.text)
        if is_text and x - line.words[place - 1].box[2] > NOTE_GAP * height:
            yield x, place


def _notes(lines: Sequence[OcrLine], gaps: Sequence[dict[int, int]], height: float) -> Iterator[tuple[int, int]]:
    """The lines with a note beside them, and the word that it begins with."""
    for x in {x for found in gaps for x in found}:
        begun = {
            at: place
            for at, found in enumerate(gaps)
            for other, place in found.items()
            if abs(other - x) < ALIKE * height
        }
        ends = [line.words[begun[at] - 1].box[2] if at in begun else line.box[2] for at, line in enumerate(lines)]
        over = sum(line.box[0] < x - height and end > x for line, end in zip(lines, ends, strict=True))
        widths = sorted(end - line.box[0] for line, end in zip(lines, ends, strict=True) if end < x)
        if (
            len(begun) >= LEAST
            and len(begun) <= WITH_NOTE * len(widths)
            and over <= REACH_OVER * len(lines)
            and widths[len(widths) // 2] > FILLED * widths[-1]
        ):
            yield from begun.items()


def _away(one: OcrLine, other: OcrLine) -> float:
    return abs(one.box[1] - other.box[1])
