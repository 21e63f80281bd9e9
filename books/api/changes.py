"""What was changed in a book's guidelines and what jobs propose, as JSON: taking back, accepting, refusing."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema
from ninja.pagination import paginate

from books.api.base import READ, REVIEW, Id, Paging, document, opened, require
from books.api.review import CHANGE, VIEW
from books.guidelines.changes import changes_of, undo, undoable
from books.guidelines.proposals import accept, refuse
from books.models import Change, Proposal, ProposalKind, ProposalState
from books.models.page import page_numbers
from books.stored.pages import PageNumbers
from books.stored.proposal import document_of

router = Router(tags=["review"])
CHANGES_A_PAGE = 50


class ChangeOut(Schema):
    id: int
    sentence: str
    made_by: str | None
    made_at: datetime
    may_be_undone: bool


@router.get("/{int:book_id}/changes", auth=READ, response=list[ChangeOut])
def list_changes(request: HttpRequest, book_id: int, before: Query[Id | None] = None) -> list[ChangeOut]:
    """Newest first, fifty at a time; ``before`` is the id of a change."""
    rows = changes_of(opened(request, book_id, VIEW)[1])
    found = list((rows.filter(pk__lt=before) if before else rows)[:CHANGES_A_PAGE])
    open_ones = undoable(found)
    return [_change(each, may_be_undone=each.pk in open_ones) for each in found]


@router.post("/{int:book_id}/changes/{int:change_id}/undo", auth=REVIEW, response=ChangeOut)
def undo_change(request: HttpRequest, book_id: int, change_id: int) -> ChangeOut:
    """Brings back what it changed, as a change of its own, which is the answer."""
    user = require(request, CHANGE)
    get_object_or_404(Change, pk=change_id, book=book_id)
    return _change(undo(change_id, user=user), may_be_undone=True)


def _change(change: Change, *, may_be_undone: bool) -> ChangeOut:
    made_by = str(change.made_by) if change.made_by else None
    return document(ChangeOut, change, made_by=made_by, may_be_undone=may_be_undone)


class ProposalOut(Schema):
    """``before`` and ``after`` depend on the kind; their pages are scan numbers as they are now. ``score`` is 0 to 1;
    ``change_id`` is what accepting it did."""

    id: int
    kind: ProposalKind
    state: ProposalState
    reason: str
    score: float | None
    before: dict[str, Any]
    after: dict[str, Any]
    is_automatic: bool
    created_at: datetime
    decided_at: datetime | None
    change_id: int | None


@router.get("/{int:book_id}/proposals", auth=READ, response=list[ProposalOut], tags=["proposals"])
@paginate(Paging)
def proposals(request: HttpRequest, book_id: int, state: ProposalState | None = None) -> list[ProposalOut]:
    _, book = opened(request, book_id, VIEW)
    found = book.proposals.filter(state=state) if state else book.proposals.all()
    numbers = page_numbers(book_id)
    return [_proposal(each, numbers) for each in found.order_by("pk")]


@router.post("/{int:book_id}/proposals/{int:proposal_id}/accept", auth=REVIEW, response=ProposalOut, tags=["proposals"])
def accept_proposal(request: HttpRequest, book_id: int, proposal_id: int) -> ProposalOut:
    """409 where it was decided before, or what it is about has changed since."""
    user = require(request, CHANGE)
    accept(_known(book_id, proposal_id), user=user)
    return _proposal(Proposal.objects.get(pk=proposal_id), page_numbers(book_id))


@router.post("/{int:book_id}/proposals/{int:proposal_id}/refuse", auth=REVIEW, response=ProposalOut, tags=["proposals"])
def refuse_proposal(request: HttpRequest, book_id: int, proposal_id: int) -> ProposalOut:
    """409 where it was decided before."""
    user = require(request, CHANGE)
    refuse(_known(book_id, proposal_id), user=user)
    return _proposal(Proposal.objects.get(pk=proposal_id), page_numbers(book_id))


def _known(book_id: int, proposal_id: int) -> int:
    return get_object_or_404(Proposal, pk=proposal_id, book=book_id).pk


def _proposal(proposal: Proposal, numbers: PageNumbers) -> ProposalOut:
    before, after = document_of(proposal.before, numbers), document_of(proposal.after, numbers)
    return document(ProposalOut, proposal, before=before, after=after)
