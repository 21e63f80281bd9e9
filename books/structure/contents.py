"""Tables of contents as lines of text that a person pastes and corrects, or that were read from a page. Pure."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from books.errors import UploadRejected
from books.sentences import gettext_noop, told
from books.structure.base import TocEntry
from books.structure.front_matter import is_matter_title
from books.structure.numbering import Kind, Parsed, number_order, parse_numbering

# Whatever leads from a title to its page: dots, some of them read as letters, dashes, rules.
LEADER = r"(?:\s?[.·•…_~+=*—–-]){3,}(?:[ces.]{3,})?"
LINE = re.compile(
    r"""^(?P<title>.*?)
    (?:[\s.…·•_~+=*—–-]*[\s.…·•_](?P<page>\d{1,4}))?
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
    read = [read_entry(row, depth) for row, depth in zip(rows, depths(rows), strict=True)]
    entries = without_parts([found for found in read if found])
    taken = iter(entries)
    lines = [TocLine(row.strip(), next(taken) if found else None) for row, found in zip(rows, read, strict=True)]
    return _with_problems(lines)


def depths(rows: Sequence[str]) -> Iterator[int]:
    """How deep each row is indented, from 1, whatever the steps."""
    open_indents: list[int] = []
    for row in rows:
        indent = len(row) - len(row.lstrip())
        while open_indents and open_indents[-1] >= indent:
            open_indents.pop()
        open_indents.append(indent)
        yield len(open_indents)


def read_entry(row: str, depth: int) -> tuple[TocEntry, Kind] | None:
    found = LINE.match(row.strip())
    if found is None or not any(character.isalnum() for character in found["title"]):
        return None
    title, page = found["title"].strip(" .…·•_~\t"), found["page"]
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


def without_parts(read: Sequence[tuple[TocEntry, Kind]]) -> list[TocEntry]:
    """Parts stand above the chapters, whose level is then 1 again; an index at the end stands beside the parts."""
    below = [entry for entry, kind in read if kind is not Kind.PART]
    if not below or len(below) == len(read):
        return [entry for entry, _ in read]
    less = min([entry.level for entry in below if not is_matter_title(entry.title)], default=1) - 1
    return [replace(entry, level=0 if kind is Kind.PART else max(1, entry.level - less)) for entry, kind in read]


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
