"""Which rows of a book a file speaks of: by id in a sheet, by key or else title in a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from books.errors import ImportRefused
from books.models import GuidelineImport, Subtopic, Topic
from books.publishing.document import DocumentIn, SubtopicIn, TopicIn


@dataclass(frozen=True, slots=True)
class Pair:
    """What the file says of a row, and the row, None for a new one. ``topic`` is its topic's place in the file, -1 in
    a sheet, which moves nothing."""

    wanted: SubtopicIn
    row: Subtopic | None
    topic: int


def wanted_of(received: GuidelineImport) -> Iterator[SubtopicIn]:
    for row in received.document.get("rows", ()):
        yield SubtopicIn(**row)
    for topic in _topics(received):
        yield from topic.subtopics


def _topics(received: GuidelineImport) -> list[TopicIn]:
    return DocumentIn(**received.document).topics if "topics" in received.document else []


def pairs_of(received: GuidelineImport) -> list[Pair]:
    rows = list(Subtopic.objects.filter(topic__book=received.book_id).select_related("topic"))
    if "rows" in received.document:
        return list(_by_id(list(wanted_of(received)), {row.pk: row for row in rows}))
    left = list(rows)
    pairs: list[Pair] = []
    for place, (topic, present) in enumerate(topic_pairs(received)):
        for wanted in topic.subtopics:
            row = _found(wanted, present, left)
            if row is not None:
                left.remove(row)
            pairs.append(Pair(wanted, row, place))
    return pairs


def _found(wanted: SubtopicIn, topic: Topic | None, rows: Sequence[Subtopic]) -> Subtopic | None:
    """The one of ``rows`` with its key, which may be in another topic by now, or else with its title in this one."""
    here = [row for row in rows if topic is not None and row.topic_id == topic.pk]
    named = [row for row in (*here, *rows) if wanted.key and row.key == wanted.key]
    return next(iter(named or [row for row in here if row.title == wanted.title]), None)


def _by_id(wanted: Sequence[SubtopicIn], rows: dict[int, Subtopic]) -> Iterator[Pair]:
    seen: set[int] = set()
    for each in wanted:
        if each.id not in rows or each.id in seen:
            raise ImportRefused(
                f"“{each.title}” has the id {each.id}, which "
                + ("stands twice in the sheet." if each.id in seen else "is no guideline of this book.")
            )
        seen.add(each.id)
        yield Pair(each, rows[each.id], -1)


def topic_pairs(received: GuidelineImport) -> list[tuple[TopicIn, Topic | None]]:
    """Each topic of the file with the book's of its key, or else of its title; none of the book's twice."""
    left = list(Topic.objects.filter(book=received.book_id))
    pairs: list[tuple[TopicIn, Topic | None]] = []
    for wanted in _topics(received):
        named = [row for row in left if wanted.key and row.key == wanted.key]
        row = next(iter(named or [row for row in left if row.title == wanted.title]), None)
        if row is not None:
            left.remove(row)
        pairs.append((wanted, row))
    return pairs
