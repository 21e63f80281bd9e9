"""Cuts a window of digests into topics and subtopics: the book's contents first, then headings, then vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from books.extraction.engine import BookFacts, Digest, Outline, TocEntry
from books.extraction.offline.assembly import Start, assemble
from books.extraction.offline.cohesion import boundaries, subject
from books.extraction.offline.headings import Kind
from books.extraction.offline.hierarchy import Hierarchy, hierarchy
from books.extraction.offline.marks import Mark, unique_marks
from books.extraction.offline.matter import begins_back_matter, content_words, is_front_matter, is_matter_title
from books.extraction.offline.placing import place, taught_entries

Basis = Literal["toc", "headings", "cohesion", "model", ""]

# A longer stretch than this without a single heading is cut by its vocabulary.
_LONGEST_BARE_STRETCH = 12


def outline(
    book: BookFacts, window: Sequence[Digest], so_far: Outline, toc: Sequence[TocEntry], *, is_last: bool
) -> Outline:
    """See ``GuidelineEngine.outline``. Every page of the window lands in a subtopic or in ``front_matter``."""
    if not window:
        return so_far
    printed = tuple(entry for digest in window for entry in digest.toc)
    starts, basis = _starts(book, window, so_far, tuple(toc) or printed, is_bound=bool(toc), is_last=is_last)
    ranked: list[Basis] = ["", "cohesion", "headings", "toc"]
    basis = max(basis, so_far.basis, key=lambda name: ranked.index(name) if name in ranked else 0)
    return assemble(book, window, so_far, starts, basis)


def _starts(
    book: BookFacts,
    window: Sequence[Digest],
    so_far: Outline,
    toc: Sequence[TocEntry],
    *,
    is_bound: bool,
    is_last: bool,
) -> tuple[list[Start], Basis]:
    marks = _before_back_matter(unique_marks(window, book, so_far), window)
    if toc:
        by_toc = _by_contents(window, so_far, toc, marks)
        lost = not by_toc and not so_far.topics and (is_last or not is_bound) and len(window) > 1
        if not lost and (by_toc or is_bound):
            return by_toc, "toc"
    order = hierarchy(marks, len(window), so_far)
    by_headings = [start for mark in marks if (start := _start(mark, order))]
    if by_headings or so_far.basis == "headings":
        return by_headings, "headings" if by_headings else ""
    return _by_vocabulary(book, window, so_far)


def _before_back_matter(marks: list[Mark], window: Sequence[Digest]) -> list[Mark]:
    """``marks`` without small headings inside an index or an answer key; only numbered ones can end back matter."""
    inside: set[int] = set()
    is_back = False
    strong = {
        mark.page for mark in marks if mark.kind in (Kind.PART, Kind.UNIT, Kind.CHAPTER, Kind.LESSON, Kind.DECIMAL)
    }
    for digest in window:
        is_back = begins_back_matter(digest) or (is_back and digest.page not in strong)
        if is_back:
            inside.add(digest.page)
    return [mark for mark in marks if mark.page not in inside]


def _start(mark: Mark, order: Hierarchy) -> Start | None:
    if mark.kind is order.topic:
        return Start(mark, is_topic=True)
    return Start(mark, is_topic=False) if mark.kind is order.subtopic else None


def _by_contents(window: Sequence[Digest], so_far: Outline, toc: Sequence[TocEntry], marks: list[Mark]) -> list[Start]:
    """Starts where the contents' entries lie; topics for which the contents name no subtopics are cut by headings."""
    entries = taught_entries(toc, [is_matter_title(entry.title) for entry in toc])
    placed = place(entries, window, so_far)
    starts = [
        Start(
            Mark(
                item.mark.page, item.mark.line, item.mark.kind, item.entry.title, item.entry.number,
                item.mark.start_line, item.mark.shares_page,
            ),
            is_topic=item.is_topic,
        )
        for item in placed
    ]  # fmt: skip
    if any(not is_topic for _, is_topic in entries) or not entries:
        return starts
    topic_pages = {start.mark.page for start in starts}
    inner = hierarchy([mark for mark in marks if mark.page not in topic_pages], len(window), Outline())
    finer = inner.subtopic if inner.subtopic is not None else inner.topic
    begun = bool(so_far.topics) or bool(starts)
    first = window[0].page if so_far.topics else min(topic_pages, default=0)
    extra = [
        Start(mark, is_topic=False)
        for mark in marks
        if begun and mark.kind is finer and mark.page >= first and mark.page not in topic_pages
    ]
    return sorted([*starts, *extra], key=lambda start: (start.mark.page, start.mark.line))


def _by_vocabulary(book: BookFacts, window: Sequence[Digest], so_far: Outline) -> tuple[list[Start], Basis]:
    """Starts where the vocabulary changes. The first page begins a subtopic only at the head of the book."""
    front = 0 if so_far.topics else next((i for i, d in enumerate(window) if not is_front_matter(d)), len(window))
    taught = [digest for digest in window[front:] if not digest.toc]
    if not any(content_words(digest) for digest in taught):
        return [], ""
    cuts = boundaries(taught)
    if not so_far.topics:
        cuts = [0, *cuts]
    starts = []
    for at, cut in enumerate(cuts):
        pages = taught[cut : cuts[at + 1] if at + 1 < len(cuts) else len(taught)]
        title = subject(pages, taught) or f"Pages from {pages[0].page}"
        starts.append(Start(Mark(pages[0].page, -1, Kind.SMALL, title), is_topic=False))
    return starts, "cohesion"
