"""Subtopics that teach the same: pairs that look alike are found, then judged, and merged where the book allows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext_noop

from books.extraction import outline_ops
from books.extraction.base import Likeness, NamedSubtopic
from books.extraction.engines.factory import guideline_engine
from books.extraction.records import book_facts, named
from books.extraction.stages.base import Ahead, GuidelineStage, Work
from books.extraction.stages.rows import in_order
from books.guidelines.changes import lock_book
from books.guidelines.proposals import merging, propose
from books.models import Proposal, ProposalKind, ProposalState, Subtopic
from books.models.page import page_numbers
from jobs.models import Item, Job
from jobs.registry import PlannedItem
from jobs.stages import add_items


class CompareStage(GuidelineStage):
    """One item: which pairs of subtopics look alike, anywhere in the book. Work, since no transaction should last as
    long; what it finds are the items of the stage after it."""

    name = "compare"
    title = gettext_noop("Comparing subtopics")
    unit = "book"
    provider = ""

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        return [PlannedItem("all", "All subtopics")]

    def compute(self, item: Item) -> list[PlannedItem]:
        pairs = _alike(item.job.book_id)
        return [PlannedItem(f"{one.key}:{other.key}", f"{one.title} / {other.title}") for one, other in pairs]

    def save(self, item: Item, result: list[PlannedItem]) -> None:
        add_items(item.job, MergeStage(), result)


class MergeStage(GuidelineStage):
    """One item a pair of subtopics that look alike, as the stage before found them."""

    name = "merge"
    asks = "same"
    tokens = (0, 30)
    effort = "low"
    title = gettext_noop("Finding duplicates")
    unit = "pair"
    about = "subtopic"
    required = False

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        return []

    def ahead(self, book: Ahead) -> Iterator[Work]:
        pairs = len(_alike(book.book.pk))
        left = max(0, pairs - self.answered(book.book))
        yield Work(self.call, (left, left), rows=2)

    def compute(self, item: Item) -> Likeness | None:
        pair = _pair(item)
        if len(pair) != 2:
            return None
        one, other = pair
        numbers = page_numbers(item.job.book_id)
        return guideline_engine().are_same(book_facts(one.topic.book), named(one, numbers), named(other, numbers))

    def save(self, item: Item, result: Likeness | None) -> None:
        if result is None or not result.is_same:
            return
        lock_book(item.job.book_id)
        pair = _pair(item)
        if len(pair) != 2:
            return
        one, other = pair
        sure_enough = item.job.book.merge_from
        at_once = sure_enough is not None and result.confidence >= sure_enough
        at_once = at_once and not one.is_decided and not other.is_decided
        suggestion = merging(one, other, result.reason, result.confidence, at_once=at_once)
        propose(item.job.book_id, suggestion, job=item.job)


def _alike(book_id: int) -> list[tuple[NamedSubtopic, NamedSubtopic]]:
    """Without pairs that were proposed before."""
    rows = in_order(book_id).defer("guideline", "search_text")
    numbers = page_numbers(book_id)
    asked = Proposal.objects.filter(book=book_id, kind=ProposalKind.MERGE)
    known = set(asked.exclude(state=ProposalState.OUTDATED).values_list("subject", flat=True))
    found = outline_ops.look_alikes([named(row, numbers) for row in rows])
    return [(one, other) for one, other in found if f"merge:{one.key}:{other.key}" not in known]


def _pair(item: Item) -> list[Subtopic]:
    """Both subtopics of the item in book order, or fewer where a merge took one away."""
    return list(in_order(item.job.book_id).filter(pk__in=item.key.split(":")))
