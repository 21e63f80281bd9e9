"""What jobs propose: made, accepted or refused once, by a person or where the book allows it by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from books.errors import DecisionRefused, EditedMeanwhile
from books.guidelines.apply_proposal import apply, piece_of
from books.guidelines.changes import change, lock_book
from books.keys import fingerprint
from books.models import Book, Change, Proposal, ProposalKind, ProposalState, Subtopic, Topic
from books.stored.proposal import Content, Merge, NewTopic, Order, Pair, Piece, Pieces, Place, TopicFacts, Values
from jobs import clock
from jobs.models import Job

# What people read; whatever else is set along with it is no reason to think a proposal outdated.
TEXTS = ("title", "summary", "guideline", "storyline")


def name_of(row: Topic | Subtopic) -> str:
    return f"{type(row).__name__.lower()}:{row.pk}"


def setting(kind: ProposalKind, row: Topic | Subtopic, values: Values, reason: str, *, at_once: bool) -> Proposal:
    """Gives ``row`` other ``values`` in fields of its own; for renaming and rewriting."""
    shown = {name: getattr(row, name) for name in values.given}
    rests_on = {name: value for name, value in shown.items() if name in TEXTS}
    subject = ":".join((name_of(row), *rests_on))
    given = {name_of(row): Values(**rests_on)}
    return _made(kind, subject, given, Values(**shown), values, reason=reason, at_once=at_once)


def _made(
    kind: ProposalKind,
    subject: str,
    rests_on: dict[str, Values],
    before: Content,
    after: Content,
    *,
    at_once: bool = False,
    **more: Any,
) -> Proposal:
    """In memory."""
    made = Proposal(kind=kind, subject=subject, rests_on=rests_on, before=before, after=after, **more)
    made.at_once = at_once
    return made


def merging(one: Subtopic, other: Subtopic, reason: str, score: float, *, at_once: bool) -> Proposal:
    """``one`` takes in ``other``. A new name, more pages or other statements do not make them different."""
    rests_on = {name_of(row): Values(summary=row.summary) for row in (one, other)}
    before, after = Pair((one.title, other.title), (one.pages, other.pages)), Merge(one.pk, other.pk)
    subject = f"merge:{one.pk}:{other.pk}"
    return _made(ProposalKind.MERGE, subject, rests_on, before, after, reason=reason, score=score, at_once=at_once)


def ordering_subtopics(
    topic: Topic, present: Sequence[Subtopic], wanted: Sequence[int], storyline: str, reason: str = ""
) -> Proposal:
    before, after = Order(tuple(row.pk for row in present), topic.storyline), Order(tuple(wanted), storyline)
    rests_on = {name_of(topic): Values()}
    return _made(ProposalKind.ORDER_SUBTOPICS, f"order:{name_of(topic)}", rests_on, before, after, reason=reason)


def ordering_topics(present: Sequence[Topic], wanted: Sequence[int], reason: str) -> Proposal:
    before, after = Order(tuple(row.pk for row in present)), Order(tuple(wanted))
    return _made(ProposalKind.ORDER_TOPICS, "order:topics", {}, before, after, reason=reason)


def recutting(row: Subtopic, pieces: Sequence[Piece]) -> Proposal:
    """The new cut has ``pieces`` where ``row`` is; none: no guideline at all."""
    rests_on = {name_of(row): Values(key=row.key, pages=row.pages)}
    reason = gettext_noop("The book's outline has changed here. Until you decide, this guideline stays as it is.")
    after = Pieces(tuple(pieces))
    return _made(ProposalKind.RECUT, f"recut:{name_of(row)}", rests_on, _place_of(row), after, reason=reason)


def piece_offered(row: Subtopic) -> Piece | None:
    """What ``row`` would become by the new cut that is proposed for it."""
    found = Proposal.objects.filter(book=row.topic.book_id, subject=f"recut:{name_of(row)}", state=ProposalState.OPEN)
    after = getattr(found.first(), "after", None)
    return piece_of(row, after.pieces) if isinstance(after, Pieces) else None


def moving(row: Subtopic, topic: TopicFacts) -> Proposal:
    """The new cut has ``row`` in another ``topic``."""
    rests_on = {name_of(row): Values(key=row.key, topic_id=row.topic_id)}
    reason = gettext_noop("The book's outline has changed: this guideline now belongs to another topic.")
    after = NewTopic(topic)
    return _made(ProposalKind.RECUT, f"move:{name_of(row)}", rests_on, _place_of(row), after, reason=reason)


def _place_of(row: Subtopic) -> Place:
    return Place(row.title, row.pages, row.topic.title)


def waiting(book: Book) -> QuerySet[Proposal]:
    """Those that nobody decided yet."""
    return Proposal.objects.filter(book=book, state=ProposalState.OPEN)


def propose(book_id: int, wanted: Proposal, *, job: Job | None) -> Proposal | None:
    """Opens the proposal, in place of an open one on the same subject, and accepts it where it is to be done at once.

    None where the very same was proposed before: what a person refused or took back is not asked again.
    """
    wanted.content = fingerprint(asdict(wanted.after))
    with transaction.atomic():
        lock_book(book_id)
        earlier = Proposal.objects.filter(book=book_id, subject=wanted.subject)
        if earlier.filter(content=wanted.content).exclude(state=ProposalState.OUTDATED).exists():
            return None
        for outdated in earlier.filter(state=ProposalState.OPEN):
            _close(outdated, ProposalState.OUTDATED)
        wanted.book_id, wanted.job = book_id, job
        wanted.save()
        if wanted.at_once:
            accept(wanted.pk, user=None, job=job)
    return wanted


def accept(proposal_id: int, *, user: AbstractBaseUser | None, job: Job | None = None) -> Change | None:
    """Does what was proposed, as one change that can be undone; None where it was so already.

    Raises DecisionRefused where it was decided before, and EditedMeanwhile, with the proposal outdated, where its rows
    are others now.
    """
    proposal = Proposal.objects.get(pk=proposal_id)
    try:
        with change(proposal.book_id, str(proposal), user=user, job=job) as made:
            _close(proposal, ProposalState.ACCEPTED, user=user, change=made, is_automatic=job is not None)
            made.tell(apply(proposal))
    except EditedMeanwhile:
        _outdate(proposal)
        raise
    return made if made.wrote else None


def refuse(proposal_id: int, *, user: AbstractBaseUser | None) -> None:
    """Leaves everything as it is. Raises DecisionRefused where it was decided before."""
    proposal = Proposal.objects.get(pk=proposal_id)
    with transaction.atomic():
        lock_book(proposal.book_id)
        _close(proposal, ProposalState.REFUSED, user=user)


def accept_all(book_id: int, proposals: Iterable[int], *, user: AbstractBaseUser | None) -> tuple[int, int]:
    """Accepts those of ``proposals`` (ids) that are open, each a change of its own; returns how many were accepted,
    and how many could not be any more, since one before them or a person changed their rows."""
    accepted = left = 0
    for pk in Proposal.objects.filter(book=book_id, pk__in=list(proposals), state=ProposalState.OPEN).values_list(
        "pk", flat=True
    ):
        try:
            accept(pk, user=user)
            accepted += 1
        except (EditedMeanwhile, DecisionRefused):
            left += 1
    return accepted, left


def is_in_force(change: Change | None) -> bool:
    """Whether what ``change`` did stands: not undone, or done again since."""
    undone_by = getattr(change, "undone_by", None) if change else None
    return change is not None and (undone_by is None or not is_in_force(undone_by))


def _close(proposal: Proposal, state: ProposalState, user: AbstractBaseUser | None = None, **facts: Any) -> None:
    """Compares and sets: only one of several who decide at once does it."""
    facts |= {"state": state, "decided_at": clock.now(), "decided_by_id": user.pk if user else None}
    if Proposal.objects.filter(pk=proposal.pk, state=ProposalState.OPEN).update(**facts) != 1:
        now = Proposal.objects.get(pk=proposal.pk).get_state_display().lower()
        raise DecisionRefused(_("This proposal is {now} already; nothing was done a second time.").format(now=now))


def _outdate(proposal: Proposal) -> None:
    """An outdated text is offered anew by the next run, against what is there then."""
    _close(proposal, ProposalState.OUTDATED)
    if proposal.kind == ProposalKind.REWRITE:
        Subtopic.objects.filter(pk__in=_subtopics(proposal)).update(made_from=[])


def _subtopics(proposal: Proposal) -> Sequence[str]:
    return [name.partition(":")[2] for name in proposal.rests_on if name.startswith("subtopic:")]
