"""The table of contents of a book as JSON."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status

from books.api.base import INTAKE, READ, document, opened, require
from books.extraction import contents as service
from books.models import Book, Contents
from books.structure.chapters import MatchedLine, match_lines
from books.structure.contents import toc_text

router = Router(tags=["contents"])


class LineOut(Schema):
    """``page`` is printed, ``scan`` the scan's number; ``problem`` says why there is none. ``role``: topic, subtopic,
    matter (front or back), part (groups topics) or finer (than subtopics)."""

    level: int = Field(alias="entry.level")
    number: str = Field(alias="entry.number")
    title: str = Field(alias="entry.title")
    page: int | None = Field(alias="entry.page")
    scan: int | None = Field(alias="entry.scan")
    role: str
    problem: str


class ContentsOut(Schema):
    """``status`` is "" without contents, drafted, or confirmed: then the topics of the book follow it."""

    status: str
    origin: str
    text: str
    changed_by: str
    changed_at: datetime | None
    lines: list[LineOut]


class ContentsIn(Schema):
    """Lines such as "1.2 Fractions ..... 14"; "(scan 23)" at the end of one says where it begins.

    Lines that something is odd about are confirmed only where ``despite`` has them.
    """

    text: str
    confirm: bool = False
    despite: list[str] = []


@router.get("/{int:book_id}/contents", auth=READ, response=ContentsOut, url_name="contents")
def contents(request: HttpRequest, book_id: int) -> ContentsOut:
    _, book = opened(request, book_id, "books.view_book")
    found = Contents.objects.filter(book=book).select_related("changed_by").first()
    if found is None:
        return ContentsOut(status="", origin="", text="", changed_by="", changed_at=None, lines=[])
    return _document(found, match_lines(service.entries_of(found), service.read_digests(book)))


@router.put("/{int:book_id}/contents", auth=INTAKE, response=ContentsOut, url_name="contents")
def set_contents(request: HttpRequest, book_id: int, given: ContentsIn) -> ContentsOut:
    user, book = opened(request, book_id, "books.change_book")
    stored = service.save_contents(book, given.text, confirm=given.confirm, despite=given.despite, user=user)
    return _document(*stored)


@router.post("/{int:book_id}/contents/draft", auth=INTAKE, response=ContentsOut)
def draft_contents(request: HttpRequest, book_id: int) -> ContentsOut:
    """From the contents pages or the headings, as far as the book was read."""
    user, book = opened(request, book_id, "books.change_book")
    made = service.draft_contents(book, user=user)
    return _document(made, match_lines(service.entries_of(made), service.read_digests(book)))


@router.delete("/{int:book_id}/contents", auth=INTAKE, response={204: None}, url_name="contents")
def release_contents(request: HttpRequest, book_id: int) -> Status[None]:
    """Confirmed contents become a draft; a draft is deleted."""
    user = require(request, "books.change_book")
    service.release_contents(get_object_or_404(Book, pk=book_id), user=user)
    return Status(204, None)


def _document(contents: Contents, matched: list[MatchedLine]) -> ContentsOut:
    changed_by = contents.changed_by.get_username() if contents.changed_by else ""
    text = toc_text([each.entry for each in matched])
    return document(ContentsOut, contents, text=text, changed_by=changed_by, lines=matched)
