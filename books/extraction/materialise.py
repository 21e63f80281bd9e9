"""Turns a finished outline into topics and subtopics, keeping what people decided."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from django.db.models import F, Q

from books.errors import StageNotReady
from books.extraction.engine import Outline, TopicPlan
from books.extraction.stages import PlacedSubtopic, placed_subtopics
from books.guidelines.changes import APART
from books.models import Book, ReviewStatus, Subtopic, Topic

DECIDED = Q(is_edited=True) | Q(status__in=[ReviewStatus.APPROVED, ReviewStatus.REJECTED, ReviewStatus.PUBLISHED])


def materialise(book: Book, outline: Outline) -> None:
    """Makes the book's topics and subtopics those of ``outline``, in the current change.

    A subtopic whose key is unchanged keeps its row, its guideline and its review. Raises StageNotReady where one that
    a person approved, rejected or edited is no longer in the outline.
    """
    placed = placed_subtopics(outline)
    present = {row.key: row for row in Subtopic.objects.filter(topic__book=book)}
    check_decided(present[key] for key in present.keys() - {each.key for each in placed})
    Subtopic.objects.filter(topic__book=book).exclude(key__in=[each.key for each in placed]).delete()
    Subtopic.objects.filter(topic__book=book).update(sequence=F("sequence") + APART)
    Topic.objects.filter(book=book).update(sequence=F("sequence") + APART)
    topics = [_topic(book, at, plan) for at, plan in enumerate(outline.topics, start=1)]
    taken = Counter[int]()
    for each in placed:
        taken[each.topic] += 1
        place_subtopic(topics[each.topic], taken[each.topic], each, present.get(each.key))
    Topic.objects.filter(book=book, sequence__gt=APART).delete()


def _topic(book: Book, sequence: int, plan: TopicPlan) -> Topic:
    """The present topic of the same title and pages, or a new one."""
    waiting = Topic.objects.filter(book=book, sequence__gt=APART)
    same = {"title": plan.title[:200], "first_page": plan.first_page, "last_page": plan.last_page}
    topic = waiting.filter(**same).first() or Topic(book=book, **same)
    topic.sequence, topic.number, topic.key = sequence, plan.number[:20], topic_key(plan)
    topic.save()
    return topic


def topic_key(plan: TopicPlan) -> str:
    return re.sub(r"[^\w]+", "-", f"{plan.number} {plan.title}".casefold()).strip("-")[:80]


def check_decided(leaving: Iterable[Subtopic]) -> None:
    lost = Subtopic.objects.filter(DECIDED, pk__in=[row.pk for row in leaving]).first()
    if lost is not None:
        raise StageNotReady(
            f"The book would now be cut differently, and “{lost.title}”, which a person reviewed, would be lost. "
            "Put it back to draft first if that is right."
        )


def place_subtopic(topic: Topic, sequence: int, placed: PlacedSubtopic, present: Subtopic | None) -> None:
    plan = placed.plan
    if present is not None:
        present.topic, present.sequence = topic, sequence
        present.save(update_fields=["topic", "sequence"])
        return
    Subtopic.objects.create(
        topic=topic,
        sequence=sequence,
        key=placed.key,
        number=plan.number[:20],
        title=plan.title[:200],
        start_line=plan.start_line[:200],
        pages=list(range(plan.first_page, plan.last_page + 1)),
    )
