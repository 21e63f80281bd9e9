"""A table of contents matched to pages: where each line begins, and the chapters as runs of pages. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from books.sentences import gettext_noop, told
from books.structure.base import Digest, TocEntry
from books.structure.front_matter import is_matter_title
from books.structure.heading_candidates import Mark
from books.structure.match_contents import NEAR, PrintedPages, places, taught_entries

NOT_READ = gettext_noop("No page has been read yet.")


@dataclass(frozen=True, slots=True)
class MatchedLine:
    """An entry with its scan where one was found, what it becomes, and why it has no scan or may be wrong."""

    entry: TocEntry
    role: str
    mark: Mark | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Chapter:
    """``entries``: the chapter's own line and its sections'. A page on which the next one begins too is in both."""

    entries: tuple[TocEntry, ...]
    pages: tuple[int, ...]


def match_lines(entries: Sequence[TocEntry], digests: Sequence[Digest]) -> list[MatchedLine]:
    """Each entry of the contents on the scan where it begins, found by its heading or by the printed page numbers."""
    roles = _roles(entries)
    used = [at for at, role in enumerate(roles) if role in ("topic", "subtopic", "matter")]
    odd = out_of_step([entry.page for entry in entries])
    asked = [replace(entry, page=None) if at in odd else entry for at, entry in enumerate(entries)]
    placed = places([(asked[at], roles[at] != "subtopic") for at in used], digests) if digests else {}
    marks = {used[index]: mark for index, mark in placed.items()}
    _begin_with_first_section(roles, marks)
    printed = PrintedPages(digests)
    return [
        MatchedLine(
            replace(entry, scan=marks[at].page) if at in marks else entry,
            roles[at],
            marks.get(at),
            _contradiction(entry, marks.get(at), printed, is_odd=at in odd)
            or ("" if at in marks or at not in used else _why_not(entry, digests, printed)),
        )
        for at, entry in enumerate(entries)
    ]


def out_of_step(pages: Sequence[int | None]) -> set[int]:
    """Which lines name a page that may be wrong: without some of them the pages rise.

    A line is trusted where every choice of the most lines that rise has it; of two that contradict each other alone,
    either may be wrong.
    """
    given = [(at, page) for at, page in enumerate(pages) if page is not None]
    rising = _ranks([page for _, page in given])
    falling = _ranks([-page for _, page in reversed(given)])[::-1]
    most = max(rising, default=0)
    kept = [rank for rank, back in zip(rising, falling, strict=True) if rank + back - 1 == most]
    return {
        at
        for (at, _), rank, back in zip(given, rising, falling, strict=True)
        if rank + back - 1 != most or kept.count(rank) > 1
    }


def longest_rise(pages: Sequence[int]) -> int:
    """How many of the pages rise at most, the others left out."""
    return max(_ranks(pages), default=0)


def _ranks(values: Sequence[int]) -> list[int]:
    """The length of the longest choice of values that does not fall and ends with each."""
    ends: list[int] = []
    ranks = []
    for value in values:
        rank = bisect_right(ends, value)
        ends[rank : rank + 1] = [value]
        ranks.append(rank + 1)
    return ranks


def _contradiction(entry: TocEntry, mark: Mark | None, printed: PrintedPages, *, is_odd: bool) -> str:
    """Why the printed page of a line cannot be right; what a person settled by its scan needs none."""
    if entry.is_fixed or entry.page is None:
        return ""
    expected = printed.scan_of(entry.page) if mark else None
    if mark and expected is not None and abs(mark.page - expected) > NEAR:
        return told(
            gettext_noop("It begins on scan {scan}, but printed page {page} is scan {expected}."),
            scan=mark.page,
            page=entry.page,
            expected=expected,
        )
    if is_odd and expected is None:
        return told(gettext_noop("Page {page} contradicts the lines around it."), page=entry.page)
    return ""


def _roles(entries: Sequence[TocEntry]) -> list[str]:
    """topic, subtopic, matter (front or back matter), part (groups topics) or finer (than subtopics)."""
    is_matter = [is_matter_title(entry.title) for entry in entries]
    taught = {id(entry): is_topic for entry, is_topic in taught_entries(entries, is_matter)}
    return [
        "matter"
        if matter
        else "part"
        if entry.level < 1
        else "finer"
        if id(entry) not in taught
        else "topic"
        if taught[id(entry)]
        else "subtopic"
        for entry, matter in zip(entries, is_matter, strict=True)
    ]


def _begin_with_first_section(roles: Sequence[str], marks: dict[int, Mark]) -> None:
    """A chapter whose opening was not found begins at the latest with its first section."""
    for at in range(len(roles) - 2, -1, -1):
        following = marks.get(at + 1)
        if roles[at] == "topic" and at not in marks and roles[at + 1] == "subtopic" and following:
            marks[at] = replace(following, title="", number="", line=following.line)


def _why_not(entry: TocEntry, digests: Sequence[Digest], printed: PrintedPages) -> str:
    if not digests:
        return NOT_READ
    last = digests[-1].page
    if entry.scan is not None:
        missing = gettext_noop("There is no scan {scan}; the book has {last}.")
        return told(missing, scan=entry.scan, last=last) if entry.scan > last else _OUT_OF_ORDER
    if entry.page is None:
        return gettext_noop("The line names no page, and no heading like it was found.")
    scan = printed.scan_of(entry.page)
    if scan is None:
        left_out = gettext_noop("No heading like it was found, and the scans leave out printed page {page}.")
        too_few = gettext_noop("No heading like it was found, and the scans show too few page numbers to go by.")
        return told(left_out, page=entry.page) if printed.is_known else too_few
    if not digests[0].page <= scan <= last:
        beyond = gettext_noop("Printed page {page} would be scan {scan}; the scans end at {last}.")
        return told(beyond, page=entry.page, scan=scan, last=last)
    return _OUT_OF_ORDER


_OUT_OF_ORDER = gettext_noop("It would begin before the line above it or after the line below.")


def chapters(matched: Sequence[MatchedLine], pages: Sequence[int]) -> list[Chapter]:
    """The topics of the contents as runs of ``pages``, in the order of the book; those without a scan have none."""
    bounds = [at for at, each in enumerate(matched) if each.role in ("topic", "matter") and each.mark]
    result = []
    for at, following in zip(bounds, [*bounds, None][1:], strict=True):
        mark = matched[at].mark
        if matched[at].role != "topic" or mark is None:
            continue
        after = matched[following].mark if following is not None else None
        last = pages[-1] if after is None else max(mark.page, after.page - (not after.shares_page))
        sections = [each.entry for each in matched[at + 1 : following] if each.role == "subtopic"]
        result.append(
            Chapter((matched[at].entry, *sections), tuple(page for page in pages if mark.page <= page <= last))
        )
    return [chapter for chapter in result if chapter.pages]


def open_at(entries: Sequence[TocEntry], first: int) -> tuple[TocEntry, ...]:
    """The entries that begin from page ``first`` on, and those that are still open there, as if they began there."""
    open_lines: dict[int, TocEntry] = {}
    rest: list[TocEntry] = []
    for entry in entries:
        if rest or entry.scan is None or entry.scan >= first:
            rest.append(entry)
            continue
        open_lines = {level: line for level, line in open_lines.items() if level < entry.level}
        open_lines[entry.level] = replace(entry, scan=first)
    begins = {entry.level for entry in rest if entry.scan == first}
    kept = [line for level, line in sorted(open_lines.items()) if not any(level >= other for other in begins)]
    return (*kept, *rest)
