"""Spreads as JSON: what would be split and where, splitting it, and the undo of the order of pages."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status

from books.api.base import INTAKE, READ, opened, require
from books.api.pages import PagesOut
from books.errors import ArrangementRefused
from books.intake.order import undo_last
from books.models import Book, OcrStatus, Page
from books.numbers import LARGEST_PLACE
from books.ocr.spreads import marked_spreads, split_spreads
from books.ocr.start import read_new_pages

router = Router(tags=["pages"])


class SpreadOut(Schema):
    """A page that shows two, and where it would be cut: shares of the width of its image at the top and bottom."""

    number: int
    top: float
    bottom: float


class SplitIn(Schema):
    """``pages`` are numbers, by default those of all marked spreads; the book's language says which half is first."""

    pages: list[Annotated[int, Field(ge=1, le=LARGEST_PLACE)]] | None = None
    right_first: bool | None = None


class UndoneOut(Schema):
    undone: str
    job_id: UUID | None


@router.get("/{int:book_id}/spreads", auth=READ, response=list[SpreadOut])
def list_spreads(request: HttpRequest, book_id: int) -> list[SpreadOut]:
    """The pages that look like two facing ones."""
    require(request, "books.view_book")
    pages = marked_spreads(get_object_or_404(Book, pk=book_id))
    return [SpreadOut(number=page.number, top=page.cut.top, bottom=page.cut.bottom) for page in pages if page.cut]


@router.post("/{int:book_id}/spreads/split", auth=INTAKE, response={201: PagesOut})
def split_pages_in_two(request: HttpRequest, book_id: int, chosen: SplitIn) -> Status[PagesOut]:
    """Puts two pages in the place of each spread and has them read; the numbers are theirs. It can be undone."""
    user, book = opened(request, book_id, "books.change_book")
    pages = marked_spreads(book) if chosen.pages is None else list(book.pages.filter(number__in=chosen.pages))
    if chosen.pages and len(pages) < len(set(chosen.pages)):
        raise ArrangementRefused("The book has not all of these pages.")
    done, job = split_spreads(book, pages, from_right=chosen.right_first, user=user)
    numbers = Page.objects.filter(pk__in=done.inserted).order_by("number").values_list("number", flat=True)
    return Status(201, PagesOut(numbers=list(numbers), job_id=job.pk))


@router.post("/{int:book_id}/pages/undo", auth=INTAKE, response=UndoneOut)
def undo_arrangement(request: HttpRequest, book_id: int) -> UndoneOut:
    """Takes back what was last moved, inserted, removed, turned or split in the book."""
    user, book = opened(request, book_id, "books.change_book")
    undone = undo_last(book)
    job = read_new_pages(book, user=user) if book.pages.filter(ocr_status=OcrStatus.WAITING).exists() else None
    return UndoneOut(undone=undone.sentence, job_id=job.pk if job else None)
