"""What can be proposed: a constructor a kind, each with what it rests on, what is there and what would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from books.models import ProposalKind, Subtopic, Topic

Facts = dict[str, Any]
# What people read; whatever else is set along with it is no reason to think a proposal outdated.
TEXTS = ("title", "summary", "guideline", "storyline")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """See ``books.models.Proposal`` for what its fields hold."""

    kind: ProposalKind
    subject: str
    rests_on: dict[str, Facts]
    before: Facts
    after: Facts
    reason: str = ""
    score: float | None = None
    # Whether a person may have to decide, or it is done at once.
    at_once: bool = field(default=False, kw_only=True)


def name_of(row: Topic | Subtopic) -> str:
    return f"{type(row).__name__.lower()}:{row.pk}"


def setting(kind: ProposalKind, row: Topic | Subtopic, values: Facts, reason: str, *, at_once: bool) -> Suggestion:
    """Gives ``row`` other ``values`` in fields of its own; for renaming and rewriting."""
    shown = {name: getattr(row, name) for name in values}
    rests_on = {name: value for name, value in shown.items() if name in TEXTS}
    subject = ":".join((name_of(row), *rests_on))
    return Suggestion(kind, subject, {name_of(row): rests_on}, shown, values, reason, at_once=at_once)


def merging(one: Subtopic, other: Subtopic, reason: str, score: float, *, at_once: bool) -> Suggestion:
    """``one`` takes in ``other``. A new name, more pages or other statements do not make them different."""
    rests_on = {name_of(row): {"summary": row.summary} for row in (one, other)}
    before = {"titles": [one.title, other.title], "pages": [one.pages, other.pages]}
    after = {"keeps": one.pk, "takes_in": other.pk}
    subject = f"merge:{one.pk}:{other.pk}"
    return Suggestion(ProposalKind.MERGE, subject, rests_on, before, after, reason, score, at_once=at_once)


def ordering_subtopics(topic: Topic, present: Sequence[Subtopic], wanted: Sequence[int], storyline: str) -> Suggestion:
    after = {"order": list(wanted), "storyline": storyline}
    before = {"order": [row.pk for row in present], "storyline": topic.storyline}
    return Suggestion(ProposalKind.ORDER_SUBTOPICS, f"order:{name_of(topic)}", {name_of(topic): {}}, before, after)


def ordering_topics(present: Sequence[Topic], wanted: Sequence[int], reason: str) -> Suggestion:
    before, after = {"order": [row.pk for row in present]}, {"order": list(wanted)}
    return Suggestion(ProposalKind.ORDER_TOPICS, "order:topics", {}, before, after, reason)


def recutting(row: Subtopic, pieces: Sequence[Facts]) -> Suggestion:
    """The new cut has ``pieces`` (see ``books.guidelines.recutting``) where ``row`` is; none: no guideline at all."""
    before = {"title": row.title, "pages": row.pages, "topic": row.topic.title}
    rests_on = {name_of(row): {"key": row.key, "pages": row.pages}}
    reason = "The book would now be cut otherwise here. Until you decide, this guideline stays as it is."
    return Suggestion(ProposalKind.RECUT, f"recut:{name_of(row)}", rests_on, before, {"pieces": list(pieces)}, reason)


def moving(row: Subtopic, topic: Facts) -> Suggestion:
    """The new cut has ``row`` in another ``topic`` ("key", "number", "title", "first_page", "last_page")."""
    before = {"title": row.title, "pages": row.pages, "topic": row.topic.title}
    rests_on = {name_of(row): {"key": row.key, "topic_id": row.topic_id}}
    reason = "The book would now be cut otherwise: this guideline belongs to another topic there."
    return Suggestion(ProposalKind.RECUT, f"move:{name_of(row)}", rests_on, before, {"topic": topic}, reason)
