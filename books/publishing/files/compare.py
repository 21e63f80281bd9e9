"""Which rows of a book a file speaks of, and what it would change in them, word by word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from books.errors import ImportRefused
from books.guidelines.history import WordChange
from books.guidelines.history import differences as changed_words
from books.models import GuidelineImport, Subtopic, Topic
from books.models.page import page_numbers
from books.publishing.files.document import DocumentIn, SubtopicIn, TopicIn
from books.stored.guideline import Part, numbered, with_pages
from books.stored.pages import PageNumbers, ranges


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
                (
                    _("“{title}” has the id {id}, which stands twice in the sheet.")
                    if each.id in seen
                    else _("“{title}” has the id {id}, which is no guideline of this book.")
                ).format(title=each.title, id=each.id)
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


# A topic's pages are those of what is in it, whatever the file says.
TOPIC_FIELDS = ("title", "number", "summary", "storyline")


@dataclass(frozen=True, slots=True)
class Difference:
    """What the file would make of one topic or subtopic; ``fields`` pairs a field's title with its words."""

    kind: Literal["new", "changed"]
    title: str
    fields: list[tuple[str, list[WordChange]]]


def differences(received: GuidelineImport) -> list[Difference]:
    """What applying it would change, in the order of the file; nothing where the book says the same already."""
    found = [topic_difference(wanted, row) for wanted, row in topic_pairs(received)]
    numbers = page_numbers(received.book_id)
    is_sheet = "rows" in received.document
    found += [_of_subtopic(pair, numbers, is_sheet=is_sheet) for pair in pairs_of(received)]
    return [each for each in found if each.fields or each.kind == "new"]


def topic_difference(wanted: TopicIn, row: Topic | None) -> Difference:
    said = {name: str(getattr(wanted, name)) for name in TOPIC_FIELDS}
    present = {name: str(getattr(row, name)) if row else "" for name in TOPIC_FIELDS}
    return Difference("changed" if row else "new", wanted.title, changed_words(present, said))


def _of_subtopic(pair: Pair, numbers: PageNumbers, *, is_sheet: bool) -> Difference:
    present = _words(facts_of(pair.row, numbers)) if pair.row else {}
    said = _words(said_of(pair.wanted))
    if is_sheet:
        said.pop("number")
    return Difference("changed" if pair.row else "new", pair.wanted.title, changed_words(present, said))


@dataclass(frozen=True, slots=True)
class Said:
    """What a row says, or a file of one: a text with its scan pages a statement."""

    title: str
    number: str
    summary: str
    pages: list[int]
    parts: dict[Part, list[tuple[str, list[int]]]]


def facts_of(row: Subtopic, numbers: PageNumbers) -> Said:
    guideline = numbered(row.guideline, numbers)
    parts = {part: [(each.text, list(each.pages)) for each in guideline.get(part, ())] for part in Part}
    return Said(row.title, row.number, row.summary, numbers.numbers(row.pages), parts)


def said_of(wanted: SubtopicIn) -> Said:
    parts = {part: [(each.text, each.pages) for each in wanted.guideline.get(part, ())] for part in Part}
    return Said(wanted.title, wanted.number, wanted.summary, wanted.pages, parts)


def _words(said: Said) -> dict[str, str]:
    """As a person reads them: a line a statement."""
    facts = {"title": said.title, "number": said.number, "summary": said.summary, "pages": ranges(said.pages)}
    return facts | {str(part): "\n".join(with_pages(*each) for each in said.parts[part]) for part in Part}
