"""Subtopics that teach the same: pairs that look alike are found, then judged, and merged where the book allows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from django.utils.translation import gettext_noop

from books.extraction import outline_ops
from books.extraction.base import Likeness, NamedSubtopic
from books.extraction.engines.factory import guideline_engine
from books.extraction.records import book_facts, named
from books.extraction.stages.base import Ahead, GuidelineStage, Work
from books.extraction.stages.rows import in_order
from books.guidelines.changes import lock_book
from books.guidelines.proposals import merging, propose
from books.models import Proposal, ProposalKind, ProposalState
from books.models.page import page_numbers
from jobs.models import Item, Job
from jobs.registry import PlannedItem
from jobs.stages import add_items

# Subtopics whose pairs go together. Each has three at most: an item's key holds all of their ids.
TOGETHER = 2


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
        return [PlannedItem(_key(pairs), _label(pairs)) for pairs in _groups(item.job.book_id)]

    def save(self, item: Item, result: list[PlannedItem]) -> None:
        add_items(item.job, MergeStage(), result)


class MergeStage(GuidelineStage):
    """One item a group of pairs that look alike, as the stage before found them."""

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
        groups = _groups(book.book.pk)
        left = max(0, len(groups) - self.answered(book.book))
        pairs = sum(map(len, groups)) / max(1, len(groups))
        yield Work(replace(self.call, answer=round(pairs * self.tokens[1])), (left, left), rows=2 * pairs)

    def compute(self, item: Item) -> list[tuple[str, str, Likeness]]:
        """By the keys of both, in the book's order; of those that a merge left."""
        rows = {str(row.pk): row for row in in_order(item.job.book_id).filter(pk__in=_pks(item.key))}
        pairs = [(rows[one], rows[other]) for one, other in pairs_in(item.key) if one in rows and other in rows]
        if not pairs:
            return []
        numbers, facts = page_numbers(item.job.book_id), book_facts(pairs[0][0].topic.book)
        found = guideline_engine().are_same(
            facts, [(named(one, numbers), named(other, numbers)) for one, other in pairs]
        )
        return [(str(one.pk), str(other.pk), each) for (one, other), each in zip(pairs, found, strict=True)]

    def save(self, item: Item, result: list[tuple[str, str, Likeness]]) -> None:
        same = [each for each in result if each[2].is_same]
        if not same:
            return
        lock_book(item.job.book_id)
        known = _proposed(item.job.book_id)
        for one, other, likeness in same:
            if f"merge:{one}:{other}" not in known:
                _propose(item.job, [one, other], likeness)


def _propose(job: Job, keys: Sequence[str], likeness: Likeness) -> None:
    """Nothing where a merge took one of them away."""
    pair = list(in_order(job.book_id).filter(pk__in=keys))
    if len(pair) != len(keys):
        return
    one, other = pair
    sure_enough = job.book.merge_from
    at_once = sure_enough is not None and likeness.confidence >= sure_enough
    at_once = at_once and not one.is_decided and not other.is_decided
    propose(job.book_id, merging(one, other, likeness.reason, likeness.confidence, at_once=at_once), job=job)


Pair = tuple[NamedSubtopic, NamedSubtopic]


def _groups(book_id: int) -> list[list[Pair]]:
    """The pairs to be asked about together: those of TOGETHER subtopics side by side, so that a change of one asks no
    other group anew. A group in which every pair was proposed before is left out."""
    rows = in_order(book_id).defer("guideline", "search_text")
    numbers, known = page_numbers(book_id), _proposed(book_id)
    found = outline_ops.look_alikes([named(row, numbers) for row in rows])
    groups = [list(each) for _, each in groupby(found, key=lambda pair: int(pair[0].key) // TOGETHER)]
    return [each for each in groups if any(f"merge:{one.key}:{other.key}" not in known for one, other in each)]


def _proposed(book_id: int) -> set[str]:
    asked = Proposal.objects.filter(book=book_id, kind=ProposalKind.MERGE)
    return set(asked.exclude(state=ProposalState.OUTDATED).values_list("subject", flat=True))


def _key(pairs: Sequence[Pair]) -> str:
    """ "3:7:9:-:4:8": 3 beside 7 and 9, 4 beside 8."""
    by_one = [
        ":".join([key, *(other.key for _, other in each)]) for key, each in groupby(pairs, lambda pair: pair[0].key)
    ]
    return ":-:".join(by_one)


def pairs_in(key: str) -> Iterator[tuple[str, str]]:
    for each in key.split(":-:"):
        one, *others = each.split(":")
        yield from ((one, other) for other in others)


def _pks(key: str) -> set[str]:
    return {pk for pair in pairs_in(key) for pk in pair}


def _label(pairs: Sequence[Pair]) -> str:
    one, other = pairs[0]
    return f"{one.title} / {other.title}" + (f" + {len(pairs) - 1}" if len(pairs) > 1 else "")
