"""What accepting a proposal does, by its kind; each inside the current change, over rows as they are now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from books.errors import EditedMeanwhile
from books.guidelines.order import close_gaps, order_subtopics, order_topics, span_pages
from books.guidelines.split import merge_subtopics
from books.models import Proposal, ProposalKind, ReviewStatus, Subtopic, Topic

Piece = dict[str, Any]


def recut(row: Subtopic, pieces: Sequence[Piece]) -> None:
    """``row`` becomes the piece that shares most pages with it and has no guideline of its own yet; without such a
    piece it goes. In the current change.

    What a person wrote stays in it, to be reviewed again. The other pieces get all of their pages.
    """
    free = [piece for piece in pieces if not _is_whole(_holder(row, piece), piece)]
    if not free:
        _remove(row)
        return
    best = max(free, key=lambda piece: len({*piece["pages"]} & {*row.pages}))
    for piece in free:
        if piece is not best:
            _fill(row, piece)
    _become(row, best)


def move(row: Subtopic, facts: dict[str, Any]) -> None:
    """Puts ``row`` at the end of the topic, in the current change."""
    left = row.topic_id
    topic = _topic(row.topic.book_id, facts)
    row.topic, row.sequence, row.cut_topic = topic, _after_last(topic), topic.key
    row.save(update_fields=["topic", "sequence", "cut_topic"])
    close_gaps(left)


def _become(row: Subtopic, piece: Piece) -> None:
    stand_in = _holder(row, piece)
    if stand_in is not None:
        if stand_in.is_decided:
            raise EditedMeanwhile(f"A person decided on “{stand_in.title}” since, which has its place in the new cut.")
        _remove(stand_in)
        row.refresh_from_db()
    row.key, row.pages, row.start_line = piece["key"], piece["pages"], piece["start_line"]
    row.number, row.cut_topic, row.merged_keys = piece["number"], piece["topic"]["key"], []
    if not row.is_edited:
        row.title = piece["title"]
    if row.status != ReviewStatus.DRAFT:
        row.await_review()
    row.save()
    if row.topic.key != piece["topic"]["key"]:
        move(row, piece["topic"])


def _fill(row: Subtopic, piece: Piece) -> None:
    """A guideline for the piece with all its pages; one that a person decided on gets them too, to be looked at."""
    present = _holder(row, piece)
    if present is None:
        topic = _topic(row.topic.book_id, piece["topic"])
        facts = {name: piece[name] for name in ("key", "title", "number", "start_line", "pages")}
        Subtopic.objects.create(topic=topic, sequence=_after_last(topic), cut_topic=topic.key, **facts)
        return
    present.pages = sorted({*present.pages, *piece["pages"]})
    if present.status != ReviewStatus.DRAFT:
        present.await_review()
    present.save()


def _holder(row: Subtopic, piece: Piece) -> Subtopic | None:
    """Which other guideline stands for the piece."""
    return Subtopic.objects.filter(topic__book=row.topic.book_id, key=piece["key"]).exclude(pk=row.pk).first()


def _is_whole(holder: Subtopic | None, piece: Piece) -> bool:
    return holder is not None and {*holder.pages} >= {*piece["pages"]}


def _topic(book_id: int, facts: dict[str, Any]) -> Topic:
    topics = Topic.objects.filter(book=book_id)
    found = topics.filter(key=facts["key"]).first()
    return found or Topic.objects.create(book_id=book_id, sequence=topics.count() + 1, **facts)


def _after_last(topic: Topic) -> int:
    last = topic.subtopics.order_by("-sequence").values_list("sequence", flat=True).first()
    return (last or 0) + 1


def _remove(row: Subtopic) -> None:
    topic_id = row.topic_id
    row.delete()
    close_gaps(topic_id)


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
