"""Turns a finished outline into topics and subtopics, around those that a person decided on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from books.extraction.outline_ops import PlacedSubtopic, pages_in, placed_subtopics
from books.extraction.teaching_order import Section, sections_of, write_sections
from books.guidelines.proposals import Suggestion, moving, propose, recutting
from books.models import Book, Subtopic, Topic
from books.structure.base import Outline, TopicPlan
from jobs.models import Job

Row = TypeVar("Row", Topic, Subtopic)


def materialise(book: Book, outline: Outline, *, job: Job | None = None, within: set[int] | None = None) -> None:
    """Makes the book's topics and subtopics those of ``outline``, in the current change; with ``within``, pages, those
    that lie in them, and the others stay as they are.

    A subtopic whose key is in the outline keeps its row and all that is in it. Where the outline has no place, or
    another topic, for one that a person decided on, that stays as it is and the difference is proposed. Every page of
    the outline is in a subtopic afterwards.
    """
    cut = _Cut(book, outline, within)
    cut.place()
    cut.cover()
    lost = Subtopic.objects.filter(pk__in=[row.pk for row in cut.lost])
    lost.delete()
    write_sections(cut.sections)
    for suggestion in cut.suggestions:
        propose(book.pk, suggestion, job=job)


class _Cut:
    """``held`` has the row in which a part of the outline already is, by its key; ``kept`` are the rows that only a
    person's decision keeps, ``lost`` those that go."""

    def __init__(self, book: Book, outline: Outline, within: set[int] | None) -> None:
        self.outline = outline
        self.book = book
        self.placed = [
            each for each in placed_subtopics(outline) if within is None or within.issuperset(pages_in(each.plan))
        ]
        self.sections = sections_of(book)
        wanted = {each.key for each in self.placed}
        rows = [row for section in self.sections for row in section.rows]
        gone = [
            row for row in rows if (within is None or within.issuperset(row.pages)) and not wanted.issuperset(row.keys)
        ]
        self.kept = [row for row in gone if row.is_decided]
        self.lost = [row for row in gone if not row.is_decided]
        for section in self.sections:
            section.rows = [row for row in section.rows if row not in self.lost]
        self.held = {key: row for row in rows if row not in self.lost for key in row.keys}
        self.matched = self._matched()
        self.suggestions = [*self._recuttings()]

    # ---- topics -----------------------------------------------------------------------------------------------------

    def _matched(self) -> dict[int, Section]:
        """The present topic of each of the outline's, by its place there: the one of the same key, else the one that
        holds most of its subtopics."""
        free = list(self.sections)
        found: dict[int, Section] = {}
        plans = list(enumerate(self.outline.topics))
        for at, plan in plans:
            same = next((section for section in free if section.topic.key == topic_key(plan)), None)
            if same is not None:
                found[at] = same
                free.remove(same)
        for at, _ in plans:
            held = [self.held[each.key] for each in self.placed if each.topic == at and each.key in self.held]
            shared = Counter(free.index(section) for row in held for section in free if row in section.rows)
            if at not in found and shared:
                found[at] = free.pop(shared.most_common(1)[0][0])
        for at, section in found.items():
            if any(each.topic == at for each in self.placed):
                self._update(section.topic, self.outline.topics[at])
        return found

    def _update(self, topic: Topic, plan: TopicPlan) -> None:
        """A title that nobody refined follows the outline."""
        if not topic.is_edited and topic.key == _slug(topic.number, topic.title):
            topic.title = plan.title[:200]
        topic.key, topic.number = topic_key(plan), plan.number[:20]

    def _section(self, at: int) -> Section:
        """That of the outline's topic, opened behind the one before it, or by its pages, where there is none yet."""
        if at not in self.matched:
            plan = self.outline.topics[at]
            section = Section(Topic(book=self.book, **_topic_facts(plan)))
            before = next((self.matched[earlier] for earlier in range(at - 1, -1, -1) if earlier in self.matched), None)
            topics = [each.topic for each in self.sections]
            place = _place(topics, section.topic, before.topic if before else None)
            self.sections.insert(place, section)
            self.matched[at] = section
        return self.matched[at]

    # ---- subtopics --------------------------------------------------------------------------------------------------

    def place(self) -> None:
        kept_pages = {page for row in self.kept for page in row.pages}
        last: dict[Section, Subtopic] = {}
        for each in self.placed:
            row = self.held.get(each.key)
            if row is None:
                pages = [page for page in pages_in(each.plan) if page not in kept_pages]
                if not pages:
                    continue
                row = self.held[each.key] = _new(each, pages)
                self._insert(row, each, last)
            elif row.key == each.key and self._moves(row, each):
                self._insert(row, each, last)
            for section in self.sections:
                if row in section.rows:
                    last[section] = row

    def _moves(self, row: Subtopic, each: PlacedSubtopic) -> bool:
        """Whether the outline has ``row`` in another topic than before; one that a person decided on is left."""
        plan = self.outline.topics[each.topic]
        before, after = row.cut_topic, topic_key(plan)
        there = self.matched.get(each.topic)
        if before == after or (there is not None and row in there.rows):
            row.cut_topic = after
            return False
        if row.is_decided:
            self.suggestions.append(moving(row, _topic_facts(plan)))
        return not row.is_decided

    def _insert(self, row: Subtopic, each: PlacedSubtopic, last: Mapping[Section, Subtopic]) -> None:
        for section in self.sections:
            section.rows = [other for other in section.rows if other is not row]
        section = self._section(each.topic)
        row.cut_topic = topic_key(self.outline.topics[each.topic])
        section.rows.insert(_place(section.rows, row, last.get(section)), row)

    def cover(self) -> None:
        """Gives pages of the outline that no row has to the row that stands for their part of it; topics span what is
        in them."""
        rows = [row for section in self.sections for row in section.rows]
        covered = {page for row in rows for page in row.pages}
        for each in self.placed:
            missing = {*pages_in(each.plan)} - covered
            row = self.held.get(each.key)
            if missing and row is not None and not row.is_decided:
                row.pages = sorted({*row.pages, *missing})
        for section in self.sections:
            pages = [page for row in section.rows for page in row.pages]
            section.topic.first_page, section.topic.last_page = min(pages, default=0), max(pages, default=0)

    def _recuttings(self) -> list[Suggestion]:
        """For rows that only a person's decision keeps; not where a person made them of a part that is cut as ever."""
        found = []
        for row in self.kept:
            pieces = [each for each in self.placed if {*pages_in(each.plan)} & {*row.pages}]
            if row.cut_topic or any(each.key not in self.held for each in pieces):
                found.append(recutting(row, [_piece(each, self.outline.topics[each.topic]) for each in pieces]))
        return found


def topic_key(plan: TopicPlan) -> str:
    return _slug(plan.number, plan.title)


def _slug(number: str, title: str) -> str:
    return re.sub(r"[^\w]+", "-", f"{number} {title}".casefold()).strip("-")[:80]


def _topic_facts(plan: TopicPlan) -> dict[str, Any]:
    facts = {"key": topic_key(plan), "number": plan.number[:20], "title": plan.title[:200]}
    return facts | {"first_page": plan.first_page, "last_page": plan.last_page}


def _facts(each: PlacedSubtopic) -> dict[str, Any]:
    plan = each.plan
    return {
        "key": each.key,
        "number": plan.number[:20],
        "title": plan.title[:200],
        "start_line": plan.start_line[:200],
        "pages": list(pages_in(plan)),
    }


def _piece(each: PlacedSubtopic, topic: TopicPlan) -> dict[str, Any]:
    """As ``books.guidelines.apply_proposal`` takes it."""
    return _facts(each) | {"topic": _topic_facts(topic)}


def _new(each: PlacedSubtopic, pages: Sequence[int]) -> Subtopic:
    return Subtopic(**_facts(each) | {"pages": list(pages)})


def _place(rows: Sequence[Row], row: Row, before: Row | None) -> int:
    """Behind ``before``; without it, ahead of the first that begins later."""
    if before is not None:
        return next(at for at, other in enumerate(rows) if other == before) + 1
    return next((at for at, other in enumerate(rows) if other.first_page > row.first_page), len(rows))
