"""Topics with their subtopics in order of teaching, changed in memory and then written where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F

from books.guidelines.changes import APART, create_all, save_all
from books.models import Book, Subtopic, Topic

TOPIC_FIELDS = ("sequence", "number", "key", "title")
SUBTOPIC_FIELDS = ("topic", "sequence", "key", "merged_keys", "number", "title", "pages", "cut_topic")


@dataclass(eq=False)
class Section:
    """A topic and its subtopics in order of teaching; ``was`` holds the topic's fields as they are stored."""

    topic: Topic
    rows: list[Subtopic] = field(default_factory=list)
    was: tuple[Any, ...] = ()


def sections_of(book: Book) -> list[Section]:
    topics = Topic.objects.filter(book=book).order_by("sequence")
    sections = {topic.pk: Section(topic, was=_values(topic, TOPIC_FIELDS)) for topic in topics}
    for row in Subtopic.objects.filter(topic__book=book).select_related("topic").order_by("sequence"):
        sections[row.topic_id].rows.append(row)
    return list(sections.values())


def _values(row: Topic | Subtopic, fields: Sequence[str]) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in fields)


def write_sections(sections: Sequence[Section]) -> None:
    """Saves what is new or changed, and removes topics that nothing is left in. Sequences are unique: what changes
    makes room first."""
    left = [section for section in sections if section.rows]
    for place, section in enumerate(left, start=1):
        section.topic.sequence = place
    changed = [section.topic for section in left if _values(section.topic, TOPIC_FIELDS) != section.was]
    empty = [section.topic.pk for section in sections if not section.rows and not section.topic._state.adding]
    _make_room(Topic, [*empty, *(topic.pk for topic in changed)])
    save_all([topic for topic in changed if topic.pk], TOPIC_FIELDS)
    create_all([topic for topic in changed if topic._state.adding])
    _write_rows(left)
    Topic.objects.filter(pk__in=empty).delete()


def _write_rows(sections: Sequence[Section]) -> None:
    stored = {row.pk: row for row in Subtopic.objects.filter(topic__in=_stored_topics(sections))}
    changed: list[Subtopic] = []
    for section in sections:
        for place, row in enumerate(section.rows, start=1):
            row.topic, row.sequence = section.topic, place
            if row.pk is None or _values(row, SUBTOPIC_FIELDS) != _values(stored[row.pk], SUBTOPIC_FIELDS):
                changed.append(row)
    _make_room(Subtopic, [row.pk for row in changed])
    save_all([row for row in changed if row.pk], SUBTOPIC_FIELDS)
    create_all([row for row in changed if row._state.adding])


def _stored_topics(sections: Sequence[Section]) -> list[int]:
    return list(Topic.objects.filter(book=sections[0].topic.book_id).values_list("pk", flat=True)) if sections else []


def _make_room(model: type[Topic | Subtopic], ids: Sequence[int | None]) -> None:
    model.objects.filter(pk__in=[pk for pk in ids if pk]).update(sequence=F("sequence") + APART)
