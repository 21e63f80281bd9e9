"""What accepting a proposal does, by its kind; each inside the current change, over rows as they are now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from books.errors import EditedMeanwhile
from books.guidelines.merging import merge_subtopics
from books.guidelines.ordering import order_subtopics, order_topics, span_pages
from books.guidelines.recutting import move, recut
from books.models import Proposal, ProposalKind, ReviewStatus, Subtopic, Topic

Rows = dict[str, Any]
MODELS: dict[str, type[Topic | Subtopic]] = {"topic": Topic, "subtopic": Subtopic}
CHANGED = "What this was about has changed since it was proposed. Run the job again to see what it says now."


def apply(proposal: Proposal) -> str:
    """Returns what was done, as a sentence. Raises EditedMeanwhile where the proposal is outdated."""
    return APPLY[ProposalKind(proposal.kind)](proposal, present_rows(proposal))


def present_rows(proposal: Proposal) -> Rows:
    """The rows that the proposal rests on, by name; raises EditedMeanwhile where one is gone or changed."""
    rows: Rows = {}
    for name, facts in proposal.rests_on.items():
        kind, _, pk = name.partition(":")
        row: Any = MODELS[kind].objects.filter(pk=pk).first()
        if row is None or any(getattr(row, field) != value for field, value in facts.items()):
            raise EditedMeanwhile(CHANGED)
        rows[name] = row
    return rows


def _set(proposal: Proposal, rows: Rows) -> str:
    (row,) = rows.values()
    before = row.title
    for field, value in proposal.after.items():
        setattr(row, field, value)
    if isinstance(row, Subtopic):
        _keep_decision(row, is_new_text="guideline" in proposal.after)
    row.save()
    return f"Renamed “{before}” to “{row.title}”" if "title" in proposal.after else f"Took the new text of “{before}”"


def _keep_decision(row: Subtopic, *, is_new_text: bool) -> None:
    """A new name leaves an approval as it is, but readers do not have it yet; a new text is to be looked at."""
    if is_new_text and row.status != ReviewStatus.DRAFT:
        row.await_review()
    elif row.status == ReviewStatus.PUBLISHED:
        row.status = ReviewStatus.APPROVED


def _merge(proposal: Proposal, rows: Rows) -> str:
    one, other = (rows[f"subtopic:{proposal.after[name]}"] for name in ("keeps", "takes_in"))
    merge_subtopics(one, other)
    _span_all(proposal)
    return f"Merged “{other.title}” into “{one.title}”"


def _order_subtopics(proposal: Proposal, rows: Rows) -> str:
    (topic,) = rows.values()
    present = list(topic.subtopics.order_by("sequence").values_list("pk", flat=True))
    order_subtopics(topic.pk, _left_of(proposal, present))
    topic.storyline = proposal.after["storyline"]
    topic.save(update_fields=["storyline"])
    return f"Put “{topic.title}” in another order of teaching"


def _order_topics(proposal: Proposal, _rows: Rows) -> str:
    present = list(Topic.objects.filter(book=proposal.book_id).order_by("sequence").values_list("pk", flat=True))
    order_topics(proposal.book_id, _left_of(proposal, present))
    return "Put the topics in another order of teaching"


def _left_of(proposal: Proposal, present: list[int]) -> list[int]:
    """The wanted order without what is gone; whoever ordered it anew, or added to it, made the proposal outdated."""
    if [pk for pk in proposal.before["order"] if pk in present] != present:
        raise EditedMeanwhile(CHANGED)
    return [pk for pk in proposal.after["order"] if pk in present]


def _recut(proposal: Proposal, rows: Rows) -> str:
    (row,) = rows.values()
    title = row.title
    if "topic" in proposal.after:
        move(row, proposal.after["topic"])
        done = f"Moved “{title}” to “{proposal.after['topic']['title']}”"
    else:
        recut(row, proposal.after["pieces"])
        done = f"Took the new cut in place of “{title}”"
    _span_all(proposal)
    return done


def _span_all(proposal: Proposal) -> None:
    span_pages(Topic.objects.filter(book=proposal.book_id).values_list("pk", flat=True))


APPLY: dict[ProposalKind, Callable[[Proposal, Rows], str]] = {
    ProposalKind.MERGE: _merge,
    ProposalKind.RENAME_TOPIC: _set,
    ProposalKind.RENAME_SUBTOPIC: _set,
    ProposalKind.REWRITE: _set,
    ProposalKind.REWRITE_TOPIC: _set,
    ProposalKind.ORDER_SUBTOPICS: _order_subtopics,
    ProposalKind.ORDER_TOPICS: _order_topics,
    ProposalKind.RECUT: _recut,
}
