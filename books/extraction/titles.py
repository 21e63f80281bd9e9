"""Titles as the book was cut, from which names are refined: the same question each time, whatever came of it before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from books.extraction.engine import NamedSubtopic, NamedTopic
from books.extraction.materialise import topic_key
from books.extraction.records import named, whole_outline
from books.extraction.stages import placed_subtopics
from books.guidelines.suggestions import name_of
from books.models import Proposal, ProposalKind, ProposalState, Subtopic, Topic

RENAMES = (ProposalKind.RENAME_TOPIC, ProposalKind.RENAME_SUBTOPIC)


@dataclass(frozen=True, slots=True)
class CutTitles:
    """``printed`` are the outline's titles by key, ``given`` those that refining gave, by row. A title that is neither
    is a person's, and taken as it is."""

    topics: Mapping[str, str]
    subtopics: Mapping[str, str]
    given: Mapping[str, Set[str]]

    def topic(self, row: Topic) -> str:
        return self._title(row, self.topics.get(row.key, row.title))

    def subtopic(self, row: Subtopic) -> str:
        return self._title(row, self.subtopics.get(row.key, row.title))

    def _title(self, row: Topic | Subtopic, printed: str) -> str:
        return printed if row.title in self.given[name_of(row)] else row.title

    def named(self, row: Subtopic) -> NamedSubtopic:
        return replace(named(row), title=self.subtopic(row), topic=self.topic(row.topic))

    def named_topic(self, row: Topic) -> NamedTopic:
        rows = sorted(row.subtopics.all(), key=in_the_book)
        return NamedTopic(str(row.pk), self.topic(row), row.summary, tuple(self.subtopic(each) for each in rows))


def in_the_book(row: Subtopic | Topic) -> tuple[int, str, int]:
    """Sorts rows as the book has them, whatever the order of teaching is."""
    return row.first_page, row.key, row.pk


def cut_titles(book_id: int) -> CutTitles:
    outline = whole_outline(book_id)
    renamed = Proposal.objects.filter(book=book_id, kind__in=RENAMES, state=ProposalState.ACCEPTED)
    given: dict[str, set[str]] = defaultdict(set)
    for rests_on, after in renamed.values_list("rests_on", "after"):
        for name in rests_on:
            given[name].add(after["title"])
    return CutTitles(
        topics={topic_key(plan): plan.title[:200] for plan in outline.topics},
        subtopics={each.key: each.plan.title[:200] for each in placed_subtopics(outline)},
        given=given,
    )
