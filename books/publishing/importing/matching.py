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
    by_key = {row.key: row for row in rows}
    by_title = {(row.topic.title, row.title): row for row in rows}
    pairs: list[Pair] = []
    taken: set[int] = set()
    for place, topic in enumerate(_topics(received)):
        for wanted in topic.subtopics:
            row = by_key.get(wanted.key) or by_title.get((topic.title, wanted.title))
            if row is not None and row.pk in taken:
                row = None
            taken.add(row.pk if row else 0)
            pairs.append(Pair(wanted, row, place))
    return pairs


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
    rows = list(Topic.objects.filter(book=received.book_id))
    keys, titles = {row.key: row for row in rows if row.key}, {row.title: row for row in rows}
    return [(each, keys.get(each.key) or titles.get(each.title)) for each in _topics(received)]
