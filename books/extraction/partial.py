"""Turns the outline of a range of pages into topics and subtopics, leaving all guidelines beyond it as they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from books.extraction.engine import Outline, TopicPlan
from books.extraction.materialise import check_decided, place_subtopic, topic_key
from books.extraction.stages import pages_in, placed_subtopics
from books.guidelines.changes import APART
from books.guidelines.ordering import order_subtopics, order_topics
from books.models import Book, Subtopic, Topic

Row = TypeVar("Row", Topic, Subtopic)
# Beyond where ordering the others moves them in between.
FAR = 10 * APART


def materialise_within(book: Book, outline: Outline, pages: set[int]) -> None:
    """As ``materialise``, for the subtopics that lie within ``pages``, in the current change.

    New ones join the topic of their number and title where the book has it, and take their place among the others by
    their first page; the others keep the order they have.
    """
    placed = [each for each in placed_subtopics(outline) if pages.issuperset(pages_in(each.plan))]
    keys = {each.key for each in placed}
    present = {row.key: row for row in subtopics_within(book.pk, pages)}
    check_decided([row for key, row in present.items() if key not in keys])
    Subtopic.objects.filter(pk__in=[row.pk for key, row in present.items() if key not in keys]).delete()
    topics: dict[int, Topic] = {}
    for sequence, each in enumerate(placed, start=1):
        topic = topics.setdefault(each.topic, _topic(book, outline.topics[each.topic]))
        place_subtopic(topic, FAR + sequence, each, present.get(each.key))
    _put_in_order(book, pages)


def subtopics_within(book_id: int, pages: set[int]) -> list[Subtopic]:
    rows = Subtopic.objects.filter(topic__book=book_id).select_related("topic")
    return [row for row in rows.order_by("topic__sequence", "sequence") if pages.issuperset(row.pages)]


def _topic(book: Book, plan: TopicPlan) -> Topic:
    found = Topic.objects.filter(book=book, number=plan.number[:20], title=plan.title[:200]).first()
    if found is not None:
        return found
    last = Topic.objects.filter(book=book).order_by("-sequence").first()
    return Topic.objects.create(
        book=book,
        sequence=last.sequence + 1 if last else 1,
        number=plan.number[:20],
        key=topic_key(plan),
        title=plan.title[:200],
        first_page=plan.first_page,
        last_page=plan.last_page,
    )


def _put_in_order(book: Book, pages: set[int]) -> None:
    """Numbers everything from 1 again, and lets the topics span what is in them now."""
    for topic in Topic.objects.filter(book=book):
        rows = list(topic.subtopics.order_by("sequence"))
        if not rows:
            topic.delete()
            continue
        order_subtopics(topic.pk, [row.pk for row in _in_place(rows, [pages.issuperset(row.pages) for row in rows])])
        cited = [page for row in rows for page in row.pages] or [0]
        if (topic.first_page, topic.last_page) != (min(cited), max(cited)):
            topic.first_page, topic.last_page = min(cited), max(cited)
            topic.save(update_fields=["first_page", "last_page"])
    topics = list(Topic.objects.filter(book=book).order_by("sequence"))
    is_new = [pages.issuperset(range(topic.first_page, topic.last_page + 1)) for topic in topics]
    order_topics(book.pk, [topic.pk for topic in _in_place(topics, is_new)])


def _in_place(rows: Sequence[Row], is_new: Sequence[bool]) -> list[Row]:
    """The new rows before the first of the others that begins after them."""
    order = [row for row, new in zip(rows, is_new, strict=True) if not new]
    for row in (row for row, new in zip(rows, is_new, strict=True) if new):
        at = next((at for at, other in enumerate(order) if other.first_page > row.first_page), len(order))
        order.insert(at, row)
    return order
