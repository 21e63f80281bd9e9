"""Lays a table of contents on the scans: by the headings' titles, and by the page numbers printed on the pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from books.language import content_stems, words
from books.structure.base import Digest, Outline, TocEntry
from books.structure.heading_candidates import Mark, number_order, page_marks
from books.structure.headings import Kind

_SURE, _LIKELY = 85.0, 70.0
# Outweighs whatever would move an entry whose place is settled.
_SETTLED = 10.0
# Pages are bound, scanned and numbered with a slip now and then.
NEAR = 2


@dataclass(frozen=True, slots=True)
class Placed:
    """A contents entry and the mark where it begins."""

    entry: TocEntry
    is_topic: bool
    mark: Mark


def taught_entries(toc: Sequence[TocEntry], is_matter: Sequence[bool]) -> list[tuple[TocEntry, bool]]:
    """The entries that begin topics (True) and subtopics (False): the two coarsest levels of chapters and below,
    without front matter."""
    taught = [entry for entry, matter in zip(toc, is_matter, strict=True) if not matter and entry.level > 0]
    levels = sorted({entry.level for entry in taught})[:2]
    return [(entry, entry.level == levels[0]) for entry in taught if entry.level in levels]


def _remaining(entries: list[tuple[TocEntry, bool]], so_far: Outline) -> list[tuple[TocEntry, bool]]:
    """The entries after the last one that the outline so far holds."""
    titles = {(t.number, t.title) for t in so_far.topics}
    titles |= {(s.number, s.title) for t in so_far.topics for s in t.subtopics}
    last = max((at for at, (entry, _) in enumerate(entries) if (entry.number, entry.title) in titles), default=-1)
    return entries[last + 1 :]


class PrintedPages:
    """From printed page numbers to scans and back, by what the scans themselves show.

    A number that agrees neither with most scans nor with the ones beside it was misread, and is taken for none.
    """

    def __init__(self, digests: Sequence[Digest]) -> None:
        numbered = [(digest.page, digest.printed_number) for digest in digests if digest.printed_number is not None]
        offsets = [page - printed for page, printed in numbered]
        self._offset, votes = Counter(offsets).most_common(1)[0] if offsets else (0, 0)
        self._known = votes >= max(2, 0.4 * len(numbered))
        near = [abs(offset - self._offset) <= NEAR and (votes > 1 or len(offsets) == 1) for offset in offsets]
        self._shown = {printed: page for (page, printed), is_near in zip(numbered, near, strict=True) if is_near}
        around = [None, *offsets, None]
        self._printed = {
            page: printed
            for at, (page, printed) in enumerate(numbered)
            if near[at] or offsets[at] in (around[at], around[at + 2])
        }

    def scan_of(self, printed: int | None) -> int | None:
        if printed is None or not self._known:
            return None
        return self._shown.get(printed, printed + self._offset)

    def number_on(self, scan: int) -> int | None:
        return self._printed.get(scan)


def _similarity(entry: TocEntry, mark: Mark) -> float:
    """0 to 100; a title beneath its keyword or behind its number counts like the bare title."""
    wanted, found = (" ".join(words(text)) for text in (entry.title, mark.title))
    title = float(fuzz.ratio(wanted, found)) if found else 0.0
    if len(wanted) > 12 and found.startswith(wanted[:-3]):
        title = max(title, 90.0)
    order = number_order(entry.number)
    # "Lesson 2" on the page may be 1.2 in the contents.
    same_number = bool(mark.order) and order[-len(mark.order) :] == mark.order
    if same_number and not found:
        return _SURE if mark.kind < Kind.LESSON else 0.0
    if entry.number and not same_number:
        title -= 25.0 if mark.number else 10.0
    return min(100.0, title + (15.0 if same_number and title >= 50 else 0.0))


def _is_itself(entry: TocEntry, mark: Mark, score: float) -> bool:
    """The same title behind the same number of a section: no page number says it surer."""
    return score >= _SURE and len(mark.order) > 1 and mark.order == number_order(entry.number)


def _by_words(entry: TocEntry, digest: Digest) -> float:
    """The share of the title's words that the page uses: only a guess, for a heading that was lost."""
    stems = set(content_stems(entry.title))
    return sum(stem in digest.terms for stem in stems) / len(stems) if stems else 0.0


def _candidates(
    entry: TocEntry, digests: Sequence[Digest], marks: list[Mark], pages: PrintedPages
) -> list[tuple[float, Mark]]:
    """Places where the entry may begin with a weight each."""
    if entry.scan is not None:
        return _candidates_on(entry.scan, entry, digests, marks)
    expected = pages.scan_of(entry.page)
    found = []
    for mark in marks:
        score = _similarity(entry, mark)
        if score < _LIKELY:
            continue
        near = expected is not None and abs(mark.page - expected) <= NEAR
        weight = score / 100 + 0.5 * (near or _is_itself(entry, mark, score))
        if near or score >= _SURE:
            found.append((weight, mark))
    first, last = digests[0].page, digests[-1].page
    if expected is not None and first <= expected <= last:
        found.append((0.6, Mark(expected, -1, Kind.LARGE, entry.title, entry.number)))
    return found


def _candidates_on(
    scan: int, entry: TocEntry, digests: Sequence[Digest], marks: list[Mark]
) -> list[tuple[float, Mark]]:
    """At its heading on the scan that is settled, else at the top of it."""
    if not digests[0].page <= scan <= digests[-1].page:
        return []
    scores = [(_similarity(entry, mark), mark) for mark in marks if mark.page == scan]
    found = [(_SETTLED + score / 100, mark) for score, mark in scores if score >= _LIKELY]
    return found or [(_SETTLED, Mark(scan, -1, Kind.LARGE, entry.title, entry.number))]


def _page_by_words(entry: TocEntry, digests: Sequence[Digest], after: int, before: int) -> Mark | None:
    between = [digest for digest in digests if after < digest.page < before and not digest.toc]
    best = max(between, key=lambda digest: (_by_words(entry, digest), -digest.page), default=None)
    if best is None or _by_words(entry, best) < 0.6:
        return None
    return Mark(best.page, -1, Kind.LARGE, entry.title, entry.number)


def place(entries: list[tuple[TocEntry, bool]], digests: Sequence[Digest], so_far: Outline) -> list[Placed]:
    """The entries that begin in these pages, each on its page, in the order of the book.

    The heaviest rising sequence of candidates wins, so that one misread heading moves no other entry.
    """
    left = _remaining(entries, so_far)
    placed = places(left, digests)
    return [Placed(left[at][0], left[at][1], placed[at]) for at in sorted(placed)]


def places(left: list[tuple[TocEntry, bool]], digests: Sequence[Digest]) -> dict[int, Mark]:
    """Where the entries ``left`` begin, by their index; those that begin nowhere in these pages are left out."""
    marks = [mark for digest in digests if not digest.toc for mark in page_marks(digest)]
    pages = PrintedPages(digests)
    steps: list[tuple[int, float, Mark]] = []
    for at, (entry, _) in enumerate(left):
        found = _candidates(entry, digests, marks, pages)
        steps += [(at, weight, mark) for weight, mark in sorted(found, key=lambda x: (x[1].page, x[1].line))]
    chosen = _heaviest(steps)
    placed = {at: mark for at, _, mark in chosen}
    _fill_by_words(left, placed, digests, pages)
    return placed


def _fill_by_words(
    left: list[tuple[TocEntry, bool]], placed: dict[int, Mark], digests: Sequence[Digest], pages: PrintedPages
) -> None:
    """Guess the place of entries that lie between two placed ones and left no heading."""
    for at, (entry, is_topic) in enumerate(left):
        later = [mark.page for index, mark in placed.items() if index > at]
        if at in placed or is_topic or not later or entry.scan or pages.scan_of(entry.page) is not None:
            continue
        earlier = [mark.page for index, mark in placed.items() if index < at]
        mark = _page_by_words(entry, digests, max(earlier, default=digests[0].page - 1), min(later))
        if mark:
            placed[at] = mark


def _may_follow(earlier: Mark, later: Mark) -> bool:
    """A mark known by its page alone (line -1) may stand anywhere on that page."""
    if earlier.page != later.page:
        return earlier.page < later.page
    return later.line < 0 or earlier.line <= later.line


def _heaviest(steps: list[tuple[int, float, Mark]]) -> list[tuple[int, float, Mark]]:
    best: list[tuple[float, int]] = []
    for at, (entry, weight, mark) in enumerate(steps):
        before = [(best[i][0] + weight, i) for i in range(at) if steps[i][0] < entry and _may_follow(steps[i][2], mark)]
        best.append(max([(weight, -1), *before], key=lambda option: (option[0], -option[1])))
    chosen = []
    at = max(range(len(best)), key=lambda i: best[i][0], default=-1)
    while at >= 0:
        chosen.append(steps[at])
        at = best[at][1]
    return chosen[::-1]
