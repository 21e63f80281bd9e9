"""Two subtopics that teach the same become one, with the pages and statements of both."""

from __future__ import annotations

from typing import Any

from books.guidelines.ordering import close_gaps
from books.models import ReviewStatus, Subtopic

Statements = list[dict[str, Any]]


def merge_subtopics(one: Subtopic, other: Subtopic) -> None:
    """``one`` takes the pages and statements of ``other``, which goes, as does its topic where it was the last there.

    In the current change, with rows read inside it. A decision on ``one`` was about less than it is now: it awaits
    review again.
    """
    one.guideline = _merged(one.guideline, other.guideline)
    one.pages = sorted({*one.pages, *other.pages})
    one.terms = {term: one.terms.get(term, 0) + other.terms.get(term, 0) for term in {**one.terms, **other.terms}}
    if one.status != ReviewStatus.DRAFT:
        one.await_review()
    one.save()
    topic_id = other.topic_id
    other.delete()
    close_gaps(topic_id)


def _merged(one: dict[str, Statements], other: dict[str, Statements]) -> dict[str, Statements]:
    return {part: _union(one.get(part, []), other.get(part, [])) for part in {**one, **other}}


def _union(one: Statements, other: Statements) -> Statements:
    """Equal statements once, with the pages of both."""
    kept: dict[str, dict[str, Any]] = {}
    for statement in (*one, *other):
        known = kept.get(statement["text"], statement)
        kept[statement["text"]] = {**known, "pages": sorted({*known["pages"], *statement["pages"]})}
    return list(kept.values())
