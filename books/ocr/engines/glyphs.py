"""From the characters that a PDF paints, in whatever order, to the lines that a reader sees, in the order of reading.

Imports neither Django nor a vendor's SDK.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from books.intake.pdf import Glyph
from books.ocr.engines.base import OcrLine, OcrWord
from books.ocr.engines.lines import Box, in_reading_order, reading_order, surrounding

# All in heights of the font. Characters of one line are level within this ...
LEVEL: Final = 0.15
# ... and the cells of one row share this much of their heights ...
SHARED: Final = 0.55
# ... and what is wider than this is a gap between columns or cells, than that one between words.
COLUMN_GAP, WORD_GAP = 1.1, 0.17
# Of a superscript or subscript: its size, how far its base line is moved, how far it stands from what it belongs to.
SCRIPT_SIZE, SCRIPT_SHIFT, SCRIPT_GAP, LONGEST_SCRIPT = (0.4, 0.85), (0.1, 0.75), 0.35, 12
# An initial is so many times as high as the lines beside it, and stands as near to the first of them.
INITIAL, INITIAL_GAP = 1.7, 1.2
# The letters of a word that is spread out stand this far apart, and its words so many times as far.
SPREAD, SPREAD_WORD, FEWEST_SPREAD = 0.12, 1.6, 4
# A watermark has letters of so many times the height of the lines that it lies on.
WATERMARK: Final = 1.8
RAISED: Final = str.maketrans("0123456789+-−=()ni", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
LOWERED: Final = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
ORDINALS: Final = frozenset({"st", "nd", "rd", "th"})
SOFT_HYPHEN: Final = "\xad"

Edges = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sign:
    """A character with its marks, or a whole superscript. ``follows`` says whether white space is set before it (True),
    or is not whatever the gap (False)."""

    text: str
    box: Edges
    base: float
    follows: bool | None = None


@dataclass(slots=True)
class Run:
    """Signs beside each other on one base line, in the order of their words."""

    signs: list[Sign]
    size: float
    base: float

    @property
    def box(self) -> Edges:
        left, top, right, bottom = zip(*(sign.box for sign in self.signs), strict=True)
        return min(left), min(top), max(right), max(bottom)

    @property
    def text(self) -> str:
        return "".join(sign.text for sign in self.signs)


def printed_lines(glyphs: Sequence[Glyph]) -> tuple[list[OcrLine], list[Edges]]:
    """The lines, and the places of what is no line of the page: a watermark that lies on others."""
    angles: dict[int, list[Glyph]] = {}
    for glyph in glyphs:
        angles.setdefault(round(glyph.angle / 5) * 5 % 360, []).append(glyph)
    upright = _runs(angles.pop(0, []))
    lines = _in_order(_rows(_with_scripts(_with_initials([run for run in upright if not _lies_on(run, upright)]))))
    watermarks = [sign.box for run in upright if _lies_on(run, upright) for sign in run.signs]
    turned = []
    for angle, group in angles.items():
        for line in _turned_lines(group, angle):
            if angle % 90 and any(_overlap(word.box, other.box) for other in lines for word in line.words):
                watermarks += [word.box for word in line.words]
            else:
                turned.append(line)
    return in_reading_order(lines, turned), watermarks


def share_turned(glyphs: Sequence[Glyph]) -> float:
    """The share of the characters that do not stand upright."""
    return sum(bool(round(glyph.angle / 5) % 72) for glyph in glyphs) / max(1, len(glyphs))


def _without_spaces(glyphs: Iterable[Glyph]) -> Iterator[tuple[Glyph, bool]]:
    """Each with whether a space was painted before it."""
    is_after_space = False
    for glyph in glyphs:
        if not glyph.text.isspace():
            yield glyph, is_after_space
        is_after_space = glyph.text.isspace()


def _runs(glyphs: Iterable[Glyph]) -> list[Run]:
    """What is painted in one go and stands in one line."""
    runs: list[Run] = []
    for glyph, is_after_space in _without_spaces(glyphs):
        size = glyph.box[3] - glyph.box[1]
        sign = Sign(glyph.text, glyph.box, glyph.y, follows=is_after_space or None)
        if runs and unicodedata.combining(glyph.text):
            before = runs[-1].signs[-1]
            runs[-1].signs[-1] = Sign(before.text + glyph.text, before.box, before.base, before.follows)
        elif runs and _goes_on(runs[-1], sign, size):
            runs[-1].signs.append(sign)
        else:
            runs.append(Run([sign], size, glyph.y))
    return runs


def _goes_on(run: Run, sign: Sign, size: float) -> bool:
    is_alike = 0.85 < size / run.size < 1.18
    is_level = abs(sign.base - run.base) < LEVEL * run.size
    # The words of a heading whose letters are spread stand as much further apart.
    spread = _gap(run.signs[-2].box, run.signs[-1].box) if len(run.signs) > 2 and not run.signs[-1].follows else 0.0
    widest = COLUMN_GAP * size + SPREAD_WORD * max(0.0, spread)
    return is_alike and is_level and -0.5 * size < _gap(run.signs[-1].box, sign.box) < widest


def _gap(one: Edges, other: Edges) -> float:
    """Between two boxes beside each other, whichever is on the left; below 0 where they overlap."""
    return max(other[0] - one[2], one[0] - other[2])


def _lies_on(run: Run, runs: Sequence[Run]) -> bool:
    """Whether the run is large and lies across smaller ones."""
    left, top, right, bottom = run.box
    inner = left, top + 0.25 * run.size, right, bottom - 0.25 * run.size
    return sum(other.size * WATERMARK < run.size and _overlap(inner, other.box) for other in runs) > 1


def _overlap(one: Edges, other: Edges) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _with_initials(runs: list[Run]) -> list[Run]:
    """Each initial put before the first of the lines beside it."""
    initials = [run for run in runs if len(run.text) == 1 and run.text.isalpha()]
    kept = list(runs)
    for initial in initials:
        box = initial.box
        beside = [
            run
            for run in runs
            if run is not initial
            and run.size * INITIAL < initial.size
            and box[1] < run.base <= initial.base + LEVEL * run.size
            and -run.size / 2 < run.box[0] - box[2] < INITIAL_GAP * run.size
        ]
        if beside:
            first = min(beside, key=lambda run: run.base)
            start = first.signs[0]
            first.signs[0] = Sign(start.text, start.box, start.base, follows=start.follows or False)
            first.signs.insert(0, Sign(initial.text, box, initial.base))
            kept.remove(initial)
    return kept


def _with_scripts(runs: list[Run]) -> list[Run]:
    """Superscripts and subscripts put into the run that they belong to, a fraction's two parts as one."""
    hosts: list[Run] = []
    small: list[tuple[Run, Run]] = []
    for run in runs:
        near = [other for other in runs if _is_script(run, other)]
        # What ends where it begins, before what begins where it ends.
        host = min(near, key=lambda other: (other.box[0] > run.box[0], _gap(other.box, run.box)), default=None)
        if host is None:
            hosts.append(run)
        else:
            small.append((run, host))
    for run, host in small:
        _insert(host, run)
    return hosts


def _is_script(run: Run, host: Run) -> bool:
    if run is host or len(run.text) > LONGEST_SCRIPT:
        return False
    shift = abs(run.base - host.base)
    is_power = run.text.isdigit() and host.text[-1:].isdigit() and host.box[2] <= run.box[0] + 1
    return (
        SCRIPT_SIZE[0] * host.size < run.size < SCRIPT_SIZE[1] * host.size
        and (shift > SCRIPT_SHIFT[0] * host.size or is_power)
        and shift < SCRIPT_SHIFT[1] * host.size
        and _gap(run.box, host.box) < SCRIPT_GAP * host.size
    )


def _insert(host: Run, script: Run) -> None:
    """Where it stands: after the last sign that ends before it."""
    is_raised = script.base < host.base + SCRIPT_SHIFT[0] * host.size
    text = _scripted(script.text, is_raised=is_raised, before=host)
    at = sum(sign.box[2] <= script.box[0] + 0.3 * script.size for sign in host.signs)
    follows = script.signs[0].follows
    host.signs.insert(at, Sign(text, script.box, host.base, follows=follows if at == 0 else False))


def _scripted(text: str, *, is_raised: bool, before: Run) -> str:
    if is_raised and text in ORDINALS and before.text[-1:].isdigit():
        return text
    signs, mark = (RAISED, "^") if is_raised else (LOWERED, "_")
    if all(ord(sign) in signs for sign in text):
        return text.translate(signs)
    if not any(map(str.isalnum, text)):
        return text
    return f"{mark}{text}" if len(text) == 1 else f"{mark}({text})"


def _rows(runs: Iterable[Run]) -> list[Run]:
    """Runs that go on one after the other in a line made one, in whatever order they were painted."""
    rows: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: run.base):
        if rows and run.base - rows[-1][0].base < LEVEL * max(run.size, rows[-1][0].size):
            rows[-1].append(run)
        else:
            rows.append([run])
    return [joined for row in rows for joined in _joined(row)]


def _joined(row: list[Run]) -> Iterator[Run]:
    text = "".join(run.text for run in row)
    is_leftward = sum(unicodedata.bidirectional(sign) in {"R", "AL"} for sign in text) > len(text) / 2
    row.sort(key=lambda run: -run.box[2] if is_leftward else run.box[0])
    joined: Run | None = None
    for run in row:
        if joined and _gap(joined.box, run.box) < COLUMN_GAP * max(joined.size, run.size):
            joined.signs += run.signs
        else:
            if joined:
                yield joined
            joined = run
    if joined:
        yield joined


def _in_order(runs: Sequence[Run]) -> list[OcrLine]:
    """Lines in reading order; what is level in one block, as the cells of a row, is one line."""
    boxes = [_box_of_line(run) for run in runs]
    lines: list[OcrLine] = []
    for at, block in reading_order(boxes):
        run, box = runs[at], boxes[at]
        words = tuple(_words(run))
        before = lines[-1] if lines else None
        if before and before.block == block and before.box[2] <= box[0] and _is_level(before.box, box):
            words, box = before.words + words, surrounding([before.box, box])
            lines.pop()
        text = " ".join(word.text for word in words)
        lines.append(OcrLine(text, 0.0, box, block, words))
    return lines


def _box_of_line(run: Run) -> Box:
    """Of the line alone: an initial reaches down to others."""
    return surrounding(_whole(sign.box) for sign in run.signs if abs(sign.base - run.base) < run.size / 2)


def _is_level(one: Edges, other: Edges) -> bool:
    shared = min(one[3], other[3]) - max(one[1], other[1])
    return shared > SHARED * min(one[3] - one[1], other[3] - other[1])


def _whole(box: Edges) -> Box:
    left, top, right, bottom = box
    return int(left), int(top), max(int(left) + 1, round(right)), max(int(top) + 1, round(bottom))


def _words(run: Run) -> Iterator[OcrWord]:
    word: list[Sign] = []
    for sign, is_first in zip(run.signs, _first_of_words(run), strict=True):
        if word and is_first:
            yield _word(word)
            word = []
        word.append(sign)
    yield _word(word)


def _first_of_words(run: Run) -> list[bool]:
    gaps = [_gap(one.box, other.box) for one, other in zip(run.signs, run.signs[1:], strict=False)]
    usual = median(gaps) if len(gaps) + 1 >= FEWEST_SPREAD else 0.0
    if usual > SPREAD * run.size and run.signs[0].base == run.signs[-1].base:
        return [True, *(gap > SPREAD_WORD * usual for gap in gaps)]
    told = (sign.follows for sign in run.signs[1:])
    return [
        True,
        *(gap > WORD_GAP * run.size if follows is None else follows for gap, follows in zip(gaps, told, strict=True)),
    ]


def _word(signs: Sequence[Sign]) -> OcrWord:
    text = "".join(sign.text for sign in signs)
    last = "-" if text.endswith(SOFT_HYPHEN) else ""
    parts = (unicodedata.normalize("NFKC", sign) if "\ufb00" <= sign <= "\ufb4f" else sign for sign in text)
    plain = unicodedata.normalize("NFC", "".join(parts).replace(SOFT_HYPHEN, "")) + last
    return OcrWord(plain, 0.0, surrounding([_whole(sign.box) for sign in signs]))


def _turned_lines(glyphs: Iterable[Glyph], angle: int) -> Iterator[OcrLine]:
    """Lines of text at an angle, as they were painted."""
    sine, cosine = math.sin(math.radians(angle)), math.cos(math.radians(angle))
    lines: list[Run] = []
    for glyph, is_after_space in _without_spaces(glyphs):
        base, size = glyph.y * cosine - glyph.x * sine, min(glyph.box[2] - glyph.box[0], glyph.box[3] - glyph.box[1])
        sign = Sign(glyph.text, glyph.box, base, follows=is_after_space)
        if lines and abs(lines[-1].base - base) < size and _is_near(lines[-1].signs[-1].box, glyph.box):
            lines[-1].signs.append(sign)
        else:
            lines.append(Run([sign], size, base))
    for run in lines:
        words = tuple(_words(run))
        text = " ".join(word.text for word in words)
        yield OcrLine(text, 0.0, surrounding(word.box for word in words), 0, words)


def _is_near(one: Edges, other: Edges) -> bool:
    reach = COLUMN_GAP * max(one[3] - one[1], one[2] - one[0])
    return _overlap((one[0] - reach, one[1] - reach, one[2] + reach, one[3] + reach), other)
