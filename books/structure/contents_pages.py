"""A table of contents as it is printed on a page: numbers apart from their titles or before them, leaders of any shape,
titles over several lines, parts, and columns. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

from books.structure.base import TocEntry
from books.structure.chapters import longest_rise
from books.structure.contents import DEEPEST, INDENT, LEADER, depths, read_entry, without_parts
from books.structure.front_matter import CONTENTS_TITLE, is_matter_title
from books.structure.headings import OPEN_END
from books.structure.layout import PageLayout, PageLine
from books.structure.numbering import Kind, digits, parse_numbering

_WORD = r"(?:pages?|p[aá]g(?:ina)?|pp?|seite|s)"
# A page's number, whose ones and noughts may have been read as letters; behind a leader other digits too.
_PAGE = r"\d[\dlIOo]{0,3}|[lIOo]\d{1,3}"
_LED_PAGE = r"\d[\dlIOoSB]{0,3}|[lIOoSB]\d{1,3}|l[lIOo]?|I"
_NUMBER = re.compile(
    rf"^(?P<lead>{LEADER})?[\W_]*(?P<word>{_WORD}\b)?[\W_]*(?:{_WORD}(?=\d))?(?P<page>{_PAGE}|[lI])[\W_]*$",
    re.IGNORECASE,
)
_ENDS = re.compile(
    rf"^(?P<title>.*?[^\W_].*?)(?:(?P<lead>{LEADER}\s*|\s+[(\[]?{_WORD}\.?\s*)(?P<sure>{_LED_PAGE})(?:\s?[–—-]\s?{_PAGE})?"
    rf"|\s+(?P<page>(?:{_PAGE})(?![–—-]\d)|\d{{1,3}}(?=[–—-]))(?:[–—-]\d{{1,3}})?)[\W_]*$",
    re.IGNORECASE,
)
_BEGINS = re.compile(r"^(\d{1,4})\s+(?=\S*[^\W_])(\D.*|\d+\.\d.*)$")
_OPEN_LEADER = re.compile(rf"^.*?{LEADER}\s*$")
_LOST_PAGE = re.compile(r"(?<=\w)\s+[a-z]\d{1,2}$")
# What a line begins with: the sign of a list, and ones that were read as letters.
_BEGUN = ((re.compile(r"^[-•*]\s+"), ""), (re.compile(r"^\|(?=[.:)]\s)"), "I"), (re.compile(r"^l(?=[.:)]?\s)"), "1"))
_STRAY = re.compile(r"\s+[|Il]$")
_ROW = 0.008  # of the page's height
_COLUMN = 0.2  # of the page's width
_INDENTED = 0.02  # of the page's width
_LONGEST_ENTRY = 200  # characters


# Asked of each line five times, of ordinary pages too.
@lru_cache(maxsize=20_000)
def _found(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """A longer text is no entry, and would take long to look through."""
    return pattern.match(text) if len(text) <= _LONGEST_ENTRY else None


def read_contents(layout: PageLayout, before: str) -> tuple[TocEntry, ...]:
    """The entries of a contents page, () for any other page.

    A page is one if it says so and lists pages, or if most of its lines end in leaders and rising page numbers.
    """
    titled = any(CONTENTS_TITLE.match(line.text.strip(" .:")) for line in layout.lines[:4])
    follows = any(_is_led(row.strip()) for row in before.splitlines() if len(row) < _LONGEST_ENTRY)
    is_said = titled or follows
    lines = _whole(
        _pages_last([replace(line, text=_plain(line.text)) for line in _rows(layout.lines)], is_said=is_said)
    )
    listed = [line for line in lines if is_said or _is_led(line.text) or _is_part(line.text)]
    kept = [(line, *found) for line in listed if (found := _listed(line))]
    pages = [entry.page for _, entry, _ in kept if entry.page is not None]
    enough = len(pages) >= 2 if titled else len(pages) >= max(3, 0.5 * len(lines))
    if not enough or longest_rise(pages) < 0.75 * len(pages):
        return ()
    # The first line may be a section of a chapter that begins on the page before.
    _, *deep = depths(["x", *_indents([line for line, _, _ in kept])])
    read = [
        (replace(entry, level=min(DEEPEST, max(entry.level, depth))), kind)
        for (_, entry, kind), depth in zip(kept, deep, strict=True)
    ]
    return tuple(_under_chapters(without_parts(read)))


# ---- rows: a title and its number ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """What stands at one height, from left to right."""

    lines: tuple[PageLine, ...]

    def joined(self, *, pages_first: bool) -> Iterator[PageLine]:
        """Its titles, each with the number after it, or with the one before it where that is so on most rows."""
        waiting = ""
        found: list[PageLine] = []
        for line in self.lines:
            number = _found(_NUMBER, line.text)
            if number and found and not pages_first:
                led = " ..... " if number["lead"] or number["word"] else " "
                found[-1] = replace(
                    found[-1], text=found[-1].text.rstrip(" .…·•_~+=*—–-") + led + digits(number["page"])
                )
            elif number and len(self.lines) > 1:
                waiting = digits(number["page"])
            else:
                found.append(replace(line, text=f"{waiting} {line.text}".strip()))
                waiting = ""
        yield from found


def _rows(lines: Sequence[PageLine]) -> list[PageLine]:
    """The titles in reading order with the numbers that stand beside them."""
    groups: list[list[PageLine]] = []
    for line in sorted((line for line in lines if line.top), key=lambda line: line.top):
        if groups and line.top - groups[-1][0].top < _ROW:
            groups[-1].append(line)
        else:
            groups.append([line])
    rows = [_Row(tuple(sorted(group, key=lambda line: line.left))) for group in groups]
    several = [row.lines for row in rows if len(row.lines) > 1]
    first = sum(bool(_found(_NUMBER, row[0].text)) and not _found(_ENDS, row[-1].text) for row in several)
    pages_first = first > sum(bool(_found(_NUMBER, row[-1].text)) for row in several)
    joined = {line.index: line for row in rows for line in row.joined(pages_first=pages_first)}
    return [joined.get(line.index, line) for line in lines if not line.top or line.index in joined]


def _plain(text: str) -> str:
    """The line, or the row of a table, with its leader as dots and its numbers as such."""
    if text.startswith("|") and text.endswith("|"):
        text = " ".join(text.strip("| ").split("|"))
    for read, meant in _BEGUN:
        text = read.sub(meant, text)
    found = _found(_ENDS, text)
    if not found:
        return _LOST_PAGE.sub("", text)
    led = " ..... " if found["lead"] else " "
    return found["title"].rstrip(" .…·_~+=*—–-") + led + digits(found["sure"] or found["page"])


def _pages_last(lines: list[PageLine], *, is_said: bool) -> list[PageLine]:
    """Where contents name the page before its title: "12 Fractions" as "Fractions ..... 12"."""
    begun = {line.index: found for line in lines if (found := _found(_BEGINS, line.text))}
    numbers = [int(found[1]) for found in begun.values()]
    counted = numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
    ends = sum(bool(_found(_ENDS, line.text)) for line in lines)
    if not is_said or counted or len(numbers) < 3 or ends > 1 or longest_rise(numbers) < 0.75 * len(numbers):
        return lines
    lefts = Counter(round(line.left / _INDENTED) for line in lines if line.index in begun)
    turned = []
    for line in lines:
        number, title = begun[line.index].groups() if line.index in begun else ("", line.text)
        has_place = number or (line.left and lefts[round(line.left / _INDENTED)] > 1)
        turned.append(replace(line, text=f"{title} ..... {number}".strip() if has_place else title))
    return turned


# ---- titles over several lines ---------------------------------------------------------------------------------------


def _whole(lines: Sequence[PageLine]) -> list[PageLine]:
    named = [(parsed.kind, _has_place(line.text)) for line in lines if (parsed := parse_numbering(line.text))]
    every, with_page = Counter(kind for kind, _ in named), Counter(kind for kind, has_page in named if has_page)
    paged = {kind for kind, count in every.items() if with_page[kind] >= 0.5 * count}
    is_paired = _is_paired([line.text for line in lines if line.kind != "page_number"])
    whole: list[PageLine] = []
    for line in lines:
        text = _joined(whole[-1].text, line, paged) if whole else ""
        if whole and is_paired and not _has_place(whole[-1].text) and _has_place(line.text):
            text = f"{whole[-1].text} {line.text}"
        if text:
            whole[-1] = replace(whole[-1], text=text)
        else:
            whole.append(line)
    return whole


def _is_paired(lines: Sequence[str]) -> bool:
    """Whether each page stands on the second line of its entry, which may be the author."""
    begun = next((at for at, text in enumerate(lines, 1) if CONTENTS_TITLE.match(text.strip(" .:"))), 0)
    has_place = [_has_place(text) for text in lines[begun:]]
    return len(has_place) >= 6 and has_place == [False, True] * (len(has_place) // 2)


def _has_place(text: str) -> bool:
    """Whether the line has a page, or had one."""
    return bool(_found(_ENDS, text) or _found(_OPEN_LEADER, text))


def _joined(text: str, below: PageLine, paged: set[Kind]) -> str:
    """The title that goes on in the line below, "" where it does not; ``paged`` kinds have a page on most lines."""
    ended, parsed = _found(_ENDS, text), parse_numbering(text)
    if parsed and not parsed.title:  # "Chapter 3": the number is its own.
        ended = None
    elif ended:
        parsed = parse_numbering(ended["title"].rstrip(" ."))
    if below.kind == "page_number" or parse_numbering(below.text) or CONTENTS_TITLE.match(text.strip(" .:")):
        return ""
    is_small = below.text[:1].islower()
    has_page = bool(_found(_ENDS, below.text))
    is_alone = parsed is not None and not parsed.title
    if ended:
        page = ended["sure"] or ended["page"]
        runs_on = (is_small or is_alone) and not has_page
        return f"{ended['title'].rstrip(' .')} {below.text} ..... {page}" if runs_on else ""
    if _found(_OPEN_LEADER, text):
        return ""
    is_open = is_small or bool(OPEN_END.search(text))
    is_cut = parsed is not None and has_page and (parsed.kind is Kind.DECIMAL or parsed.kind in paged)
    return f"{text} {below.text}" if is_alone or is_open or is_cut else ""


# ---- entries ---------------------------------------------------------------------------------------------------------


def _is_led(text: str) -> bool:
    found = _found(_ENDS, text)
    return bool(found and found["lead"]) or bool(_found(_OPEN_LEADER, text))


def _is_part(text: str) -> bool:
    parsed = parse_numbering(text)
    return parsed is not None and parsed.kind is Kind.PART


def _listed(line: PageLine) -> tuple[TocEntry, Kind] | None:
    """The line as an entry: one with a page or with a leader to a page that was lost, or a number and title without."""
    text = _STRAY.sub("", line.text)
    if len(text) > _LONGEST_ENTRY or line.kind == "page_number" or CONTENTS_TITLE.match(text.strip(" .:0123456789")):
        return None
    found = read_entry(text, 1)
    if found is None:
        return None
    entry, kind = found
    is_named = kind is Kind.PART or (bool(entry.number) and not text.endswith("."))
    return found if entry.page is not None or is_named or _found(_OPEN_LEADER, text) else None


def _indents(lines: Sequence[PageLine]) -> list[str]:
    """How far each line is indented in its column; a line far above and to the right of the last one begins another."""
    columns: list[list[PageLine]] = []
    for line in lines:
        last = columns[-1][-1] if columns else None
        if last is None or (line.top < last.top and line.left > columns[-1][0].left + _COLUMN):
            columns.append([])
        columns[-1].append(line)
    return [
        INDENT * int((line.left - min(other.left for other in column)) / _INDENTED + 0.3) + "x"
        for column in columns
        for line in column
    ]


def _under_chapters(entries: Sequence[TocEntry]) -> list[TocEntry]:
    """Where nothing but the chapters has a number or an indent, the lines between them are their sections."""
    flat = len({entry.level for entry in entries if entry.level}) == 1 and any(entry.number for entry in entries)
    begun = list(accumulate(bool(entry.number) for entry in entries))
    return [
        replace(entry, level=2)
        if flat and count and entry.level and not entry.number and not is_matter_title(entry.title)
        else entry
        for entry, count in zip(entries, begun, strict=True)
    ]
