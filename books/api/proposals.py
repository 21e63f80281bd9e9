"""What jobs propose for a book's guidelines as JSON; accepting and refusing it."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.pagination import paginate

from books.api.base import Paging, require
from books.api.scopes import READ, REVIEW
from books.guidelines.proposals import accept, refuse
from books.models import Book, Proposal, ProposalKind, ProposalState
from books.models.page import page_numbers
from books.stored.pages import PageNumbers
from books.stored.proposal import document_of

router = Router(tags=["proposals"])


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


@router.get("/{int:book_id}/proposals", auth=READ, response=list[ProposalOut])
@paginate(Paging)
def proposals(request: HttpRequest, book_id: int, state: ProposalState | None = None) -> list[dict[str, Any]]:
    require(request, "books.view_subtopic")
    book = get_object_or_404(Book, pk=book_id)
    found = Proposal.objects.filter(book=book)
    numbers = page_numbers(book_id)
    return [_document(each, numbers) for each in (found.filter(state=state) if state else found).order_by("pk")]


@router.post("/{int:book_id}/proposals/{int:proposal_id}/accept", auth=REVIEW, response=ProposalOut)
def accept_proposal(request: HttpRequest, book_id: int, proposal_id: int) -> dict[str, Any]:
    """409 where it was decided before, or what it is about has changed since."""
    user = require(request, "books.change_subtopic")
    accept(_known(book_id, proposal_id), user=user)
    return _document(Proposal.objects.get(pk=proposal_id), page_numbers(book_id))


@router.post("/{int:book_id}/proposals/{int:proposal_id}/refuse", auth=REVIEW, response=ProposalOut)
def refuse_proposal(request: HttpRequest, book_id: int, proposal_id: int) -> dict[str, Any]:
    """409 where it was decided before."""
    user = require(request, "books.change_subtopic")
    refuse(_known(book_id, proposal_id), user=user)
    return _document(Proposal.objects.get(pk=proposal_id), page_numbers(book_id))


def _known(book_id: int, proposal_id: int) -> int:
    return get_object_or_404(Proposal, pk=proposal_id, book=book_id).pk


FACTS = ("id", "kind", "state", "reason", "score", "is_automatic", "created_at", "decided_at", "change_id")


def _document(proposal: Proposal, numbers: PageNumbers) -> dict[str, Any]:
    contents = {"before": proposal.before, "after": proposal.after}
    facts = {name: getattr(proposal, name) for name in FACTS}
    return facts | {name: document_of(content, numbers) for name, content in contents.items()}
