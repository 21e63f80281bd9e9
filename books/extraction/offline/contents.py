"""The book's own table of contents: read from its pages, and laid on the scans."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from books.extraction.engine import TocEntry
from books.extraction.offline.layout import PageLayout, PageLine
from books.extraction.offline.numbering import Kind, parse_numbering

CONTENTS_TITLE = re.compile(
    r"^(?:table of )?contents(?: at a glance)?$|^brief contents$|^[íi]ndice(?: general)?$|^contenidos?$|^sum[aá]rio$"
    r"|^tabla de contenidos?$|^inhalt(?:sverzeichnis)?$|^table des mati[eè]res$|^sommaire$",
    re.IGNORECASE,
)
_LEADER = re.compile(r"^(.*?[^\W_].*?)\s*(?:[.·•…_]\s?){3,}\s*(\d{1,4})$")
_PLAIN = re.compile(r"^(.*?[^\W\d_]{2}.*?)\s+(\d{1,4})$")
_FRONT_ROMAN = re.compile(r"^(.*?[^\W\d_]{2}.*?)[\s.·…]{2,}[ivxl]{1,6}$")
_LONGEST_ENTRY = 200  # characters


def _entry(line: PageLine, *, plain: bool) -> tuple[str, int] | None:
    if len(line.text) > _LONGEST_ENTRY:
        return None
    text = re.sub(r"\s+[|Il]$", "", line.text)
    if not text[-1:].isdecimal():
        return None
    found = _LEADER.match(text) or (_PLAIN.match(text) if plain else None)
    return (found[1].strip(" .·…\t"), int(found[2])) if found else None


def _level(title: str, line: PageLine, margin: float, *, has_topic: bool) -> tuple[int, str, str]:
    """Level, printed number and bare title of an entry."""
    parsed = parse_numbering(title)
    if parsed is None or (not parsed.title and parsed.kind in (Kind.BARE, Kind.DECIMAL)):
        indented = line.left > margin + 0.02
        return (2 if indented or has_topic else 1), "", title
    level = {Kind.LESSON: 2, Kind.DECIMAL: 2, Kind.DEEP: 3}.get(parsed.kind, 1)
    if parsed.kind is Kind.BARE and line.left > margin + 0.02:
        level = 2
    return level, parsed.number, parsed.title or title


def _rises(pages: Sequence[int]) -> bool:
    steps = [later >= earlier for earlier, later in pairwise(pages)]
    return sum(steps) >= 0.9 * len(steps)


def read_contents(layout: PageLayout, before: str) -> tuple[TocEntry, ...]:
    """The entries of a contents page, () for any other page.

    A page is one if it says so and lists pages, or if most of its lines end in leaders and rising page numbers.
    """
    lines = layout.lines
    titled = any(CONTENTS_TITLE.match(line.text.strip(" .:")) for line in lines[:4])
    follows = any(_LEADER.match(row.strip()) for row in before.splitlines() if len(row) < _LONGEST_ENTRY)
    rows = [(line, _entry(line, plain=titled or follows)) for line in lines]
    pages = [entry[1] for _, entry in rows if entry]
    enough = len(pages) >= 2 if titled else len(pages) >= max(3, 0.5 * len(rows))
    if not enough or not _rises(pages):
        return ()
    margin = min(line.left for line, entry in rows if entry)
    entries: list[TocEntry] = []
    numbered = False
    for line, entry in rows:
        if (
            line.kind in ("running_head", "page_number")
            or len(line.text) > _LONGEST_ENTRY
            or CONTENTS_TITLE.match(line.text.strip(" .:"))
        ):
            continue
        if _FRONT_ROMAN.match(line.text) and not entry:
            continue
        title, page = entry or (line.text, None)
        parsed = parse_numbering(title)
        if page is None and (parsed is None or line.text.endswith(".")):
            continue
        level, number, bare = _level(title, line, margin, has_topic=numbered and parsed is None)
        numbered = numbered or (level == 1 and bool(number))
        entries.append(TocEntry(bare, level, number, page))
    return tuple(entries)
