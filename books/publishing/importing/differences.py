"""What a file would change in a book, word by word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from books.guidelines.parts import PART_TITLES, PARTS, statements_of
from books.guidelines.wording import WordChange, word_changes
from books.models import GuidelineImport, Subtopic, Topic
from books.publishing.document import SubtopicIn, TopicIn
from books.publishing.importing.matching import Pair, pairs_of, topic_pairs
from books.publishing.sheets import ranges

TOPIC_FIELDS = ("title", "number", "summary", "storyline", "first_page", "last_page")


@dataclass(frozen=True, slots=True)
class Difference:
    """What the file would make of one topic or subtopic; ``fields`` pairs a field's title with its words."""

    kind: Literal["new", "changed"]
    title: str
    fields: list[tuple[str, list[WordChange]]]


def differences(received: GuidelineImport) -> list[Difference]:
    """What applying it would change, in the order of the file; nothing where the book says the same already."""
    found = [topic_difference(wanted, row) for wanted, row in topic_pairs(received)]
    found += [_of_subtopic(pair, received.document) for pair in pairs_of(received)]
    return [each for each in found if each.fields or each.kind == "new"]


def topic_difference(wanted: TopicIn, row: Topic | None) -> Difference:
    said = {name: str(getattr(wanted, name)) for name in TOPIC_FIELDS}
    present = {name: str(getattr(row, name)) if row else "" for name in TOPIC_FIELDS}
    return Difference("changed" if row else "new", wanted.title, _changed(present, said))


def _of_subtopic(pair: Pair, document: dict[str, Any]) -> Difference:
    present = _words(facts_of(pair.row)) if pair.row else {}
    said = _words(said_of(pair.wanted))
    if "rows" in document:
        said.pop("number")
    return Difference("changed" if pair.row else "new", pair.wanted.title, _changed(present, said))


def _changed(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, list[WordChange]]]:
    pairs = ((name, before.get(name, ""), text) for name, text in after.items())
    return [
        (PART_TITLES.get(name, name.replace("_", " ").capitalize()), word_changes(old, new))
        for name, old, new in pairs
        if old != new
    ]


def facts_of(row: Subtopic) -> dict[str, Any]:
    parts = {part: [(each["text"], each["pages"]) for each in statements_of(row.guideline, part)] for part in PARTS}
    return {"title": row.title, "number": row.number, "summary": row.summary, "pages": row.pages, **parts}


def said_of(wanted: SubtopicIn) -> dict[str, Any]:
    parts = {part: [(each.text, each.pages) for each in wanted.guideline.get(part, [])] for part in PARTS}
    return {"title": wanted.title, "number": wanted.number, "summary": wanted.summary, "pages": wanted.pages, **parts}


def _words(facts: dict[str, Any]) -> dict[str, str]:
    """As a person reads them: a line a statement."""
    lines = {part: "\n".join(f"{text} [{ranges(pages)}]" for text, pages in facts[part]) for part in PARTS}
    return {**facts, "pages": ranges(facts["pages"]), **lines}
