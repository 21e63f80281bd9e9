"""How two published sets differ, for a person: each guideline's texts with the words that changed marked."""

from __future__ import annotations

from dataclasses import dataclass

from books.guidelines.parts import PART_TITLES
from books.guidelines.wording import WordChange, word_changes
from books.models import Book, PublishedGuideline
from books.publishing.selectors import Difference, differences_between

# What a person calls the facts, in the order of the screen; the rest (reviewer, keys, engine) is told in a line.
TEXTS = {
    "topic_title": "Topic",
    "title": "Title",
    "summary": "Summary",
    "topic_summary": "Summary of the topic",
    "storyline": "Storyline",
}
OTHERS = {
    "sequence": "place in the topic",
    "topic_sequence": "place of the topic",
    "topic_key": "topic",
    "number": "number",
    "topic_number": "number of the topic",
    "pages": "pages",
    "book_title": "title of the book",
    "country": "country",
    "board": "board",
    "grade": "grade",
    "subject": "subject",
    "language": "language",
    "engine": "engine",
    "provenance": "how it was made",
    "reviewer": "reviewer",
    "reviewed_at": "time of approval",
}


@dataclass(frozen=True, slots=True)
class Passage:
    label: str
    words: list[WordChange]


@dataclass(frozen=True, slots=True)
class Shown:
    """``state`` is new, gone or changed; ``also`` names what changed beside the texts."""

    title: str
    topic: str
    state: str
    passages: list[Passage]
    also: list[str]


def shown_differences(book: Book, before: int, after: int) -> list[Shown]:
    return [_shown(each) for each in differences_between(book, before, after)]


def _shown(difference: Difference) -> Shown:
    row = difference.either
    if difference.before is None or difference.after is None:
        return Shown(row.title, row.topic_title, "new" if difference.after else "gone", [], [])
    old, new = _texts(difference.before), _texts(difference.after)
    passages = [
        Passage(label, word_changes(old[label], text)) for label, text in new.items() if old.get(label, "") != text
    ]
    return Shown(
        row.title,
        row.topic_title,
        "changed",
        passages,
        named(tuple(name for name in difference.changed if name in OTHERS)),
    )


def named(facts: tuple[str, ...]) -> list[str]:
    """What a person calls ``facts``."""
    names = {name: label.lower() for name, label in TEXTS.items()} | {"guideline": "guideline"} | OTHERS
    return [names[name] for name in facts]


def _texts(row: PublishedGuideline) -> dict[str, str]:
    texts = {label: getattr(row, name) for name, label in TEXTS.items()}
    return texts | {label: _part(row, part) for part, label in PART_TITLES.items()}


def _part(row: PublishedGuideline, part: str) -> str:
    statements = row.guideline.get(part, [])
    return "\n".join(f"{each['text']} [p. {', '.join(map(str, each['pages']))}]" for each in statements)
