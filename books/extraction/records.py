"""Between the stages' plain data and the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, TypeVar

from pydantic import TypeAdapter

from books.extraction import outline_ops
from books.extraction.base import NamedSubtopic, NamedTopic, SubtopicSource
from books.extraction.engines.factory import made_with_of
from books.extraction.outline_ops import PlacedSubtopic, joined, placed_subtopics
from books.extraction.stages.base import OncePerJob
from books.guidelines.proposals import name_of
from books.keys import fingerprint
from books.models import (
    Book,
    Change,
    Page,
    PageDigest,
    Proposal,
    ProposalKind,
    ProposalState,
    StoredOutline,
    Subtopic,
    Topic,
)
from books.models.page import page_numbers
from books.stored.outline import CutBook
from books.stored.pages import PageId, PageNumbers
from books.structure.base import BookFacts, Digest, PageText, TextLine
from jobs.models import Job

DIGEST = TypeAdapter(Digest)
Row = TypeVar("Row", Topic, Subtopic)
FACTS_OF_BOOK = ("title", "grade", "subject", "board", "country")


def book_facts(book: Book) -> BookFacts:
    return BookFacts(*(getattr(book, name) for name in FACTS_OF_BOOK))


def page_text(page: Page) -> PageText:
    """The page as read; one that was not read yet has no text."""
    reading = page.reading
    if reading is None:
        return PageText(page.number, "")
    width, height = page.image_width or 1, page.image_height or 1
    return PageText(page.number, reading.text, tuple(_line(line, width, height) for line in reading.lines))


def _line(line: dict[str, Any], width: int, height: int) -> TextLine:
    left, top, right, bottom = line["box"]
    return TextLine(
        text=line["text"],
        top=top / height,
        left=left / width,
        height=(bottom - top) / height,
        width=(right - left) / width,
        block=line["block"],
    )


def page_texts(pages: Collection[PageId], *, has_layout: bool = True) -> tuple[PageText, ...]:
    """Of those that were read, in order; their lines are left out where nobody looks at them."""
    rows = Page.objects.filter(pk__in=pages, reading__isnull=False).order_by("number")
    if not has_layout:
        return tuple(PageText(number, text) for number, text in rows.values_list("number", "reading__text"))
    return tuple(page_text(page) for page in rows.select_related("reading"))


def stored_digest(digest: Digest) -> dict[str, Any]:
    """Without the number of its page, which another page may have tomorrow."""
    return {name: value for name, value in DIGEST.dump_python(digest, mode="json").items() if name != "page"}


def digests_of(book_id: int, *, up_to: int | None = None) -> list[Digest]:
    """Of the book's pages, or those up to ``up_to``, in order."""
    stored = PageDigest.objects.filter(page__book=book_id).order_by("page__number")
    if up_to is not None:
        stored = stored.filter(page__number__lte=up_to)
    rows = stored.values_list("page__number", "data")
    return [DIGEST.validate_python({**data, "page": number}) for number, data in rows]


def outline_after(book_id: int, part: int, windows: int) -> CutBook:
    """The stored outline of a run of pages after that many windows; an empty one after none."""
    return StoredOutline.objects.get(book=book_id, part=part, windows=windows).data if windows else CutBook()


def outline_prints(book_id: int) -> tuple[tuple[int, str], ...]:
    """What ``whole_outline`` is made of."""
    return tuple(StoredOutline.objects.filter(book=book_id).order_by("pk").values_list("pk", "fingerprint"))


def whole_outline(book_id: int) -> CutBook:
    """Of all runs after their last window; an empty one where none was made."""
    last = {stored.part: stored for stored in StoredOutline.objects.filter(book=book_id).order_by("part", "windows")}
    return joined([stored.data for stored in last.values()], page_numbers(book_id))


def named(subtopic: Subtopic, numbers: PageNumbers) -> NamedSubtopic:
    return NamedSubtopic(
        key=str(subtopic.pk),
        topic=subtopic.topic.title,
        title=subtopic.title,
        summary=subtopic.summary,
        pages=tuple(numbers.numbers(subtopic.pages)),
        terms=subtopic.terms,
    )


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


def in_the_book(rows: Iterable[Row], numbers: PageNumbers) -> list[Row]:
    """As the book has them, whatever the order of teaching is."""
    return sorted(rows, key=lambda row: (*_span(row, numbers), row.pk))


def _span(row: Subtopic | Topic, numbers: PageNumbers) -> tuple[int, int]:
    inside = [row] if isinstance(row, Subtopic) else row.subtopics.all()
    pages = [page for subtopic in inside for page in subtopic.pages]
    return numbers.first(pages), numbers.last(pages)


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


@dataclass(frozen=True, slots=True)
class Cut:
    """The book's outline as the writer needs it; ``placed`` has its parts by their keys, in book order."""

    outline: CutBook
    placed: Mapping[str, PlacedSubtopic]
    numbers: PageNumbers

    @classmethod
    def of(cls, book_id: int, outline: CutBook) -> Cut:
        return cls(outline, {each.key: each for each in placed_subtopics(outline)}, page_numbers(book_id))

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

    def made_from(self, row: Subtopic, texts: Mapping[PageId, str]) -> dict[str, str]:
        """By the key of each part in ``row``, a fingerprint of what the engine is asked about it; see ``Subtopic``."""
        made_with = made_with_of("write")
        return {
            part.key: fingerprint(
                made_with, part.plan.title, self.outline.topics[part.topic].title, [texts.get(page) for page in pages]
            )
            for part, pages in self.parts_of(row)
        }

    def source_of(self, row: Subtopic, pages: Mapping[PageId, PageText]) -> SubtopicSource:
        """``pages`` has those of the row."""
        at = list(self.placed).index(row.key)
        titles = [each.plan.title for each in self.placed.values()]
        return SubtopicSource(
            book=book_facts(row.topic.book),
            topic=self.topic_of(row),
            subtopic=self.placed[row.key].plan.title,
            pages=self._pages(row, pages),
            earlier_subtopics=tuple(titles[:at]),
            later_subtopics=tuple(titles[at + 1 :]),
        )

    def _pages(self, row: Subtopic, texts: Mapping[PageId, PageText]) -> tuple[PageText, ...]:
        """Of each part from its heading to its end; a page that two parts share is one again."""
        trimmed: list[PageText] = []
        for part, pages in self.parts_of(row):
            own = [texts[page] for page in self.numbers.in_order(pages) if page in row.pages and page in texts]
            trimmed += outline_ops.trimmed(own, part.plan.start_line, part.end_line)
        trimmed.sort(key=lambda page: page.number)
        return tuple(_joined(list(same)) for _, same in groupby(trimmed, key=lambda page: page.number))


def _joined(pages: Sequence[PageText]) -> PageText:
    if len(pages) == 1:
        return pages[0]
    lines = tuple(line for page in pages for line in page.lines)
    return PageText(pages[0].number, "\n".join(page.text for page in pages), lines)


cut_of = OncePerJob(
    lambda job: Cut.of(job.book_id, whole_outline(job.book_id)), lambda job: outline_prints(job.book_id)
)


def read_texts(book_id: int) -> dict[PageId, str]:
    """Of all pages that were read."""
    pages = Page.objects.filter(book=book_id, reading__isnull=False)
    return {str(page): text for page, text in pages.values_list("pk", "reading__text")}
