"""The stages of the finalise job: names refined, near-duplicates found, the order of teaching, handing to review.

Whatever they find is proposed. What no person touched is renamed at once, and merged at once where the book allows it;
what a person edited, approved, rejected or published stays as it is until a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.db.models import QuerySet

from books.errors import InvalidModelOutput, StageNotReady
from books.extraction import outline_ops
from books.extraction.base import Likeness, NamedTopic
from books.extraction.engines.factory import guideline_engine, made_with_of
from books.extraction.records import CutTitles, book_facts, cut_titles, named, names_of_book
from books.extraction.stages.base import GuidelineStage
from books.extraction.stages.write import item_key, row_id
from books.guidelines.changes import change, save_all
from books.guidelines.proposals import merging, propose, setting
from books.keys import fingerprint
from books.ledger.choices import choices_kept
from books.models import Proposal, ProposalKind, ProposalState, ReviewStatus, Subtopic, Topic
from books.models.page import page_numbers
from books.stored.proposal import Values
from jobs.models import Item, Job
from jobs.registry import PlannedItem
from jobs.stages import add_items


class NameStage(GuidelineStage):
    """One item a subtopic."""

    name = "names"
    asks = "name"
    title = "Refining names"
    unit = "subtopic"
    required = False
    weight = 1

    @choices_kept()
    def plan(self, job: Job) -> Sequence[PlannedItem]:
        """Raises StageNotReady for a book without guidelines, or with one that could not be written."""
        rows = in_order(job.book_id)
        if not rows:
            raise StageNotReady("This book has no guidelines yet; generate them first.")
        unwritten = rows.filter(guideline={}).first()
        if unwritten is not None:
            raise StageNotReady(f"“{unwritten.title}” has no guideline yet; resume the generation first.")
        titles = cut_titles(job.book_id)
        return [PlannedItem(item_key(row), row.title, fingerprint=self._fingerprint(row, titles)) for row in rows]

    def _fingerprint(self, row: Subtopic, titles: CutTitles) -> str:
        return fingerprint(made_with_of("name"), titles.subtopic(row), row.pages)

    def compute(self, item: Item) -> str:
        names = names_of_book.of(item.job)
        row = names.subtopics[row_id(item)]
        others = [other for other in names.subtopics.values() if other is not row]
        return not_empty(guideline_engine().refine_name(names.facts, row, others))

    def save(self, item: Item, result: str) -> None:
        row = Subtopic.objects.exclude(title=result[:200]).filter(pk=row_id(item)).first()
        if row is not None:
            _rename(ProposalKind.RENAME_SUBTOPIC, row, result, item.job, at_once=not row.is_decided)


class TopicNameStage(GuidelineStage):
    """One item a topic."""

    name = "topic_names"
    asks = "name_topic"
    title = "Refining topics' names"
    unit = "topic"
    required = False
    weight = 1

    @choices_kept()
    def plan(self, job: Job) -> Sequence[PlannedItem]:
        titles = cut_titles(job.book_id)
        named_topics = [(topic, _unsummarised(titles.named_topic(topic))) for topic in topics_of(job.book_id)]
        return [
            PlannedItem(str(topic.pk), topic.title, fingerprint=fingerprint(made_with_of("name_topic"), str(seen)))
            for topic, seen in named_topics
        ]

    def compute(self, item: Item) -> str:
        names = names_of_book.of(item.job)
        topic = names.topics[int(item.key)]
        others = [other.title for other in names.topics.values() if other is not topic]
        return not_empty(guideline_engine().refine_topic_name(names.facts, _unsummarised(topic), others))

    def save(self, item: Item, result: str) -> None:
        """A topic in which a person decided on anything is left to a person too."""
        topic = topics_of(item.job.book_id).exclude(title=result[:200]).filter(pk=item.key).first()
        if topic is not None:
            at_once = not topic.is_edited and not any(row.is_decided for row in topic.subtopics.all())
            _rename(ProposalKind.RENAME_TOPIC, topic, result, item.job, at_once=at_once)


class CompareStage(GuidelineStage):
    """One item: which pairs of subtopics look alike, anywhere in the book. Work, since no transaction should last as
    long; what it finds are the items of the stage after it."""

    name = "compare"
    title = "Comparing subtopics"
    unit = "book"
    weight = 1
    provider = ""

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        return [PlannedItem("all", "All subtopics")]

    def compute(self, item: Item) -> list[PlannedItem]:
        """Without pairs that were proposed before."""
        rows = in_order(item.job.book_id).defer("guideline", "search_text")
        numbers = page_numbers(item.job.book_id)
        asked = Proposal.objects.filter(book=item.job.book_id, kind=ProposalKind.MERGE)
        known = set(asked.exclude(state=ProposalState.OUTDATED).values_list("subject", flat=True))
        return [
            PlannedItem(f"{one.key}:{other.key}", f"{one.title} / {other.title}")
            for one, other in outline_ops.look_alikes([named(row, numbers) for row in rows])
            if f"merge:{one.key}:{other.key}" not in known
        ]

    def save(self, item: Item, result: list[PlannedItem]) -> None:
        add_items(item.job, MergeStage(), result)


class MergeStage(GuidelineStage):
    """One item a pair of subtopics that look alike, as the stage before found them."""

    name = "merge"
    asks = "same"
    title = "Finding duplicates"
    unit = "pair"
    required = False
    weight = 1

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        return []

    def compute(self, item: Item) -> Likeness | None:
        pair = _pair(item)
        if len(pair) != 2:
            return None
        one, other = pair
        numbers = page_numbers(item.job.book_id)
        return guideline_engine().are_same(book_facts(one.topic.book), named(one, numbers), named(other, numbers))

    def save(self, item: Item, result: Likeness | None) -> None:
        pair = _pair(item)
        if result is None or not result.is_same or len(pair) != 2:
            return
        one, other = pair
        sure_enough = item.job.book.merge_from
        at_once = sure_enough is not None and result.confidence >= sure_enough
        at_once = at_once and not one.is_decided and not other.is_decided
        suggestion = merging(one, other, result.reason, result.confidence, at_once=at_once)
        propose(item.job.book_id, suggestion, job=item.job)


class SubmitStage(GuidelineStage):
    """One item a topic: its drafts become pending review."""

    name = "submit"
    title = "Handing over to review"
    unit = "topic"
    weight = 1

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        return [PlannedItem(str(topic.pk), topic.title) for topic in Topic.objects.filter(book=job.book_id)]

    def compute(self, item: Item) -> None:
        return None

    def save(self, item: Item, result: None) -> None:
        with change(item.job.book_id, f"Handed over to review: {item.label}", job=item.job):
            drafts = Subtopic.objects.filter(topic_id=int(item.key), status=ReviewStatus.DRAFT).exclude(guideline={})
            rows = list(drafts)
            for row in rows:
                row.status = ReviewStatus.PENDING_REVIEW
            save_all(rows, ["status"])


def in_order(book_id: int) -> QuerySet[Subtopic]:
    rows = Subtopic.objects.filter(topic__book=book_id).select_related("topic__book")
    return rows.order_by("topic__sequence", "sequence")


def topics_of(book_id: int) -> QuerySet[Topic]:
    return Topic.objects.filter(book=book_id).order_by("sequence").prefetch_related("subtopics")


def _unsummarised(topic: NamedTopic) -> NamedTopic:
    """The summary is written after the name, and from it."""
    return replace(topic, summary="")


def not_empty(text: str) -> str:
    """Raises InvalidModelOutput for a text of spaces."""
    if not text.strip():
        raise InvalidModelOutput("The engine gave an empty text.")
    return text.strip()


def _rename(kind: ProposalKind, row: Topic | Subtopic, title: str, job: Job, *, at_once: bool) -> None:
    reason = "A title that is clear by itself and unlike the others'."
    propose(job.book_id, setting(kind, row, Values(title=title[:200]), reason, at_once=at_once), job=job)


def _pair(item: Item) -> list[Subtopic]:
    """Both subtopics of the item in book order, or fewer where a merge took one away."""
    return list(in_order(item.job.book_id).filter(pk__in=item.key.split(":")))
