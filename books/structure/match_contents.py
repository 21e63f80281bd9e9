"""Lays a table of contents on the scans: by the headings' titles, and by the page numbers printed on the pages."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from rapidfuzz import fuzz

from books.language import content_stems, words
from books.structure.base import Digest, TocEntry
from books.structure.heading_candidates import Mark, page_marks
from books.structure.numbering import Kind, number_order

_SURE, _LIKELY = 85.0, 70.0
# Outweighs whatever would move an entry whose place is settled.
_SETTLED = 10.0
# Pages are bound, scanned and numbered with a slip now and then.
NEAR = 2


def taught_entries(toc: Sequence[TocEntry], is_matter: Sequence[bool]) -> list[tuple[TocEntry, bool]]:
    """The entries that begin topics (True) and subtopics (False): the two coarsest levels of chapters and below,
    without front matter."""
    taught = [entry for entry, matter in zip(toc, is_matter, strict=True) if not matter and entry.level > 0]
    levels = sorted({entry.level for entry in taught})[:2]
    return [(entry, entry.level == levels[0]) for entry in taught if entry.level in levels]


class PrintedPages:
    """From printed page numbers to scans and back, by what the scans themselves show.

    A number that agrees neither with most scans nor with the ones beside it was misread, and is taken for none. Where
    the scans leave out pages of the book, the numbers jump.
    """

    def __init__(self, digests: Sequence[Digest]) -> None:
        numbered = [(digest.page, digest.printed_number) for digest in digests if digest.printed_number is not None]
        offsets = [page - printed for page, printed in numbered]
        most, votes = Counter(offsets).most_common(1)[0] if offsets else (0, 0)
        around = [None, *offsets, None]
        near = [abs(offset - most) <= NEAR and (votes > 1 or len(offsets) == 1) for offset in offsets]
        agrees = [offset in (before, after) for before, offset, after in zip(around, offsets, around[2:], strict=False)]
        shown = [each for each, *sure in zip(numbered, near, agrees, strict=True) if any(sure)]
        self._printed = dict(shown)
        known = len(shown) >= max(2, 0.4 * len(numbered))
        self._shown = sorted({printed: page for page, printed in shown}.items()) if known else []

    @property
    def is_known(self) -> bool:
        return bool(self._shown)

    def scan_of(self, printed: int | None) -> int | None:
        """None too for a page that the scans leave out."""
        if printed is None or not self._shown:
            return None
        at = bisect_left(self._shown, (printed, 0))
        before, after = self._shown[at - 1 : at], self._shown[at : at + 1]
        low, high = before[0][1] if at else 0, after[0][1] if after else 10_000
        guesses = [page + printed - number for number, page in (*after, *(before if at else ()))]
        return next((guess for guess in guesses if low < guess <= high), None)

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


def places(left: list[tuple[TocEntry, bool]], digests: Sequence[Digest]) -> dict[int, Mark]:
    """Where the entries ``left`` begin, by their index; those that begin nowhere in these pages are left out.

    The heaviest rising sequence of candidates wins, so that one misread heading moves no other entry.
    """
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
