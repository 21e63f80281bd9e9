"""The screens of a book's pages: the grid, one page's scan beside its text, and the pictures themselves."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import admin, messages
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponseBase
from django.http.response import HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, reverse

from books.admin.guards import StaffRequest, action, back, route, screen
from books.models import Book, OcrStatus, Page, PageReview, Reading
from books.ocr.review import approve_pages, reject_pages
from books.ocr.start import start_reading
from jobs.constants import ItemState
from jobs.models import Item, Job

# Tesseract's mean confidence on print that it reads without an error is above 90; lines below 70 usually hold one.
LOW_CONFIDENCE = 70
DECISIONS = {"approve": approve_pages, "reject": reject_pages}


def routes() -> list[URLPattern]:
    page = "<int:book_id>/pages/<int:number>/"
    return [
        route("<int:book_id>/pages/", grid, "books_book_pages"),
        route("<int:book_id>/pages/approve/", approve_all, "books_book_approve"),
        route(page, page_screen, "books_book_page"),
        route(page + "scan/", scan, "books_book_scan", cacheable=True),
        route(page + "thumbnail/", thumbnail, "books_book_thumbnail", cacheable=True),
        route(page + "decide/", decide, "books_book_page_decide"),
        route(page + "read/", read_again, "books_book_page_read"),
    ]


@dataclass(frozen=True, slots=True)
class Cell:
    """One page in the grid; ``letter`` tells the states apart without colour."""

    page: Page
    state: str
    letter: str
    label: str


STATES = {
    "reading": ("…", "Reading"),
    "waiting": ("W", "Waiting"),
    "failed": ("F", "Failed"),
    "rejected": ("X", "Rejected"),
    "approved": ("A", "Approved"),
    "blank": ("B", "Blank"),
    "read": ("R", "To review"),
}


def cells_of(book: Book, active: Job | None) -> list[Cell]:
    """The pages in order, in two queries at most however many they are."""
    pages = Page.objects.filter(book=book).select_related("reading").order_by("number")
    in_hand: set[str] = set()
    if active is not None:
        in_hand = set(Item.objects.filter(job=active, state=ItemState.LEASED).values_list("key", flat=True))
    light = pages.defer("reading__text", "reading__lines")
    return [_cell(page, "reading" if str(page.pk) in in_hand else _state(page)) for page in light]


def _cell(page: Page, state: str) -> Cell:
    return Cell(page, state, *STATES[state])


def _state(page: Page) -> str:
    if page.review != PageReview.PENDING:
        return str(page.review)
    return "read" if page.ocr_status == OcrStatus.DONE else str(page.ocr_status)


@screen("books.view_book")
def grid(request: StaffRequest, book_id: int) -> HttpResponseBase:
    book = get_object_or_404(Book, pk=book_id)
    active = Job.objects.filter(book=book).first()
    return render(request, "bookpipeline/_pages.html", {"book": book, "cells": cells_of(book, active)})


@screen("books.view_book")
def page_screen(request: StaffRequest, book_id: int, number: int) -> HttpResponseBase:
    page = _page(book_id, number, "book", "reading", "source", "reviewed_by")
    near = Page.objects.filter(book=book_id)
    context = {
        **admin.site.each_context(request),
        "title": f"Page {number}",
        "book": page.book,
        "page": page,
        "cell": _cell(page, _state(page)),
        "reading": page.reading,
        "lines": _lines(page.reading),
        "is_read": page.ocr_status in (OcrStatus.DONE, OcrStatus.BLANK),
        "previous": near.filter(number__lt=number).order_by("-number").values_list("number", flat=True).first(),
        "following": near.filter(number__gt=number).order_by("number").values_list("number", flat=True).first(),
        "count": near.count(),
        "may_decide": request.user.has_perm("books.change_page"),
        "may_read": request.user.has_perm("books.change_book"),
    }
    return render(request, "bookpipeline/page.html", context)


def _lines(reading: Reading | None) -> list[tuple[str, bool]]:
    """The text line by line, each with whether the engine was unsure of it."""
    if reading is None:
        return []
    unsure = {
        str(line.get("text", "")).strip()
        for line in reading.lines
        if isinstance(line, dict) and float(line.get("confidence") or 0) < LOW_CONFIDENCE
    }
    return [(line, bool(line.strip()) and line.strip() in unsure) for line in reading.text.splitlines()]


@screen("books.view_book")
def scan(request: StaffRequest, book_id: int, number: int) -> HttpResponseBase:
    return _picture(_page(book_id, number).image_name)


@screen("books.view_book")
def thumbnail(request: StaffRequest, book_id: int, number: int) -> HttpResponseBase:
    return _picture(_page(book_id, number).thumbnail_name)


def _picture(name: str) -> HttpResponseBase:
    """Streams a PNG that intake itself encoded. The address holds the reading's id, so a day in the cache is safe."""
    try:
        stored = default_storage.open(name)
    except FileNotFoundError as error:
        raise Http404("This page has no picture yet.") from error
    response = FileResponse(stored, content_type="image/png")
    response["Cache-Control"] = "private, max-age=86400"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@action("books.change_page")
def approve_all(request: StaffRequest, book_id: int) -> HttpResponseBase:
    book = get_object_or_404(Book, pk=book_id)
    count = approve_pages(book, user=request.user)
    messages.success(request, f"{count} pages approved." if count != 1 else "1 page approved.")
    return redirect("admin:books_book_overview", book_id)


@action("books.change_page")
def decide(request: StaffRequest, book_id: int, number: int) -> HttpResponseBase:
    """Approves or rejects, then goes on to the next page that waits for review."""
    page = _page(book_id, number, "book")
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        return HttpResponseBadRequest("Unknown decision.")
    if not DECISIONS[decision](page.book, [number], user=request.user) and page.review == PageReview.PENDING:
        messages.warning(request, f"Page {number} was not read yet: there is nothing to decide.")
        return redirect("admin:books_book_page", book_id, number)
    waiting = Page.objects.filter(book=book_id, review=PageReview.PENDING).exclude(reading=None).order_by("number")
    following = waiting.filter(number__gt=number).first() or waiting.first()
    if following is None:
        messages.success(request, "No page is waiting for review any more.")
        return redirect("admin:books_book_overview", book_id)
    return redirect("admin:books_book_page", book_id, following.number)


@action("books.change_book")
def read_again(request: StaffRequest, book_id: int, number: int) -> HttpResponseBase:
    page = _page(book_id, number, "book")
    start_reading(page.book, numbers=[number], user=request.user)
    messages.success(request, f"Page {number} is being read again.")
    return back(request, reverse("admin:books_book_page", args=[book_id, number]))


def _page(book_id: int, number: int, *related: str) -> Page:
    pages = Page.objects.select_related(*related) if related else Page.objects.all()
    return get_object_or_404(pages, book=book_id, number=number)
