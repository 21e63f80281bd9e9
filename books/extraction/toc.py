"""Reads a table of contents that a person pasted or typed. Pure: no Django, no vendor."""

from __future__ import annotations

import re
from collections.abc import Iterator

from books.errors import UploadRejected
from books.extraction.engine import TocEntry

LINE = re.compile(
    r"""^(?P<indent>\s*)
    (?:(?:chapter|unit|module|part)\s+)?
    (?P<number>\d+(?:\.\d+)*|[IVXLC]+(?=[.:)]\s))?[.:)]?\s*
    (?P<title>\S.*?)
    (?:[\s.…·_-]*[\s.…·_](?P<page>\d{1,4}))?\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
MOST_ENTRIES = 2000


def parse_toc(text: str) -> tuple[TocEntry, ...]:
    """One entry a line, such as ``1.2 Add Whole Numbers ..... 21``; the page is the printed one and may be missing.

    The level comes from the number's parts (1 a chapter, 1.2 a section), and from the indent of lines without number.
    Raises UploadRejected for a text without entries or with more than 2,000.
    """
    entries = tuple(_entries(text))
    if not entries:
        raise UploadRejected('The table of contents is empty; write lines such as "1.2 Fractions ..... 14".')
    if len(entries) > MOST_ENTRIES:
        raise UploadRejected(f"The table of contents has {len(entries)} lines, more than {MOST_ENTRIES}.")
    return entries


def _entries(text: str) -> Iterator[TocEntry]:
    for line in text.expandtabs(4).splitlines():
        found = LINE.match(line)
        if found is None:
            continue
        number = found["number"] or ""
        level = number.count(".") + 1 if number else 1 + (len(found["indent"]) >= 2)
        page = int(found["page"]) if found["page"] else None
        yield TocEntry(found["title"].rstrip(" ."), level, number, page)
