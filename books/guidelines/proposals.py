"""Proposals: made by jobs, accepted or refused once, by a person or where the book allows it by themselves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from books.errors import DecisionRefused, EditedMeanwhile
from books.guidelines.applying import apply
from books.guidelines.changes import change
from books.guidelines.suggestions import Suggestion
from books.models import Book, Change, Proposal, ProposalKind, ProposalState, Subtopic
from jobs import clock
from jobs.models import Job


def waiting(book: Book) -> QuerySet[Proposal]:
    """Those that nobody decided yet."""
    return Proposal.objects.filter(book=book, state=ProposalState.OPEN)


def propose(book_id: int, suggestion: Suggestion, *, job: Job | None) -> Proposal | None:
    """Opens a proposal, in place of an open one on the same subject, and accepts it where it is to be done at once.

    None where the very same was proposed before: what a person refused or took back is not asked again.
    """
    content = _fingerprint(suggestion.after)
    with transaction.atomic():
        Book.objects.select_for_update().get(pk=book_id)
        earlier = Proposal.objects.filter(book=book_id, subject=suggestion.subject)
        if earlier.filter(content=content).exclude(state=ProposalState.OUTDATED).exists():
            return None
        for outdated in earlier.filter(state=ProposalState.OPEN):
            _close(outdated, ProposalState.OUTDATED)
        proposal = Proposal.objects.create(
            book_id=book_id,
            job=job,
            kind=suggestion.kind,
            subject=suggestion.subject,
            content=content,
            rests_on=suggestion.rests_on,
            before=suggestion.before,
            after=suggestion.after,
            reason=suggestion.reason,
            score=suggestion.score,
        )
        if suggestion.at_once:
            accept(proposal.pk, user=None, job=job)
    return proposal


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
        Book.objects.select_for_update().get(pk=proposal.book_id)
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
        raise DecisionRefused(f"This proposal is {now} already; nothing was done a second time.")


def _outdate(proposal: Proposal) -> None:
    """An outdated text is offered anew by the next run, against what is there then."""
    _close(proposal, ProposalState.OUTDATED)
    if proposal.kind == ProposalKind.REWRITE:
        Subtopic.objects.filter(pk__in=_subtopics(proposal)).update(made_from={})


def _subtopics(proposal: Proposal) -> Sequence[str]:
    return [name.partition(":")[2] for name in proposal.rests_on if name.startswith("subtopic:")]


def _fingerprint(after: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(after, sort_keys=True).encode()).hexdigest()
