"""What accepting a proposal does, by its kind; each inside the current change, over rows as they are now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from books.errors import EditedMeanwhile
from books.guidelines.changes import RENAMED
from books.guidelines.order import close_gaps, order_subtopics, order_topics, place_behind
from books.guidelines.split import merge_subtopics
from books.models import Proposal, ProposalKind, ProposalState, ReviewStatus, Subtopic, Topic
from books.models.page import page_numbers
from books.sentences import gettext_noop, told
from books.stored.proposal import Merge, NewTopic, Order, Piece, Pieces, TopicFacts, Values
from jobs import clock


def recut(row: Subtopic, pieces: Sequence[Piece]) -> None:
    """``row`` becomes the piece that shares most pages with it and has no guideline of its own yet; without such a
    piece it goes. In the current change.

    What a person wrote stays in it, to be reviewed again. The other pieces get all of their pages.
    """
    best = piece_of(row, pieces)
    if best is None:
        _remove(row)
        return
    for piece in _free(row, pieces):
        if piece is not best:
            _fill(row, piece)
    _become(row, best)


def piece_of(row: Subtopic, pieces: Sequence[Piece]) -> Piece | None:
    """That which ``row`` becomes."""
    return max(_free(row, pieces), key=lambda piece: len({*piece.pages} & {*row.pages}), default=None)


def _free(row: Subtopic, pieces: Sequence[Piece]) -> list[Piece]:
    return [piece for piece in pieces if not _is_whole(_holder(row, piece), piece)]


def move(row: Subtopic, facts: TopicFacts) -> None:
    """Puts ``row`` at the end of the topic, in the current change."""
    left = row.topic_id
    topic = _topic(row.topic.book_id, facts)
    row.topic, row.sequence, row.cut_topic = topic, place_behind(topic.pk), topic.key
    row.save(update_fields=["topic", "sequence", "cut_topic"])
    close_gaps(left)


def _become(row: Subtopic, piece: Piece) -> None:
    stand_in = _holder(row, piece)
    if stand_in is not None:
        if stand_in.is_decided:
            raise EditedMeanwhile(
                _("A person decided on “{title}” since, which has its place in the new cut.").format(
                    title=stand_in.title
                )
            )
        _remove(stand_in)
        row.refresh_from_db()
    row.key, row.pages, row.start_line = piece.key, piece.pages, piece.start_line
    row.number, row.cut_topic, row.merged_keys = piece.number, piece.topic.key, []
    if not row.is_edited:
        row.title = piece.title
    if row.status != ReviewStatus.DRAFT:
        row.await_review()
    row.save()
    if row.topic.key != piece.topic.key:
        move(row, piece.topic)


def _fill(row: Subtopic, piece: Piece) -> None:
    """A guideline for the piece with all its pages; one that a person decided on gets them too, to be looked at."""
    present = _holder(row, piece)
    if present is None:
        topic = _topic(row.topic.book_id, piece.topic)
        facts = {name: getattr(piece, name) for name in ("key", "title", "number", "start_line", "pages")}
        Subtopic.objects.create(topic=topic, sequence=place_behind(topic.pk), cut_topic=topic.key, **facts)
        return
    present.pages = page_numbers(row.topic.book_id).in_order((*present.pages, *piece.pages))
    if present.status != ReviewStatus.DRAFT:
        present.await_review()
    present.save()


def _holder(row: Subtopic, piece: Piece) -> Subtopic | None:
    """Which other guideline stands for the piece."""
    return Subtopic.objects.filter(topic__book=row.topic.book_id, key=piece.key).exclude(pk=row.pk).first()


def _is_whole(holder: Subtopic | None, piece: Piece) -> bool:
    return holder is not None and {*holder.pages} >= {*piece.pages}


def _topic(book_id: int, facts: TopicFacts) -> Topic:
    topics = Topic.objects.filter(book=book_id)
    found = topics.filter(key=facts.key).first()
    return found or Topic.objects.create(
        book_id=book_id, sequence=topics.count() + 1, key=facts.key, number=facts.number, title=facts.title
    )


def _remove(row: Subtopic) -> None:
    topic_id = row.topic_id
    row.delete()
    close_gaps(topic_id)


Rows = dict[str, Any]
Kind = TypeVar("Kind")
MODELS: dict[str, type[Topic | Subtopic]] = {"topic": Topic, "subtopic": Subtopic}
CHANGED = gettext_lazy(
    "What this was about has changed since it was proposed. Run the job again to see what it says now."
)


def apply(proposal: Proposal) -> str:
    """Returns what was done, as a sentence. Raises EditedMeanwhile where the proposal is outdated."""
    return APPLY[ProposalKind(proposal.kind)](proposal, present_rows(proposal))


def present_rows(proposal: Proposal) -> Rows:
    """The rows that the proposal rests on, by name; raises EditedMeanwhile where one is gone or changed."""
    rows: Rows = {}
    for name, facts in proposal.rests_on.items():
        kind, _, pk = name.partition(":")
        row: Any = MODELS[kind].objects.filter(pk=pk).first()
        if row is None or any(getattr(row, field) != value for field, value in facts.given.items()):
            raise EditedMeanwhile(str(CHANGED))
        rows[name] = row
    return rows


def _set(proposal: Proposal, rows: Rows) -> str:
    (row,) = rows.values()
    before, after = row.title, _content(proposal, Values)
    if isinstance(row, Subtopic) and after.pages is not None:
        _take_cut(row)
    for field, value in after.given.items():
        setattr(row, field, value)
    if isinstance(row, Subtopic):
        _keep_decision(row, is_new_text=after.guideline is not None)
    row.save()
    if after.title is not None:
        return told(RENAMED, title=before, other=row.title)
    return told("Took the new text of “{title}”", title=before)


def _take_cut(row: Subtopic) -> None:
    """A text for other pages comes with the new cut that has them."""
    open_ones = Proposal.objects.filter(book=row.topic.book_id, state=ProposalState.OPEN)
    proposed = open_ones.filter(subject=f"recut:subtopic:{row.pk}").first()
    if proposed is not None and isinstance(proposed.after, Pieces):
        recut(row, proposed.after.pieces)
        open_ones.filter(pk=proposed.pk).update(state=ProposalState.OUTDATED, decided_at=clock.now())


def _content(proposal: Proposal, kind: type[Kind]) -> Kind:
    """What is there after it, which for its kind is of that type."""
    if not isinstance(proposal.after, kind):
        raise TypeError(f"{proposal.kind} with {type(proposal.after).__name__}")
    return proposal.after


def _keep_decision(row: Subtopic, *, is_new_text: bool) -> None:
    """A new name leaves an approval as it is, but readers do not have it yet; a new text is to be looked at."""
    if is_new_text and row.status != ReviewStatus.DRAFT:
        row.await_review()
    elif row.status == ReviewStatus.PUBLISHED:
        row.status = ReviewStatus.APPROVED


def _merge(proposal: Proposal, rows: Rows) -> str:
    after = _content(proposal, Merge)
    one, other = rows[f"subtopic:{after.keeps}"], rows[f"subtopic:{after.takes_in}"]
    merge_subtopics(one, other)
    return told("Merged “{other}” into “{title}”", other=other.title, title=one.title)


def _order_subtopics(proposal: Proposal, rows: Rows) -> str:
    (topic,) = rows.values()
    present = list(topic.subtopics.order_by("sequence").values_list("pk", flat=True))
    order_subtopics(topic.pk, _left_of(proposal, present))
    topic.storyline = _content(proposal, Order).storyline
    topic.save(update_fields=["storyline"])
    return told("Put “{title}” in another order of teaching", title=topic.title)


def _order_topics(proposal: Proposal, _rows: Rows) -> str:
    present = list(Topic.objects.filter(book=proposal.book_id).order_by("sequence").values_list("pk", flat=True))
    order_topics(proposal.book_id, _left_of(proposal, present))
    return gettext_noop("Put the topics in another order of teaching")


def _left_of(proposal: Proposal, present: list[int]) -> list[int]:
    """The wanted order without what is gone; whoever ordered it anew, or added to it, made the proposal outdated."""
    before = proposal.before.order if isinstance(proposal.before, Order) else ()
    if [pk for pk in before if pk in present] != present:
        raise EditedMeanwhile(str(CHANGED))
    return [pk for pk in _content(proposal, Order).order if pk in present]


def _recut(proposal: Proposal, rows: Rows) -> str:
    (row,) = rows.values()
    title = row.title
    if isinstance(proposal.after, NewTopic):
        move(row, proposal.after.topic)
        return told("Moved “{title}” to “{topic}”", title=title, topic=proposal.after.topic.title)
    recut(row, _content(proposal, Pieces).pieces)
    return told("Took the new cut in place of “{title}”", title=title)


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
