"""From a subtopic to the facts that readers get of it, compared and written as one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from books.guidelines.parts import PARTS
from books.models import Book, PublishedGuideline, Subtopic, Topic

Facts = dict[str, Any]
BOOK_FACTS = ("country", "board", "grade", "subject", "language")
TOPIC_FACTS = ("topic_key", "topic_sequence", "topic_number", "topic_title", "topic_summary", "storyline")
OWN_FACTS = ("title", "summary", "guideline", "pages")
FACTS = (
    "book_title",
    *BOOK_FACTS,
    *TOPIC_FACTS,
    *OWN_FACTS,
    "key",
    "sequence",
    "number",
    "engine",
    "provenance",
    "reviewer",
    "reviewed_at",
)


def key_of(row: Topic | Subtopic) -> str:
    """What readers know the row by for ever: a database gives an id once (docs/adr/0003)."""
    return f"{row._meta.model_name}-{row.pk}"


def facts_of(subtopic: Subtopic) -> Facts:
    """All that readers get of an approved ``subtopic`` with its topic, book and reviewer loaded."""
    return {
        **own_facts(subtopic),
        **place_of(subtopic),
        "key": key_of(subtopic),
        "number": subtopic.number,
        "engine": subtopic.engine,
        "provenance": subtopic.provenance,
        "reviewer": subtopic.reviewed_by.get_full_name()[:150] if subtopic.reviewed_by else "",
        "reviewed_at": subtopic.reviewed_at,
    }


def own_facts(subtopic: Subtopic) -> Facts:
    """Its title, text and pages: what was approved."""
    return {
        "title": subtopic.title,
        "summary": subtopic.summary,
        "pages": subtopic.pages,
        "guideline": {part: list(_statements(subtopic.guideline, part)) for part in PARTS},
    }


def _statements(guideline: Any, part: str) -> Iterator[dict[str, Any]]:
    """Without what only reviewers need, and without what is no statement: a row may be older than this code."""
    listed = guideline.get(part) if isinstance(guideline, dict) else None
    for each in listed or []:
        if isinstance(each, dict):
            pages = [page for page in each.get("pages") or [] if isinstance(page, int)]
            yield {"text": str(each.get("text", "")), "pages": pages}


def place_of(subtopic: Subtopic) -> Facts:
    """Where it stands: everything about its book and its topic."""
    return {"sequence": subtopic.sequence, **topic_facts(subtopic.topic), **book_facts(subtopic.topic.book)}


def topic_facts(topic: Topic) -> Facts:
    return {
        "topic_key": key_of(topic),
        "topic_sequence": topic.sequence,
        "topic_number": topic.number,
        "topic_title": topic.title,
        "topic_summary": topic.summary,
        "storyline": topic.storyline,
    }


def book_facts(book: Book) -> Facts:
    return {"book_title": book.title, **{name: getattr(book, name) for name in BOOK_FACTS}}


def published_facts(row: PublishedGuideline) -> Facts:
    return {name: getattr(row, name) for name in FACTS}


def differences(before: Facts, after: Facts) -> list[str]:
    """The names of the facts that differ, in the order of a screen."""
    return [name for name in FACTS if before[name] != after[name]]
