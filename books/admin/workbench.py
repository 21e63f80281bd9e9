"""The review workbench: a page's scan beside its text, with its history, its decision and its way to the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern

from books.admin.decisions import request_context
from books.admin.guards import StaffRequest, action, route, screen
from books.admin.page_states import cell_of, reading_of
from books.admin.undo import offers
from books.errors import EditedMeanwhile
from books.models import Page, Reading
from books.numbers import number_of
from books.ocr.editing import edit_text, restore_reading
from books.ocr.review import review_queue

# Tesseract's mean confidence on print that it reads without an error is above 90; lines below 70 usually hold one.
LOW_CONFIDENCE = 70


def routes() -> list[URLPattern]:
    page = "<int:book_id>/pages/<int:number>/"
    return [
        route(page, page_screen, "books_book_page"),
        route(page + "reading/", reading, "books_book_page_reading"),
        route(page + "edit/", edit, "books_book_page_edit"),
        route(page + "restore/", restore, "books_book_page_restore"),
    ]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line; ``confidence`` in percent where the engine was unsure of it."""

    text: str
    confidence: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the text; ``box`` is (left, top, width, height) in pixels of the page image, None where unknown."""

    pieces: tuple[Piece, ...]
    box: tuple[int, int, int, int] | None


@screen("books.view_book")
def page_screen(request: StaffRequest, book_id: int, number: int) -> HttpResponseBase:
    return _shown(request, book_id, number)


@screen("books.view_book")
def reading(request: StaffRequest, book_id: int, number: int) -> HttpResponseBase:
    """How the page's reading goes, while it does; 204 while there is nothing new to say."""
    page = _page(book_id, number)
    again = reading_of(page)
    if again is not None and request.GET.get("mark") == again.mark:
        return HttpResponse(status=204)
    context = {"book": page.book, "page": page, "again": again, "is_over": True}
    return render(request, "bookpipeline/_reading.html", context)


def _shown(request: StaffRequest, book_id: int, number: int, *, draft: str | None = None) -> HttpResponse:
    """``draft`` is a text that was not saved."""
    page = _page(book_id, number, "book", "reading", "source", "reviewed_by")
    lines = list(_lines(page.reading)) if page.reading else []
    near = Page.objects.filter(book=book_id).order_by("number")
    context = {
        **request_context(request, page.book, f"Page {number}"),
        "page": page,
        "offers": offers(request, page.book, page),
        "cell": cell_of(page),
        "again": reading_of(page),
        "reading": page.reading,
        "lines": lines,
        "is_unsure": any(piece.confidence is not None for line in lines for piece in line.pieces),
        "draft": draft,
        "history": page.readings.all(),
        "previous": near.filter(number__lt=number).reverse().values_list("number", flat=True).first(),
        "following": near.filter(number__gt=number).values_list("number", flat=True).first(),
        "count": near.count(),
        "waiting": review_queue(page.book).count(),
    }
    return render(request, "bookpipeline/page.html", context, status=200 if draft is None else 409)


def _lines(reading: Reading) -> Iterator[Line]:
    """The text line by line, each with what is known of it: text and lines differ where a reader joined them anew."""
    known: dict[str, list[dict[str, Any]]] = {}
    for line in reading.lines:
        if isinstance(line, dict):
            known.setdefault(str(line.get("text", "")).strip(), []).append(line)
    for text in reading.text.splitlines():
        same = known.get(text.strip(), [])
        line = same.pop(0) if same else {}
        yield Line(tuple(_pieces(text, line)), _box(line.get("box")))


def _pieces(text: str, line: dict[str, Any]) -> Iterator[Piece]:
    """Marks single words where the engine told them apart, else the whole of a doubtful line."""
    confidence = line.get("confidence")
    if "unsure" not in line and isinstance(confidence, int | float) and confidence < LOW_CONFIDENCE:
        yield Piece(text, round(confidence))
        return
    at = 0
    for start, end, percent in line.get("unsure", []):
        yield Piece(text[at:start])
        yield Piece(text[start:end], percent)
        at = end
    yield Piece(text[at:])


def _box(box: Any) -> tuple[int, int, int, int] | None:
    if not (isinstance(box, list) and len(box) == 4 and all(isinstance(side, int) for side in box)):
        return None
    left, top, right, bottom = box
    return left, top, right - left, bottom - top


@action("books.change_page")
def edit(request: StaffRequest, book_id: int, number: int) -> HttpResponseBase:
    """Where the page got another text meanwhile, both are shown, so that no typing is lost."""
    page = _page(book_id, number)
    text, before = request.POST.get("text", ""), page.reading_id
    try:
        reading = edit_text(page, text, user=request.user, seen_reading_id=_seen(request))
    except EditedMeanwhile as refusal:
        messages.error(request, refusal.message)
        return _shown(request, book_id, number, draft=text)
    if reading.pk == before:
        messages.info(request, "Nothing was changed.")
    else:
        messages.success(request, f"Page {number} has your text; it waits for approval.")
    return redirect("admin:books_book_page", book_id, number)


@action("books.change_page")
def restore(request: StaffRequest, book_id: int, number: int) -> HttpResponseBase:
    page = _page(book_id, number)
    try:
        restore_reading(
            page, number_of(request.POST.get("reading")) or 0, user=request.user, seen_reading_id=_seen(request)
        )
    except Reading.DoesNotExist as error:
        raise Http404("This page has no such reading.") from error
    messages.success(request, f"Page {number} has that text again; it waits for approval.")
    return redirect("admin:books_book_page", book_id, number)


def _seen(request: StaffRequest) -> int | None:
    return number_of(request.POST.get("seen", ""))


def _page(book_id: int, number: int, *related: str) -> Page:
    pages = Page.objects.select_related(*related) if related else Page.objects.all()
    return get_object_or_404(pages, book=book_id, number=number)
