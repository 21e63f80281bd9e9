"""A book's guidelines going out, as JSON: the whole document, and publishing what is approved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from books.api.base import require
from books.api.scopes import PUBLISH, READ
from books.models import Book, PublishedSet
from books.publishing.files.export import book_json
from books.publishing.publish import publish

router = Router(tags=["publishing"])


class LeftOutOut(Schema):
    title: str
    topic: str
    reason: str


class PublishedOut(Schema):
    """``sentence`` says what is new, changed or removed; ``left_out`` what could not go out, and why."""

    version: int
    made_at: datetime
    sentence: str
    left_out: list[LeftOutOut]


@router.get("/{int:book_id}/guidelines.json", auth=READ, response=dict[str, Any])
def export_guidelines(request: HttpRequest, book_id: int) -> dict[str, Any]:
    """All of a book's guidelines as they are now, whatever their status: the file that screens and commands give."""
    require(request, "books.view_subtopic")
    return book_json(get_object_or_404(Book, pk=book_id))


@router.post("/{int:book_id}/guidelines/publish", auth=PUBLISH, response=PublishedOut)
def publish_book(request: HttpRequest, book_id: int) -> PublishedSet:
    """Gives readers whatever of the book is approved. Answers 409 where they have exactly that already."""
    user = require(request, "books.publish_guideline")
    get_object_or_404(Book, pk=book_id)
    return publish(book_id, user=user)
