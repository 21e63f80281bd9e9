"""The order of teaching: topics in a book, subtopics in a topic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import F, QuerySet

from books.errors import EditedMeanwhile
from books.guidelines.changes import APART, save_all
from books.models import Subtopic, Topic

Row = TypeVar("Row", Topic, Subtopic)


def order_topics(book_id: int, wanted: Sequence[int]) -> None:
    """Numbers the book's topics from 1 in the order of the ids ``wanted``, in the current change.

    Raises EditedMeanwhile unless those are exactly the book's topics.
    """
    _number(Topic.objects.filter(book=book_id), wanted)


def order_subtopics(topic_id: int, wanted: Sequence[int]) -> None:
    """As ``order_topics``, for the subtopics of one topic."""
    _number(Subtopic.objects.filter(topic=topic_id), wanted)


def close_gaps(topic_id: int) -> None:
    """Numbers the topic's subtopics from 1 again, and the book's topics where that was its last."""
    topic = Topic.objects.get(pk=topic_id)
    if topic.subtopics.exists():
        order_subtopics(topic_id, list(topic.subtopics.order_by("sequence").values_list("pk", flat=True)))
        return
    topic.delete()
    order_topics(
        topic.book_id, list(Topic.objects.filter(book=topic.book_id).order_by("sequence").values_list("pk", flat=True))
    )


def _number(rows: QuerySet[Row], wanted: Sequence[int]) -> None:
    present = {row.pk: row for row in rows}
    if sorted(present) != sorted(wanted):
        raise EditedMeanwhile("Something was added or removed here since you looked; the order was left as it is.")
    moved = [(place, present[pk]) for place, pk in enumerate(wanted, start=1) if present[pk].sequence != place]
    rows.filter(pk__in=[row.pk for _, row in moved]).update(sequence=F("sequence") + APART)
    for place, row in moved:
        row.sequence = place
    save_all([row for _, row in moved], ["sequence"])
