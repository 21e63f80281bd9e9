"""What was changed in a book's guidelines, as JSON, and taking it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Schema

from books.api.base import Id, require
from books.api.review import CHANGE, VIEW
from books.api.scopes import READ, REVIEW
from books.guidelines.changes import changes_of, undo, undoable
from books.models import Book, Change

router = Router(tags=["review"])
CHANGES_A_PAGE = 50


class ChangeOut(Schema):
    id: int
    sentence: str
    made_by: str | None
    made_at: datetime
    may_be_undone: bool


@router.get("/{int:book_id}/changes", auth=READ, response=list[ChangeOut])
def list_changes(request: HttpRequest, book_id: int, before: Query[Id | None] = None) -> list[dict[str, Any]]:
    """Newest first, fifty at a time; ``before`` is the id of a change."""
    require(request, VIEW)
    rows = changes_of(get_object_or_404(Book, pk=book_id))
    found = list((rows.filter(pk__lt=before) if before else rows)[:CHANGES_A_PAGE])
    open_ones = undoable(found)
    return [
        {
            "id": each.pk,
            "sentence": each.sentence,
            "made_by": str(each.made_by) if each.made_by else None,
            "made_at": each.made_at,
            "may_be_undone": each.pk in open_ones,
        }
        for each in found
    ]


@router.post("/{int:book_id}/changes/{int:change_id}/undo", auth=REVIEW, response=ChangeOut)
def undo_change(request: HttpRequest, book_id: int, change_id: int) -> dict[str, Any]:
    """Brings back what it changed, as a change of its own, which is the answer."""
    user = require(request, CHANGE)
    get_object_or_404(Change, pk=change_id, book=book_id)
    made = undo(change_id, user=user)
    facts = {"id": made.pk, "sentence": made.sentence, "made_at": made.made_at}
    return {**facts, "made_by": str(user), "may_be_undone": True}
