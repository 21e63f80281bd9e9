"""Cuts a window of digests into topics and subtopics: the book's contents first, then headings, then vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from books.extraction.engine import BookFacts, Digest, Outline, TocEntry
from books.extraction.offline.assembly import Start, assemble
from books.extraction.offline.cohesion import boundaries, subject
from books.extraction.offline.hierarchy import Hierarchy, hierarchy
from books.extraction.offline.marks import Mark, unique_marks
from books.extraction.offline.matter import back_matter, content_words, is_front_matter, is_matter_title
from books.extraction.offline.numbering import Kind
from books.extraction.offline.placing import place, taught_entries

Basis = Literal["toc", "headings", "cohesion", "model", ""]

_NUMBERED = (Kind.PART, Kind.UNIT, Kind.CHAPTER, Kind.LESSON, Kind.DECIMAL)


def outline(
    book: BookFacts, window: Sequence[Digest], so_far: Outline, toc: Sequence[TocEntry], *, is_last: bool
) -> Outline:
    """See ``GuidelineEngine.outline``. Every page of the window lands in a subtopic or in ``front_matter``."""
    if not window:
        return so_far
    printed = tuple(entry for digest in window for entry in digest.toc)
    marks = unique_marks(window, book, so_far)
    back = _back_pages(marks, window, so_far)
    marks = [mark for mark in marks if mark.page not in back]
    taught = [digest for digest in window if digest.page not in back]
    starts, basis = _starts(book, taught, so_far, tuple(toc) or printed, marks, is_bound=bool(toc), is_last=is_last)
    ranked: list[Basis] = ["", "cohesion", "headings", "toc"]
    basis = max(basis, so_far.basis, key=lambda name: ranked.index(name) if name in ranked else 0)
    return assemble(book, window, so_far, starts, back=back, basis=basis)


def _starts(
    book: BookFacts,
    window: Sequence[Digest],
    so_far: Outline,
    toc: Sequence[TocEntry],
    marks: list[Mark],
    *,
    is_bound: bool,
    is_last: bool,
) -> tuple[list[Start], Basis]:
    if not window:
        return [], ""
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


def _back_pages(marks: list[Mark], window: Sequence[Digest], so_far: Outline) -> set[int]:
    """The window's pages of back matter."""
    numbered = {mark.page for mark in marks if mark.kind in _NUMBERED}
    was_back = bool(so_far.topics) and window[0].page - 1 in so_far.front_matter
    return back_matter(window, numbered, was_taught=bool(so_far.topics), was_back=was_back)


def _start(mark: Mark, order: Hierarchy) -> Start | None:
    if order.topic and order.topic.fits(mark):
        return Start(mark, is_topic=True)
    return Start(mark, is_topic=False) if order.subtopic and order.subtopic.fits(mark) else None


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
    finer = inner.subtopic or inner.topic
    begun = bool(so_far.topics) or bool(starts)
    first = window[0].page if so_far.topics else min(topic_pages, default=0)
    extra = [
        Start(mark, is_topic=False)
        for mark in marks
        if begun and finer and finer.fits(mark) and mark.page >= first and mark.page not in topic_pages
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
