"""A book's own page: its facts, the next step, the live job, its pages, and the actions of each step."""

from __future__ import annotations

from typing import Any, BinaryIO, cast

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from books.admin.generating import estimate_in_words, limits_of
from books.admin.guards import StaffRequest, action, screen, show
from books.admin.jobs import panel_context
from books.admin.page_states import cells_of
from books.admin.steps import Way, buttons_of, counts_of, under_more, way_of
from books.admin.undo import offers
from books.bodies import MANY_FILES
from books.extraction.estimate import estimate
from books.extraction.job import FINALISATION, start_finalisation
from books.intake import limits
from books.intake.store import Receipt, Upload, add_files
from books.models import Book, BookStatus
from books.models.book import BookQuerySet
from books.ocr.start import check_readable, read_new_pages, start_reading
from books.publishing.published import with_published_version
from books.wording import count_of_pages, in_language, language_name
from jobs.models import Job

FACTS = {
    "author": gettext_lazy("Author"),
    "edition": gettext_lazy("Edition"),
    "edition_year": gettext_lazy("Year"),
    "country": gettext_lazy("Country"),
    "board": gettext_lazy("Board"),
    "grade": gettext_lazy("Grade"),
    "subject": gettext_lazy("Subject"),
    "language": gettext_lazy("Language"),
}


def _with_status(books: BookQuerySet) -> BookQuerySet:
    return with_published_version(books.with_status())


@screen("books.view_book", "", "books_book_overview", known=_with_status)
def overview(request: StaffRequest, book: Book) -> HttpResponseBase:
    """The whole page; for HTMX its moving part alone when a job ends, and the next step alone while one moves."""
    job = Job.objects.filter(book=book, is_exclusive=True).first()
    if request.htmx and request.htmx.target == "next":
        return show(request, "_next", {**_next(request, book, job), "is_swap": True})
    context = {"title": book.title, **_context(request, book, job), "offers": offers(request, book)}
    return show(request, "_overview" if request.htmx else "overview", context)


def _fact(book: Book, name: str) -> Any:
    value = getattr(book, name)
    return language_name(value) if name == "language" else value


def _next(request: StaffRequest, book: Book, job: Job | None) -> dict[str, Any]:
    """The steps with their counts, and what a person may do now."""
    counts = counts_of(book)
    way = way_of(counts, job if job is not None and job.is_active else None)
    buttons = buttons_of(request.user, book, counts, way)
    more = under_more(buttons, way)
    return {
        "book": book,
        "status": BookStatus(getattr(book, "status_now", "")),
        "way": way,
        "buttons": [each for each in buttons if each not in more],
        "more": more,
        "estimate": _estimate(book, {each.id for each in buttons}, way),
    }


def _estimate(book: Book, offered: set[str], way: Way) -> str:
    """What the present step would cost, where it may ask a model."""
    if f"step-{way.now}" not in offered or way.now not in ("generate", "finalise"):
        return ""
    if way.now == "generate":
        return estimate_in_words(book)
    return _("Tidying: {estimate}").format(estimate=estimate(book, kind=FINALISATION.kind).sentence)


def _context(request: StaffRequest, book: Book, job: Job | None) -> dict[str, Any]:
    may_see_job = job is not None and request.user.has_perm("jobs.view_job")
    return {
        **_next(request, book, job),
        "facts": [(title, _fact(book, name)) for name, title in FACTS.items()],
        "cells": cells_of(book),
        **upload_context(),
        **(panel_context(request, job) if job is not None and may_see_job else {}),
    }


def upload_context() -> dict[str, Any]:
    return {
        "limits": limits,
        "megabytes": limits.BULK_FILE_BYTES // limits.MEBIBYTE,
        "single_megabytes": limits.SINGLE_FILE_BYTES // limits.MEBIBYTE,
        "pdf_megabytes": limits.PDF_BYTES // limits.MEBIBYTE,
    }


@action("books.change_book", "upload/", "books_book_upload", most_bytes=MANY_FILES)
def upload(request: StaffRequest, book: Book) -> HttpResponseBase:
    """Stores what is acceptable, names what is not, and has the new pages read."""
    check_readable(book)
    receipt = add_files(book, sent_files(request), user=request.user)
    tell_of(receipt, request)
    if receipt.stored:
        messages.success(request, _stored_words(receipt))
        if read_new_pages(book, user=request.user) is None:
            messages.warning(
                request, _("Another job of this book is active: run OCR for the new pages when it is over.")
            )
    return redirect("admin:books_book_overview", book.pk)


def sent_files(request: StaffRequest) -> list[Upload]:
    return [Upload(file.name or "", cast("BinaryIO", file.file)) for file in request.FILES.getlist("files")]


def tell_of(receipt: Receipt, request: StaffRequest) -> None:
    """What was refused, and what is odd about the rest."""
    for refusal in receipt.refused:
        messages.error(request, in_language(refusal.message))
    for note in receipt.notes:
        messages.warning(request, in_language(note))


def _stored_words(receipt: Receipt) -> str:
    sent = len(receipt.stored) + len(receipt.refused)
    return _("{pages} added from {stored} of {sent} files.").format(
        pages=count_of_pages(receipt.pages), stored=len(receipt.stored), sent=sent
    )


@action("books.change_book", "read/", "books_book_read")
def read(request: StaffRequest, book: Book) -> HttpResponseBase:
    start_reading(book, user=request.user)
    messages.success(request, _("OCR started."))
    return redirect("admin:books_book_overview", book.pk)


@action("books.ask_model", "finalise/", "books_book_finalise")
def finalise(request: StaffRequest, book: Book) -> HttpResponseBase:
    start_finalisation(book, limits_of(request.POST), user=request.user)
    messages.success(request, _("Tidying started."))
    return redirect("admin:books_book_overview", book.pk)
