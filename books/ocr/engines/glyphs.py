"""From the characters that a PDF paints, in whatever order, to the lines that a reader sees, in the order of reading.

Imports neither Django nor a vendor's SDK.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import Final

from books.intake.pdf import Glyph
from books.ocr.engines.base import OcrLine, OcrWord
from books.ocr.engines.columns import Box, reading_order
from books.ocr.engines.lines import in_reading_order, surrounding
from books.ocr.engines.runs import LEVEL, Edges, Run, Sign, gap, overlap, with_initials, with_scripts

# All in heights of the font. The cells of one row share this much of their heights ...
SHARED: Final = 0.55
# ... and what is wider than this is a gap between columns or cells, than that one between words.
COLUMN_GAP, WORD_GAP = 1.1, 0.17
# The letters of a word that is spread out stand this far apart, and its words so many times as far.
SPREAD, SPREAD_WORD, FEWEST_SPREAD = 0.12, 1.6, 4
# A watermark has letters of so many times the height of the lines that it lies on.
WATERMARK: Final = 1.8
SOFT_HYPHEN: Final = "\xad"
# Ligatures, and the letters of formulas, in italics or bold.
DRAWN_AS: Final = re.compile("[\ufb00-\ufb4f\u210e\U0001d400-\U0001d7ff]")
# What some writers paint over a letter, and the mark that it is there.
MARKS = "\u0300\u0301\u0302\u0302\u0303\u0303\u0308\u030c\u0306\u030a\u0327\u0304\u0307\u030b"
ACCENTS: Final = dict(zip("`´^ˆ~˜¨ˇ˘˚¸¯˙˝", MARKS, strict=True))
ACCENT_OFF, MOST_ACCENTS = 0.2, 500
# Scripts of India and its neighbours: several signs of a font make a syllable, of which one may say all its letters.
SYLLABIC: Final = re.compile("[\u0900-\u0dff\u1000-\u109f\u1780-\u17ff]")
UNKNOWN: Final = "\ufffd"
LEFTWARD: Final = {"R", "AL"}
NUMBERED: Final = re.compile(r"\(?(\d{1,3}|[a-z])[.)]")


def printed_lines(glyphs: Sequence[Glyph]) -> tuple[list[OcrLine], list[Edges]]:
    """The lines, and the places of what is no line of the page: a watermark that lies on others."""
    angles: dict[int, list[Glyph]] = {}
    for glyph in _with_accents(glyphs):
        angles.setdefault(round(glyph.angle / 5) * 5 % 360, []).append(glyph)
    upright = _runs(angles.pop(0, []))
    lines = _in_order(_rows(with_scripts(with_initials([run for run in upright if not _lies_on(run, upright)]))))
    watermarks = [sign.box for run in upright if _lies_on(run, upright) for sign in run.signs]
    turned = []
    for angle, group in angles.items():
        askew = list(_turned_lines(group, angle))
        words = [word.box for line in askew for word in line.words]
        if angle % 90 and any(overlap(box, other.box) for other in lines for box in words):
            watermarks += words
        else:
            turned += askew
    return in_reading_order(lines, turned), watermarks


def share_turned(glyphs: Sequence[Glyph]) -> float:
    """The share of the characters that do not stand upright."""
    return sum(bool(round(glyph.angle / 5) % 72) for glyph in glyphs) / max(1, len(glyphs))


def _with_accents(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """Accents that were painted over a letter, as TeX does, made one with it."""
    accents = [at for at, glyph in enumerate(glyphs) if glyph.text in ACCENTS][:MOST_ACCENTS]
    found = dict(enumerate(glyphs))
    for at in accents:
        accent = glyphs[at]
        for near, letter in enumerate(glyphs):
            size = letter.box[3] - letter.box[1]
            is_level = abs(letter.y - accent.y) < size / 2 and letter.text.isalpha()
            if is_level and abs(sum(letter.ink[::2]) - sum(accent.ink[::2])) / 2 < ACCENT_OFF * size:
                whole = unicodedata.normalize("NFC", letter.text.replace("ı", "i") + ACCENTS[accent.text])
                if len(whole) == 1:
                    found[near] = replace(letter, text=whole)
                    del found[at]
                    break
    return list(found.values())


def _without_spaces(glyphs: Iterable[Glyph]) -> Iterator[tuple[Glyph, bool]]:
    """Each with whether a space was painted before it."""
    is_after_space = False
    for glyph in glyphs:
        is_mark = glyph.box[1] >= glyph.box[3] or (
            unicodedata.category(glyph.text) == "Cf" and glyph.text != SOFT_HYPHEN
        )
        if not glyph.text.isspace() and not is_mark:
            yield glyph, is_after_space
        is_after_space = glyph.text.isspace()


def _runs(glyphs: Iterable[Glyph]) -> list[Run]:
    """What is painted in one go and stands in one line."""
    runs: list[Run] = []
    for glyph, is_after_space in _without_spaces(glyphs):
        size = glyph.box[3] - glyph.box[1]
        sign = Sign(glyph.text, glyph.box, glyph.y, follows=is_after_space or None)
        before = runs[-1].signs[-1] if runs else sign
        if runs and unicodedata.combining(glyph.text):
            runs[-1].signs[-1] = replace(before, text=before.text + glyph.text)
        elif glyph.text == UNKNOWN and SYLLABIC.match(before.text):
            runs[-1].signs[-1] = replace(before, box=Run([before, sign], size, glyph.y).box)
        elif runs and _goes_on(runs[-1], sign, size):
            runs[-1].signs.append(sign)
        else:
            runs.append(Run([sign], size, glyph.y))
    return runs


def _goes_on(run: Run, sign: Sign, size: float) -> bool:
    is_alike = 0.85 < size / run.size < 1.18
    is_level = abs(sign.base - run.base) < LEVEL * run.size
    if sign.box[2] <= run.signs[-1].box[0] and not _is_leftward(sign.text + run.text):
        return False
    # The words of a heading whose letters are spread stand as much further apart.
    spread = gap(run.signs[-2].box, run.signs[-1].box) if len(run.signs) > 2 and not run.signs[-1].follows else 0.0
    widest = COLUMN_GAP * size + SPREAD_WORD * max(0.0, spread)
    return is_alike and is_level and -0.5 * size < gap(run.signs[-1].box, sign.box) < widest


def _lies_on(run: Run, runs: Sequence[Run]) -> bool:
    """Whether the run is large and lies across smaller ones."""
    left, top, right, bottom = run.box
    inner = left, top + 0.25 * run.size, right, bottom - 0.25 * run.size
    return sum(other.size * WATERMARK < run.size and overlap(inner, other.box) for other in runs) > 1


def _rows(runs: Iterable[Run]) -> list[Run]:
    """Runs that go on one after the other in a line made one, in whatever order they were painted."""
    rows: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: run.base):
        if rows and run.base - rows[-1][0].base < LEVEL * max(run.size, rows[-1][0].size):
            rows[-1].append(run)
        else:
            rows.append([run])
    return [joined for row in rows for joined in _joined(row)]


def _is_leftward(text: str) -> bool:
    return any(unicodedata.bidirectional(sign) in LEFTWARD for sign in text)


def _joined(row: list[Run]) -> Iterator[Run]:
    text = "".join(run.text for run in row)
    is_leftward = sum(unicodedata.bidirectional(sign) in LEFTWARD for sign in text) > len(text) / 2
    row.sort(key=lambda run: -run.box[2] if is_leftward else run.box[0])
    joined: Run | None = None
    for run in row:
        if joined and gap(joined.box, run.box) < COLUMN_GAP * max(joined.size, run.size):
            is_between = run.box[0] < joined.box[2] - 0.5 * run.size and not _is_leftward(text)
            joined.signs += run.signs
            if is_between:  # letters that were painted one by one
                joined.signs.sort(key=lambda sign: sign.box[0])
        else:
            if joined:
                yield joined
            joined = run
    if joined:
        yield joined


def _in_order(runs: Sequence[Run]) -> list[OcrLine]:
    """Lines in reading order; what is level in one block, as the cells of a row, is one line."""
    boxes = [_box_of_line(run) for run in runs]
    items = {at for at, run in enumerate(runs) if NUMBERED.fullmatch(next(_words(run)).text)}
    lines: list[OcrLine] = []
    for at, block in reading_order(boxes, items):
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
    pairs = list(zip(run.signs, run.signs[1:], strict=False))
    gaps = [gap(one.box, other.box) for one, other in pairs]
    # Leaders stand apart, and so do words between which a space is painted.
    inside = [
        gap for gap, (one, other) in zip(gaps, pairs, strict=True) if not other.follows and _is_of_a_word(one, other)
    ]
    inside = inside or gaps
    usual = median(inside) if len(inside) + 1 >= FEWEST_SPREAD else 0.0
    if usual > SPREAD * run.size and run.signs[0].base == run.signs[-1].base:
        return [True, *(gap > SPREAD_WORD * usual for gap in gaps)]
    told = (sign.follows for sign in run.signs[1:])
    return [
        True,
        *(gap > WORD_GAP * run.size if follows is None else follows for gap, follows in zip(gaps, told, strict=True)),
    ]


def _is_of_a_word(*signs: Sign) -> bool:
    return any(sign.text.isalnum() for sign in signs)


def _word(signs: Sequence[Sign]) -> OcrWord:
    text = "".join(sign.text for sign in signs)
    last = "-" if text.endswith(SOFT_HYPHEN) else ""
    parts = (unicodedata.normalize("NFKC", sign) if DRAWN_AS.match(sign) else sign for sign in text)
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
    return overlap((one[0] - reach, one[1] - reach, one[2] + reach, one[3] + reach), other)
