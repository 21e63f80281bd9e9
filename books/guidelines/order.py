"""The order of teaching: topics in a book, subtopics in a topic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from books.errors import EditedMeanwhile
from books.guidelines.changes import APART, save_all
from books.models import Subtopic, Topic

Row = TypeVar("Row", Topic, Subtopic)
# Rows that somebody set APART are renumbered too: this is where none of them is.
FAR_APART = 10 * APART


def order_topics(book_id: int, wanted: Sequence[int]) -> list[Topic]:
    """Numbers the book's topics from 1 in the order of the ids ``wanted``, in the current change; returns those moved.

    Raises EditedMeanwhile unless those are exactly the book's topics.
    """
    return _number(Topic.objects.filter(book=book_id), wanted)


def order_subtopics(topic_id: int, wanted: Sequence[int]) -> list[Subtopic]:
    """As ``order_topics``, for the subtopics of one topic."""
    return _number(Subtopic.objects.filter(topic=topic_id), wanted)


def place_behind(topic_id: int) -> int:
    """The sequence of one more subtopic in the topic."""
    last = Subtopic.objects.filter(topic=topic_id).order_by("-sequence").values_list("sequence", flat=True).first()
    return (last or 0) + 1


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


def _number(rows: QuerySet[Row], wanted: Sequence[int]) -> list[Row]:
    present = {row.pk: row for row in rows}
    if sorted(present) != sorted(wanted):
        raise EditedMeanwhile(_("Something was added or removed here since you looked; the order was left as it is."))
    moved = [(place, present[pk]) for place, pk in enumerate(wanted, start=1) if present[pk].sequence != place]
    rows.filter(pk__in=[row.pk for _, row in moved]).update(sequence=F("sequence") + FAR_APART)
    for place, row in moved:
        row.sequence = place
    save_all([row for _, row in moved], ["sequence"])
    return [row for _, row in moved]
