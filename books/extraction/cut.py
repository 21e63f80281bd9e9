"""What the stages see of a book's cut: its parts with their pages and texts, and the titles they were cut under."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import groupby
from typing import Generic, TypeVar

from django.db import connection

from books.extraction import outline_ops
from books.extraction.base import NamedSubtopic, NamedTopic, SubtopicSource
from books.extraction.outline_ops import PlacedSubtopic, placed_subtopics
from books.extraction.records import book_facts, in_the_book, named, read_pages, whole_outline
from books.guidelines.evidence import BookText
from books.guidelines.proposals import name_of
from books.keys import fingerprint
from books.models import Book, Change, Page, PageDigest, Proposal, ProposalKind, ProposalState, Subtopic, Topic
from books.models.page import page_numbers
from books.stored.made_with import MadeWith
from books.stored.outline import CutBook
from books.stored.pages import PageId, PageNumbers
from books.structure.base import BookFacts, PageText
from jobs.models import Job

T = TypeVar("T")


class OncePerJob(Generic[T]):
    """What all items of a job share, made once: for another job, or where ``stamp`` (what it is made of) differs, it is
    made anew and the one before forgotten."""

    def __init__(self, make: Callable[[Job], T], stamp: Callable[[Job], object]) -> None:
        self._make, self._stamp = make, stamp
        self._made: tuple[object, T] | None = None
        self._lock = threading.Lock()

    def of(self, job: Job) -> T:
        stamp = (job.pk, self._stamp(job))
        with self._lock:
            if self._made is None or self._made[0] != stamp:
                self._made = stamp, self._make(job)
            return self._made[1]


@dataclass(frozen=True, slots=True)
class Cut:
    """The book's outline as the writer needs it; ``placed`` has its parts by their keys, in book order."""

    outline: CutBook
    placed: Mapping[str, PlacedSubtopic]
    numbers: PageNumbers
    book: Book
    facts: BookFacts

    @classmethod
    def of(cls, book_id: int, outline: CutBook) -> Cut:
        placed, book = {each.key: each for each in placed_subtopics(outline)}, Book.objects.get(pk=book_id)
        return cls(outline, placed, page_numbers(book_id), book, book_facts(book))

    def has(self, row: Subtopic) -> bool:
        """False for one that a person made, or kept where the cut is another."""
        return all(key in self.placed for key in row.keys)

    def topic_of(self, row: Subtopic) -> str:
        """As the outline names it: a name that was refined since makes no other guideline."""
        return self.outline.topics[self.placed[row.key].topic].title

    def parts_of(self, row: Subtopic) -> Iterator[tuple[PlacedSubtopic, list[PageId]]]:
        """Each part of the cut that is in ``row``, with its pages; those that a person left to another count as
        read."""
        for key in row.keys:
            part = self.placed[key]
            yield part, [page for page in part.plan.pages if row.is_decided or page in row.pages]

    def made_from(
        self, row: Subtopic, texts: Mapping[PageId, PageText], made_with: MadeWith, seen: Set[PageId]
    ) -> list[str]:
        """Of each part in ``row``, a fingerprint of what the engine is asked about it, which is shown the pages that
        are ``seen``; see ``Subtopic``.

        That is the text of its pages from its heading to the next, and whom it is for. Titles tell the writer where it
        is in the book, and other words there make no other guideline.
        """
        return [
            fingerprint(
                made_with,
                replace(self.facts, title=""),
                [page.text for page in self._trimmed(part, pages, texts)],
                *(page for page in pages if page in seen),
            )
            for part, pages in self.parts_of(row)
        ]

    def source_of(self, row: Subtopic, pages: Mapping[PageId, PageText]) -> SubtopicSource:
        """``pages`` has those of the row."""
        at = list(self.placed).index(row.key)
        titles = [each.plan.title for each in self.placed.values()]
        return SubtopicSource(
            book=self.facts,
            topic=self.topic_of(row),
            subtopic=self.placed[row.key].plan.title,
            pages=self._pages(row, pages),
            earlier_subtopics=tuple(titles[:at]),
            later_subtopics=tuple(titles[at + 1 :]),
        )

    def _pages(self, row: Subtopic, texts: Mapping[PageId, PageText]) -> tuple[PageText, ...]:
        """Of each part from its heading to its end; a page that two parts share is one again."""
        own = {page: texts[page] for page in row.pages if page in texts}
        trimmed = [text for part, pages in self.parts_of(row) for text in self._trimmed(part, pages, own)]
        trimmed.sort(key=lambda page: page.number)
        return tuple(_joined(list(same)) for _, same in groupby(trimmed, key=lambda page: page.number))

    def _trimmed(
        self, part: PlacedSubtopic, pages: Sequence[PageId], texts: Mapping[PageId, PageText]
    ) -> tuple[PageText, ...]:
        own = [texts[page] for page in self.numbers.in_order(pages) if page in texts]
        return outline_ops.trimmed(own, part.plan.start_line, part.end_line)


def _joined(pages: Sequence[PageText]) -> PageText:
    if len(pages) == 1:
        return pages[0]
    lines = tuple(line for page in pages for line in page.lines)
    return replace(pages[0], text="\n".join(page.text for page in pages), lines=lines)


@dataclass
class ReadBook:
    """``pages`` are those that were read, by their ids, in order and without their lines; what all the book's subtopics
    are checked against, and the terms of each page."""

    pages: Mapping[PageId, Page]

    @classmethod
    def of(cls, job: Job) -> ReadBook:
        return cls({str(page.pk): page for page in read_pages(Page.objects.filter(book=job.book_id))})

    def those(self, wanted: Set[PageId]) -> list[Page]:
        return [page for key, page in self.pages.items() if key in wanted]

    @cached_property
    def text(self) -> BookText:
        return BookText({page.number: page.reading.text for page in self.pages.values() if page.reading})

    @cached_property
    def terms(self) -> Mapping[PageId, Mapping[str, int]]:
        digests = PageDigest.objects.filter(page__in=self.pages.values()).values_list("page", "data")
        return {str(page): data["terms"] for page, data in digests}


# Plain statements, as each item asks whether what it shares with the others is still so.
CUT_FROM = """
    SELECT book.sends_images, outline.id, outline.fingerprint FROM books_book AS book
    LEFT JOIN books_storedoutline AS outline ON outline.book_id = book.id WHERE book.id = %s ORDER BY outline.id
"""
# The readings of a page have ever higher numbers.
READ = "SELECT COUNT(*), SUM(reading_id) FROM books_page WHERE book_id = %s AND removed_at IS NULL"


def _found(statement: str, job: Job) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement, [job.book_id])
        return cursor.fetchall()


cut_of = OncePerJob(lambda job: Cut.of(job.book_id, whole_outline(job.book_id)), partial(_found, CUT_FROM))
read_book = OncePerJob(ReadBook.of, partial(_found, READ))


RENAMES = (ProposalKind.RENAME_TOPIC, ProposalKind.RENAME_SUBTOPIC)


@dataclass(frozen=True, slots=True)
class CutTitles:
    """``printed`` are the outline's titles by key, ``given`` those that refining gave, by row. A title that is neither
    is a person's, and taken as it is."""

    topics: Mapping[str, str]
    subtopics: Mapping[str, str]
    given: Mapping[str, Set[str]]
    numbers: PageNumbers

    def topic(self, row: Topic) -> str:
        return self._title(row, self.topics.get(row.key, row.title))

    def subtopic(self, row: Subtopic) -> str:
        return self._title(row, self.subtopics.get(row.key, row.title))

    def _title(self, row: Topic | Subtopic, printed: str) -> str:
        return printed if row.title in self.given[name_of(row)] else row.title

    def named(self, row: Subtopic) -> NamedSubtopic:
        return replace(named(row, self.numbers), title=self.subtopic(row), topic=self.topic(row.topic))

    def named_topic(self, row: Topic) -> NamedTopic:
        rows = in_the_book(row.subtopics.all(), self.numbers)
        return NamedTopic(str(row.pk), self.topic(row), row.summary, tuple(map(self.named, rows)))


@dataclass(frozen=True, slots=True)
class NamesOfBook:
    """What names are refined from: the book's facts, and its topics by the ids of their rows, under their titles as
    cut."""

    facts: BookFacts
    topics: Mapping[int, NamedTopic]

    @classmethod
    def of(cls, job: Job) -> NamesOfBook:
        titles = cut_titles(job.book_id)
        topics = Topic.objects.filter(book=job.book_id).order_by("sequence").prefetch_related("subtopics__topic")
        facts = book_facts(Book.objects.get(pk=job.book_id))
        return cls(facts, {topic.pk: titles.named_topic(topic) for topic in topics})


def _changed_by_others(job: Job) -> int | None:
    """The last change of the book's guidelines that is not of ``job``, which leaves titles as they were cut."""
    changes = Change.objects.filter(book=job.book_id).exclude(job=job).order_by("-pk")
    return changes.values_list("pk", flat=True).first()


names_of_book = OncePerJob(NamesOfBook.of, _changed_by_others)


def cut_titles(book_id: int) -> CutTitles:
    outline = whole_outline(book_id)
    renamed = Proposal.objects.filter(book=book_id, kind__in=RENAMES, state=ProposalState.ACCEPTED)
    given: dict[str, set[str]] = defaultdict(set)
    for proposal in renamed.only("rests_on", "after"):
        for name in proposal.rests_on:
            given[name].add(getattr(proposal.after, "title", ""))
    return CutTitles(
        topics={topic.key: topic.title[:200] for topic in outline.topics},
        subtopics={each.key: each.plan.title[:200] for each in placed_subtopics(outline)},
        given=given,
        numbers=page_numbers(book_id),
    )
