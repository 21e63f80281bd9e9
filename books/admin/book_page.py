"""A book's own page: its facts, the next step, the live job, its pages, and the actions of each step."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, reverse

from books.admin.generating import limits_of
from books.admin.guards import Button, StaffRequest, action, route, screen
from books.admin.jobs import panel_context
from books.admin.page_states import cells_of
from books.admin.steps import Counts, Way, counts_of, way_of
from books.admin.undo import offers
from books.bodies import MANY_FILES
from books.extraction.estimate import estimate
from books.extraction.job import start_finalisation
from books.guidelines.proposals import waiting
from books.intake import limits
from books.intake.store import Receipt, Upload, add_files
from books.models import Book, BookStatus
from books.ocr.review import clean_pages, review_queue
from books.ocr.start import check_readable, read_new_pages, start_reading
from books.publishing.published import with_published_version
from jobs.models import Job

PRIMARY = "primary"


def buttons_of(user: User, book: Book, counts: Counts, way: Way) -> list[Button]:
    """The present step's first, then in the order of the steps. A job can only start while none is active."""
    buttons = _review_buttons(user, book, counts, way)
    if not way.is_busy:
        buttons += _job_buttons(user, book, counts, way)
    if counts.read:
        buttons.append(Button("step-contents", "Table of contents", _url("contents", book), "plain", is_link=True))
    proposed = waiting(book).count()
    if proposed:
        label = f"Decide on {proposed} proposal{'' if proposed == 1 else 's'}"
        buttons.append(Button("step-proposals", label, _url("proposals", book), "plain", is_link=True))
    if counts.guidelines:
        buttons.append(_button("review", "Open the guidelines", _url("guidelines", book), way, is_link=True))
        buttons.append(_button("publish", "See what would go out", _url("publish", book), way, is_link=True))
        buttons.append(Button("step-exchange", "Export and import", _url("exchange", book), "plain", is_link=True))
    return sorted(buttons, key=lambda button: button.style != PRIMARY)


def _review_buttons(user: User, book: Book, counts: Counts, way: Way) -> list[Button]:
    """Many at once by way of the preview alone; it holds back what a person has to look at."""
    buttons = []
    clean = clean_pages(book).count() if counts.to_review and user.has_perm("books.change_page") else 0
    if clean:
        label = f"Approve all that are clean ({clean})"
        buttons.append(_button("approve", label, _url("clean", book), way, is_link=True))
    first = review_queue(book).first()
    if first is not None:
        style = PRIMARY if way.now == "approve" and not way.is_busy and not clean else "plain"
        link = _url("page", book, first.number)
        buttons.append(Button("step-look", "Review page by page", link, style, is_link=True))
    return buttons


def _job_buttons(user: User, book: Book, counts: Counts, way: Way) -> list[Button]:
    buttons = []
    if user.has_perm("books.change_book") and (counts.unread or counts.failed):
        buttons.append(_button("read", "Run OCR", _url("read", book), way))
    if not user.has_perm("books.ask_model"):
        return buttons
    if counts.pages and counts.approved == counts.pages:
        label = "Generate the guidelines again" if counts.guidelines else "Generate guidelines"
        buttons.append(_button("generate", label, _url("generate", book), way))
    if counts.approved:
        buttons.append(Button("step-choose", "Choose pages, price and cap", _url("start", book), "plain", is_link=True))
    if may_finalise(counts):
        label = "Finalise" if counts.drafts else "Finalise again"
        buttons.append(_button("finalise", label, _url("finalise", book), way))
    return buttons


def may_finalise(counts: Counts) -> bool:
    """Also where all is decided: what a later run finds is proposed."""
    return bool(counts.guidelines) and not counts.unwritten


def _button(step: str, label: str, url: str, way: Way, *, is_link: bool = False) -> Button:
    style = PRIMARY if way.now == step and not way.is_busy else "plain"
    return Button(f"step-{step}", label, url, style, is_link=is_link)


def _url(screen: str, book: Book, *args: int | str) -> str:
    return reverse(f"admin:books_book_{screen}", args=[book.pk, *args])


FACTS = {
    "Author": "author",
    "Edition": "edition",
    "Year": "edition_year",
    "Country": "country",
    "Board": "board",
    "Grade": "grade",
    "Subject": "subject",
    "Language": "language",
}


def routes() -> list[URLPattern]:
    return [
        route("<int:book_id>/", overview, "books_book_overview"),
        route("<int:book_id>/upload/", upload, "books_book_upload"),
        route("<int:book_id>/read/", read, "books_book_read"),
        route("<int:book_id>/finalise/", finalise, "books_book_finalise"),
    ]


@screen("books.view_book")
def overview(request: StaffRequest, book_id: int) -> HttpResponseBase:
    """The whole page; for HTMX its moving part alone when a job ends, and the next step alone while one moves."""
    book = get_object_or_404(with_published_version(Book.objects.with_status()), pk=book_id)
    job = Job.objects.filter(book=book, is_exclusive=True).first()
    if request.htmx and request.htmx.target == "next":
        return render(request, "bookpipeline/_next.html", {**_next(request, book, job), "is_swap": True})
    template = "_overview" if request.htmx else "overview"
    context = {**admin.site.each_context(request), "title": book.title, **_context(request, book, job)}
    context["offers"] = offers(request, book)
    return render(request, f"bookpipeline/{template}.html", context)


def _next(request: StaffRequest, book: Book, job: Job | None) -> dict[str, Any]:
    """The steps with their counts, and what a person may do now."""
    counts = counts_of(book)
    way = way_of(counts, job if job is not None and job.is_active else None)
    buttons = buttons_of(request.user, book, counts, way)
    return {
        "book": book,
        "status": BookStatus(getattr(book, "status_now", "")),
        "way": way,
        "buttons": buttons,
        "estimate": estimate(book).sentence if any(each.id == "step-generate" for each in buttons) else "",
    }


def _context(request: StaffRequest, book: Book, job: Job | None) -> dict[str, Any]:
    may_see_job = job is not None and request.user.has_perm("jobs.view_job")
    return {
        **_next(request, book, job),
        "facts": [(title, getattr(book, name)) for title, name in FACTS.items()],
        "cells": cells_of(book),
        "may_change": request.user.has_perm("books.change_book"),
        "may_delete": request.user.has_perm("books.delete_book"),
        "limits": limits,
        "megabytes": limits.BULK_FILE_BYTES // limits.MEBIBYTE,
        "single_megabytes": limits.SINGLE_FILE_BYTES // limits.MEBIBYTE,
        "pdf_megabytes": limits.PDF_BYTES // limits.MEBIBYTE,
        **(panel_context(request, job) if job is not None and may_see_job else {}),
    }


@action("books.change_book", most_bytes=MANY_FILES)
def upload(request: StaffRequest, book_id: int) -> HttpResponseBase:
    """Stores what is acceptable, names what is not, and has the new pages read."""
    book = get_object_or_404(Book, pk=book_id)
    check_readable(book)
    files = request.FILES.getlist("files")
    receipt = add_files(
        book, [Upload(file.name or "", cast("BinaryIO", file.file)) for file in files], user=request.user
    )
    for refusal in receipt.refused:
        messages.error(request, refusal.message)
    if receipt.stored:
        messages.success(request, _stored_words(receipt))
        if read_new_pages(book, user=request.user) is None:
            messages.warning(request, "Another job of this book is active: run OCR for the new pages when it is over.")
    return redirect("admin:books_book_overview", book_id)


def _stored_words(receipt: Receipt) -> str:
    pages = "1 page" if receipt.pages == 1 else f"{receipt.pages} pages"
    return f"{pages} added from {len(receipt.stored)} of {len(receipt.stored) + len(receipt.refused)} files."


@action("books.change_book")
def read(request: StaffRequest, book_id: int) -> HttpResponseBase:
    start_reading(get_object_or_404(Book, pk=book_id), user=request.user)
    messages.success(request, "OCR started.")
    return redirect("admin:books_book_overview", book_id)


@action("books.ask_model")
def finalise(request: StaffRequest, book_id: int) -> HttpResponseBase:
    start_finalisation(get_object_or_404(Book, pk=book_id), limits_of(request.POST), user=request.user)
    messages.success(request, "Finalising started.")
    return redirect("admin:books_book_overview", book_id)
