"""Tables of contents: read from a book's pages, and as lines of text that a person pastes and corrects. Pure."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from books.errors import UploadRejected
from books.language import gettext_noop, told
from books.structure.base import TocEntry
from books.structure.front_matter import CONTENTS_TITLE, is_matter_title
from books.structure.headings import OPEN_END
from books.structure.layout import PageLayout, PageLine
from books.structure.numbering import Kind, Parsed, number_order, parse_numbering

LINE = re.compile(
    r"""^(?P<title>.*?)
    (?:[\s.…·_-]*[\s.…·_](?P<page>\d{1,4}))?
    (?:\s*[(\[]\s*scan\s+(?P<scan>\d{1,4})\s*[)\]])?\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
KEYWORD = re.compile(r"^(?:chapter|unit|module|part|lesson|section)$", re.IGNORECASE)
HEADING = re.compile(r"^(?:table of )?contents$", re.IGNORECASE)
EXAMPLE = "1.2 Fractions ..... 14"
INDENT = "  "
DEEPEST = 3
MOST_ENTRIES = 1000


@dataclass(frozen=True, slots=True)
class TocLine:
    """A line as it was understood; ``entry`` is None where it could not be. ``problem`` is for the person."""

    text: str
    entry: TocEntry | None
    problem: str = ""


def parse_toc(text: str) -> tuple[TocEntry, ...]:
    """One entry a line, such as ``1.2 Add Whole Numbers ..... 21``; the page is the printed one and may be missing.

    ``(scan 23)`` at the end of a line says where it begins, whatever is printed there. The level comes from the number
    and from the indent, whichever is deeper; parts that group chapters get level 0.
    Raises UploadRejected for a text without entries or with more than 1,000.
    """
    entries = tuple(line.entry for line in toc_lines(text) if line.entry)
    if not entries:
        raise UploadRejected(
            told(gettext_noop('The table of contents is empty; write lines such as "{example}".'), example=EXAMPLE)
        )
    return entries


def toc_lines(text: str) -> list[TocLine]:
    """Every line of ``text`` that is not empty, with what is odd about it. Raises UploadRejected for too many."""
    rows = [row for row in textwrap.dedent(text.expandtabs(4)).splitlines() if row.strip()]
    rows = [row for row in rows if not HEADING.match(row.strip(" .:"))]
    if len(rows) > MOST_ENTRIES:
        raise UploadRejected(
            told(
                gettext_noop("The table of contents has {count} lines, more than {most}."),
                count=len(rows),
                most=MOST_ENTRIES,
            )
        )
    read = [_read(row, depth) for row, depth in zip(rows, _depths(rows), strict=True)]
    entries = _without_parts([found for found in read if found])
    taken = iter(entries)
    lines = [TocLine(row.strip(), next(taken) if found else None) for row, found in zip(rows, read, strict=True)]
    return _with_problems(lines)


def _depths(rows: Sequence[str]) -> Iterator[int]:
    """How deep each row is indented, from 1, whatever the steps."""
    open_indents: list[int] = []
    for row in rows:
        indent = len(row) - len(row.lstrip())
        while open_indents and open_indents[-1] >= indent:
            open_indents.pop()
        open_indents.append(indent)
        yield len(open_indents)


def _read(row: str, depth: int) -> tuple[TocEntry, Kind] | None:
    found = LINE.match(row.strip())
    if found is None or not any(character.isalnum() for character in found["title"]):
        return None
    title, page = found["title"].strip(" .…·_\t"), found["page"]
    if KEYWORD.match(title) and page:  # "Chapter 3": the number is its own, and not that of a page.
        title, page = f"{title} {page}", None
    parsed = parse_numbering(title) or Parsed(Kind.LARGE, "", title)
    if not re.search(r"[^\W\d_]", parsed.title or title):
        return None
    level = {Kind.LESSON: 2, Kind.DECIMAL: 2, Kind.DEEP: 3}.get(parsed.kind, 1)
    entry = TocEntry(
        title=(parsed.title or title)[:300],
        level=min(DEEPEST, max(level, depth)),
        number=parsed.number,
        page=int(page) if page else None,
        scan=int(found["scan"]) if found["scan"] else None,
        is_fixed=bool(found["scan"]),
    )
    return (replace(entry, title=title, number=""), parsed.kind) if parsed.kind is Kind.PART else (entry, parsed.kind)


def _without_parts(read: Sequence[tuple[TocEntry, Kind]]) -> list[TocEntry]:
    """Parts stand above the chapters, whose level is then 1 again."""
    chapters = [entry.level for entry, kind in read if kind is not Kind.PART]
    if not chapters or len(chapters) == len(read):
        return [entry for entry, _ in read]
    less = min(chapters) - 1
    return [replace(entry, level=0 if kind is Kind.PART else entry.level - less) for entry, kind in read]


def _with_problems(lines: Sequence[TocLine]) -> list[TocLine]:
    """Warns of what is likely a slip; nothing of it keeps the contents from being used."""
    result: list[TocLine] = []
    before: TocEntry | None = None
    numbers: set[str] = set()
    for line in lines:
        entry = line.entry
        if entry is None:
            result.append(
                replace(line, problem=told(gettext_noop('Not understood; write it as "{example}".'), example=EXAMPLE))
            )
            continue
        result.append(replace(line, problem=_problem(entry, before, numbers)))
        numbers |= {entry.number} if "." in entry.number else set()
        before = entry
    return result


def _problem(entry: TocEntry, before: TocEntry | None, numbers: set[str]) -> str:
    deepest = before.level + 1 if before else 1
    if entry.level > deepest:
        if not before:
            return gettext_noop("It stands under no chapter.")
        skips = gettext_noop("Level {level} comes right after level {before}.")
        return told(skips, level=entry.level, before=deepest - 1)
    if entry.number in numbers:
        return told(gettext_noop("The number {number} is there twice."), number=entry.number)
    return ""


def toc_text(entries: Sequence[TocEntry]) -> str:
    """The lines that ``parse_toc`` reads as ``entries``. A scan is said where a person settled it."""
    return "".join(f"{_line(entry)}\n" for entry in entries)


def _line(entry: TocEntry) -> str:
    number = "" if _says_its_number(entry) else entry.number
    if number and not number[0].isdecimal():
        number = f"{number}." if number_order(number) and number.isupper() else f"Chapter {number}"
    page = f" ..... {entry.page}" if entry.page is not None else ""
    scan = f" (scan {entry.scan})" if entry.is_fixed and entry.scan else ""
    return INDENT * (max(entry.level, 1) - 1) + " ".join(filter(None, (number, entry.title))) + page + scan


def _says_its_number(entry: TocEntry) -> bool:
    """Such as a title that is only "Chapter 3"."""
    parsed = parse_numbering(entry.title)
    return parsed is not None and parsed.number == entry.number


_LEADER = re.compile(r"(?:[.·•…_]\s?){3,}\d{1,4}$")
_STRAY = re.compile(r"\s+[|Il]$")
_FOLIO = re.compile(r"^\d{1,4}$")
_LONGEST_ENTRY = 200  # characters
_INDENTED = 0.02  # of the page's width


def read_contents(layout: PageLayout, before: str) -> tuple[TocEntry, ...]:
    """The entries of a contents page, () for any other page.

    A page is one if it says so and lists pages, or if most of its lines end in leaders and rising page numbers.
    """
    lines = _joined_by_row(layout.lines)
    titled = any(CONTENTS_TITLE.match(line.text.strip(" .:")) for line in lines[:4])
    follows = any(_LEADER.search(row.strip()) for row in before.splitlines() if len(row) < _LONGEST_ENTRY)
    listed = [line for line in lines if titled or follows or _LEADER.search(line.text)]
    rows = {line.index: (line, found) for line in listed if (found := _listed(line))}
    pages = [entry.page for _, (entry, _) in rows.values() if entry.page is not None]
    enough = len(pages) >= 2 if titled else len(pages) >= max(3, 0.5 * len(lines))
    if not enough or not _rises(pages):
        return ()
    kept = [rows[line.index] for line in lines if line.index in rows]
    margin = min(line.left for line, (entry, _) in kept if entry.page is not None)
    indents = [INDENT * int((line.left - margin) / _INDENTED + 0.3) + "x" for line, _ in kept]
    read = [
        (replace(entry, level=min(DEEPEST, max(entry.level, depth))), kind)
        for (_, (entry, kind)), depth in zip(kept, _depths(indents), strict=True)
    ]
    return tuple(_under_chapters(_without_parts(read)))


def _joined_by_row(lines: Sequence[PageLine]) -> list[PageLine]:
    """A number that stands to the right of a title, at its height, is on the title's line."""
    numbers = [line for line in lines if line.top and _FOLIO.match(line.text)]
    joined = []
    for line in lines:
        if line in numbers and any(_is_beside(line, other) for other in lines):
            continue
        right = [number for number in numbers if _is_beside(number, line)] if line.top else []
        joined.append(replace(line, text=f"{line.text} {right[0].text}") if right else line)
    following = [*joined[1:], None]
    return [
        replace(line, text=f"{line.text} {below.text}") if below and _runs_on(line.text, below.text) else line
        for line, below in zip(joined, following, strict=True)
    ]


def _is_beside(number: PageLine, line: PageLine) -> bool:
    return (
        line is not number
        and line.left < number.left
        and abs(line.top - number.top) < _ROW
        and bool(re.search(r"[^\W\d]{2}\D*$", line.text))
    )


_ROW = 0.008  # of the page's height


def _runs_on(text: str, below: str) -> bool:
    """Whether a title goes on in the line below, which has the page."""
    parsed = parse_numbering(text)
    goes_on = parsed is not None and (parsed.kind is Kind.DECIMAL or bool(OPEN_END.search(text)))
    return goes_on and not text[-1:].isdecimal() and below[-1:].isdecimal() and parse_numbering(below) is None


def _listed(line: PageLine) -> tuple[TocEntry, Kind] | None:
    """The line as an entry: one with a page, or a chapter's number and title without."""
    text = _STRAY.sub("", line.text)
    if len(text) > _LONGEST_ENTRY or line.kind == "page_number" or CONTENTS_TITLE.match(text.strip(" .:0123456789")):
        return None
    found = _read(text, 1)
    if found is None or (found[0].page is None and (found[0].number == "" or text.endswith("."))):
        return None
    return found


def _under_chapters(entries: Sequence[TocEntry]) -> list[TocEntry]:
    """Where nothing but the chapters has a number or an indent, the lines between them are their sections."""
    flat = len({entry.level for entry in entries}) == 1 and any(entry.number for entry in entries)
    begun = list(accumulate(bool(entry.number) for entry in entries))
    return [
        replace(entry, level=2) if flat and count and not entry.number and not is_matter_title(entry.title) else entry
        for entry, count in zip(entries, begun, strict=True)
    ]


def _rises(pages: Sequence[int]) -> bool:
    steps = [later >= earlier for earlier, later in pairwise(pages)]
    return sum(steps) >= 0.9 * len(steps)
