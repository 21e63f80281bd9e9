"""Cuts a window of digests into topics and subtopics: the book's contents first, then headings, then vocabulary."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Literal

from books.extraction.engines.offline.cohesion import boundaries, subject
from books.structure.base import BookFacts, Digest, Outline, SubtopicPlan, TocEntry, TopicPlan
from books.structure.front_matter import back_matter, content_words, front_pages, is_front_matter, is_matter_title
from books.structure.heading_candidates import Mark, unique_marks
from books.structure.headings import Kind
from books.structure.hierarchy import Hierarchy, hierarchy
from books.structure.match_contents import place, taught_entries

INTRODUCTION = "Introduction"
# A chapter's opening pages with fewer content words belong to its first section.
_WORDS_OF_AN_INTRODUCTION = 25


@dataclass(frozen=True, slots=True)
class Start:
    """A mark that begins a topic or a subtopic."""

    mark: Mark
    is_topic: bool


@dataclass(slots=True)
class _Topic:
    title: str
    number: str
    first_page: int
    opening: Mark | None = None  # the topic's own heading while it has no subtopic yet
    subtopics: list[SubtopicPlan] = field(default_factory=list)


class _Builder:
    """Walks the starts in order and keeps the last subtopic open until the next start closes it."""

    def __init__(self, book: BookFacts, so_far: Outline, words: dict[int, int], matter: Set[int]) -> None:
        self._book, self._words, self._matter = book, words, matter
        self.topics = [_Topic(t.title, t.number, t.first_page, None, list(t.subtopics)) for t in so_far.topics]

    def _close(self, before: Mark) -> None:
        """End the open subtopic above ``before``."""
        if self.topics and self.topics[-1].subtopics:
            shares = before.shares_page and before.page - 1 not in self._matter
            self.extend(before.page if shares else before.page - 1)

    def extend(self, last_page: int) -> None:
        """Let the open subtopic run to ``last_page``, or to where the back matter before it begins."""
        while last_page in self._matter:
            last_page -= 1
        if self.topics and self.topics[-1].subtopics:
            last = self.topics[-1].subtopics[-1]
            self.topics[-1].subtopics[-1] = replace(last, last_page=max(last.last_page, last_page, last.first_page))

    def begin_topic(self, mark: Mark) -> None:
        self.settle_opening(mark)
        self._close(mark)
        title = mark.title or mark.start_line
        self.topics.append(_Topic(title, mark.number, mark.page, mark))

    def settle_opening(self, until: Mark) -> None:
        """Make the heading of a topic without subtopics its only subtopic, so that its pages have a place."""
        topic = self.topics[-1] if self.topics else None
        if topic and topic.opening:
            mark, topic.opening = topic.opening, None
            last = max(mark.page, until.page if until.shares_page else until.page - 1)
            topic.subtopics.append(SubtopicPlan(topic.title, mark.page, last, "", mark.start_line))

    def begin_subtopic(self, mark: Mark) -> None:
        major = str(mark.order[0]) if len(mark.order) > 1 else ""
        topic = self.topics[-1] if self.topics else None
        lost_chapter = (
            topic is not None and major and topic.number and not topic.opening and self._last_major() not in ("", major)
        )
        if topic is None or lost_chapter:
            self._close(mark)
            self.topics.append(
                _Topic(self._book.title if topic is None and not major else f"Chapter {major}", major, mark.page)
            )
        self._open_subtopic(self.topics[-1], mark)

    def _last_major(self) -> str:
        numbers = [s.number for s in self.topics[-1].subtopics if "." in s.number]
        return numbers[-1].split(".")[0] if numbers else ""

    def _open_subtopic(self, topic: _Topic, mark: Mark) -> None:
        opening, topic.opening = topic.opening, None
        first, start_line = mark.page, mark.start_line
        if opening:
            before = range(opening.page, mark.page + int(mark.shares_page and mark.page > opening.page))
            if mark.page > opening.page and sum(self._words.get(p, 0) for p in before) >= _WORDS_OF_AN_INTRODUCTION:
                last = mark.page if mark.shares_page else mark.page - 1
                topic.subtopics.append(SubtopicPlan(INTRODUCTION, opening.page, last, "", opening.start_line))
            else:
                first, start_line = opening.page, opening.start_line
        elif len(topic.subtopics) == 1 and topic.subtopics[0].title == topic.title and not topic.subtopics[0].number:
            topic.subtopics[0] = replace(topic.subtopics[0], title=INTRODUCTION)
            self._close(mark)
        else:
            self._close(mark)
        topic.subtopics.append(SubtopicPlan(mark.title or mark.start_line, first, mark.page, mark.number, start_line))

    def plans(self) -> tuple[TopicPlan, ...]:
        return tuple(
            TopicPlan(
                topic.title,
                min(topic.first_page, topic.subtopics[0].first_page),
                max(subtopic.last_page for subtopic in topic.subtopics),
                tuple(topic.subtopics),
                topic.number,
            )
            for topic in self.topics
            if topic.subtopics
        )


def _opening(book: BookFacts, window: Sequence[Digest], starts: Sequence[Start]) -> tuple[list[int], Start | None]:
    """The front matter among the pages before the first start, and a start for what is left of them."""
    first = starts[0].mark.page if starts else window[-1].page + 1
    before = [digest for digest in window if digest.page < first]
    mark = starts[0].mark if starts else None
    is_first_chapter = mark is not None and mark.order[:1] == (1,) and mark.kind is not Kind.SMALL
    front = front_pages(before, before_chapter_one=is_first_chapter)
    left = [digest for digest in before if digest.page not in front]
    if not any(content_words(digest) for digest in left):
        return [digest.page for digest in before], None
    title = subject(left, window) or book.title
    return front, Start(Mark(left[0].page, -1, Kind.SMALL, title), is_topic=False)


def assemble(
    book: BookFacts,
    window: Sequence[Digest],
    so_far: Outline,
    starts: Sequence[Start],
    *,
    back: Set[int],
    basis: Literal["toc", "headings", "cohesion", "model", ""],
) -> Outline:
    """``so_far`` extended by the window's starts and pages, those of ``back`` left out."""
    words = {digest.page: content_words(digest) for digest in window}
    front: list[int] = []
    starts = [start for start in starts if start.mark.page not in back]
    if not so_far.topics:
        front, opening = _opening(book, window, starts)
        starts = [opening, *starts] if opening else starts
    matter = {*so_far.front_matter, *front, *back}
    builder = _Builder(book, so_far, words, matter)
    for start in starts:
        (builder.begin_topic if start.is_topic else builder.begin_subtopic)(start.mark)
    last = max((d.page for d in window if d.page not in back), default=0)
    end = Mark(last + 1, 0, Kind.SMALL, "")
    builder.settle_opening(end)
    if last not in front:
        builder.extend(last)
    topics = builder.plans()
    taught = {page for t in topics for s in t.subtopics for page in range(s.first_page, s.last_page + 1)}
    return Outline(topics, tuple(sorted(matter - taught)), basis)


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
