"""The stages of the finalise job: names refined, near-duplicates merged, everything handed to review.

Only drafts are touched: what a person edited, approved or rejected stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from books.errors import StageNotReady
from books.extraction import stages
from books.extraction.factory import guideline_engine, recipe_of
from books.extraction.records import book_facts, named
from books.extraction.stage import GuidelineStage
from books.guidelines.changes import change, save_all
from books.guidelines.merging import merge_subtopics
from books.models import ReviewStatus, Subtopic, Topic
from jobs.handlers import PlannedItem
from jobs.models import Item, Job

UNTOUCHED = Q(is_edited=False, status__in=[ReviewStatus.DRAFT, ReviewStatus.PENDING_REVIEW])


class NameStage(GuidelineStage):
    """One item a subtopic."""

    name = "names"
    title = "Refining names"
    unit = "subtopic"
    required = False
    weight = 1

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        """Raises StageNotReady for a book without guidelines, or with one that could not be written."""
        rows = _in_order(job.book_id)
        if not rows:
            raise StageNotReady("This book has no guidelines yet; generate them first.")
        unwritten = rows.filter(guideline={}).first()
        if unwritten is not None:
            raise StageNotReady(f"“{unwritten.title}” has no guideline yet; resume the generation first.")
        return [_planned(row) for row in rows.filter(UNTOUCHED)]

    def compute(self, item: Item) -> str:
        subtopic = Subtopic.objects.select_related("topic__book").get(pk=item.key)
        book = subtopic.topic.book
        others = [named(row) for row in _in_order(book.pk).exclude(pk=subtopic.pk)]
        return guideline_engine().refine_name(book_facts(book), named(subtopic), others)

    def save(self, item: Item, result: str) -> None:
        title = result[:200]
        with change(item.job.book_id, f"Renamed to “{title}”", job=item.job):
            row = Subtopic.objects.filter(UNTOUCHED, pk=item.key).exclude(title=title).first()
            if row is not None:
                row.title = title
                row.save(update_fields=["title"])


class MergeStage(GuidelineStage):
    """One item a pair of subtopics whose names are alike; worked in order, since a merge changes what follows."""

    name = "merge"
    title = "Merging duplicates"
    unit = "pair"
    required = False
    weight = 1

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        pairs = stages.look_alikes([named(row) for row in _in_order(job.book_id).filter(UNTOUCHED)])
        return [
            PlannedItem(key=f"{one.key}:{other.key}", label=f"{one.title} / {other.title}", lane="merge")
            for one, other in pairs
        ]

    def compute(self, item: Item) -> bool:
        pair = _pair(item)
        if len(pair) != 2:
            return False
        one, other = pair
        return guideline_engine().are_same(book_facts(one.topic.book), named(one), named(other))

    def save(self, item: Item, result: bool) -> None:  # noqa: FBT001 - the engine hands over what work returned
        pair = _pair(item)
        if not result or len(pair) != 2:
            return
        with change(item.job.book_id, f"Merged “{pair[1].title}” into “{pair[0].title}”", job=item.job):
            merge_subtopics(*_pair(item))


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


def _in_order(book_id: int) -> QuerySet[Subtopic]:
    rows = Subtopic.objects.filter(topic__book=book_id).select_related("topic__book")
    return rows.order_by("topic__sequence", "sequence")


def _planned(row: Subtopic) -> PlannedItem:
    return PlannedItem(str(row.pk), row.title, fingerprint=stages.fingerprint(recipe_of("name"), row.title, row.pages))


def _pair(item: Item) -> list[Subtopic]:
    """Both subtopics of the item in book order, or fewer where an earlier merge took one away."""
    return list(_in_order(item.job.book_id).filter(UNTOUCHED, pk__in=item.key.split(":")))
