"""Titles as the book was cut, from which names are refined: the same question each time, whatever came of it before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from books.extraction.engine import BookFacts, NamedSubtopic, NamedTopic
from books.extraction.materialise import topic_key
from books.extraction.records import book_facts, named, whole_outline
from books.extraction.stage import OncePerJob
from books.extraction.stages import placed_subtopics
from books.guidelines.suggestions import name_of
from books.models import Book, Change, Proposal, ProposalKind, ProposalState, Subtopic, Topic
from jobs.models import Job

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


@dataclass(frozen=True, slots=True)
class NamesOfBook:
    """What names are refined from: the book's facts, its subtopics in order of teaching and its topics, by the ids of
    their rows, under their titles as cut."""

    facts: BookFacts
    subtopics: Mapping[int, NamedSubtopic]
    topics: Mapping[int, NamedTopic]

    @classmethod
    def of(cls, job: Job) -> NamesOfBook:
        titles = cut_titles(job.book_id)
        rows = Subtopic.objects.filter(topic__book=job.book_id).select_related("topic")
        ordered = rows.defer("guideline", "search_text").order_by("topic__sequence", "sequence")
        topics = Topic.objects.filter(book=job.book_id).order_by("sequence").prefetch_related("subtopics")
        return cls(
            book_facts(Book.objects.get(pk=job.book_id)),
            {row.pk: titles.named(row) for row in ordered},
            {topic.pk: titles.named_topic(topic) for topic in topics},
        )


def _changed_by_others(job: Job) -> int | None:
    """The last change of the book's guidelines that is not of ``job``, which leaves titles as they were cut."""
    changes = Change.objects.filter(book=job.book_id).exclude(job=job).order_by("-pk")
    return changes.values_list("pk", flat=True).first()


names_of_book = OncePerJob(NamesOfBook.of, _changed_by_others)


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
