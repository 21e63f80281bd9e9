"""Builds the outline from starts: no page is lost, and two subtopics share one only where the later begins on it."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Literal

from books.extraction.engine import BookFacts, Digest, Outline, SubtopicPlan, TopicPlan
from books.extraction.offline.cohesion import subject
from books.extraction.offline.marks import Mark
from books.extraction.offline.matter import content_words, front_pages
from books.extraction.offline.numbering import Kind

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
