"""The table of contents of a book: drafted from its pages, corrected as lines of text, laid on the scans, confirmed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.http import HttpResponseBase
from django.http.response import HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern

from books.admin.guards import StaffRequest, action, route, screen
from books.extraction import contents as service
from books.extraction.laying import Laid, lay
from books.extraction.toc import TocLine, toc_lines, toc_text
from books.models import Book, Contents, ContentsStatus
from jobs.constants import ACTIVE
from jobs.errors import JobError
from jobs.models import Job

ROLES = {
    "topic": "Topic",
    "subtopic": "Subtopic",
    "matter": "Front or back matter",
    "part": "Groups topics",
    "finer": "Not used: too fine",
}
ORIGINS = {"contents": "the contents pages", "headings": "the headings"}


def routes() -> list[URLPattern]:
    return [
        route("<int:book_id>/contents/", contents, "books_book_contents"),
        route("<int:book_id>/contents/preview/", preview, "books_book_contents_preview"),
        route("<int:book_id>/contents/draft/", draft, "books_book_contents_draft"),
        route("<int:book_id>/contents/save/", save, "books_book_contents_save"),
        route("<int:book_id>/contents/release/", release, "books_book_contents_release"),
    ]


@dataclass(frozen=True, slots=True)
class Row:
    """A line with what became of it."""

    line: TocLine
    laid: Laid | None

    @property
    def role(self) -> str:
        return ROLES[self.laid.role] if self.laid else ""

    @property
    def problems(self) -> list[str]:
        return [problem for problem in (self.line.problem, self.laid.problem if self.laid else "") if problem]


@screen("books.view_book")
def contents(request: StaffRequest, book_id: int) -> HttpResponseBase:
    book = get_object_or_404(Book, pk=book_id)
    return _page(request, book, _text_of(_stored(book)))


@action("books.change_book")
def preview(request: StaffRequest, book_id: int) -> HttpResponseBase:
    """The posted lines as they would be laid, for HTMX alone; nothing is stored."""
    book = get_object_or_404(Book, pk=book_id)
    text = request.POST.get("text", "")
    if not request.htmx:
        return _page(request, book, text)
    return render(request, "bookpipeline/_contents_lines.html", {"book": book, **_laid(book, text)})


@action("books.change_book")
def draft(request: StaffRequest, book_id: int) -> HttpResponseBase:
    made = service.draft_contents(get_object_or_404(Book, pk=book_id), user=request.user)
    messages.success(request, f"Drafted from {ORIGINS[made.origin]}: {len(made.entries)} lines. Look and confirm.")
    return redirect("admin:books_book_contents", book_id)


@action("books.change_book")
def save(request: StaffRequest, book_id: int) -> HttpResponseBase:
    """Stores the lines, and with ``act`` confirm makes them bind; a refusal leaves them in the form."""
    book = get_object_or_404(Book, pk=book_id)
    text, act = request.POST.get("text", ""), request.POST.get("act", "")
    if act not in ("confirm", "keep"):
        return HttpResponseBadRequest("Unknown action.")
    try:
        _, laid = service.save_contents(book, text, confirm=act == "confirm", user=request.user)
    except JobError as refusal:
        messages.error(request, refusal.message)
        return _page(request, book, text)
    messages.success(request, _saved_words(laid) if act == "confirm" else "Kept as a draft. It binds nothing yet.")
    return redirect("admin:books_book_contents", book_id)


def _saved_words(laid: Sequence[Laid]) -> str:
    return f"Confirmed: {_counted(laid)}. Guidelines generated from now on follow it."


@action("books.change_book")
def release(request: StaffRequest, book_id: int) -> HttpResponseBase:
    book = get_object_or_404(Book, pk=book_id)
    was = _stored(book)
    service.release_contents(book, user=request.user)
    if was is not None:
        confirmed = was.status == ContentsStatus.CONFIRMED
        messages.success(request, "It binds nothing any more; its lines are a draft now." if confirmed else "Deleted.")
    return redirect("admin:books_book_contents", book_id)


def _stored(book: Book) -> Contents | None:
    return Contents.objects.filter(book=book).select_related("changed_by").first()


def _text_of(stored: Contents | None) -> str:
    return toc_text(service.entries_of(stored)) if stored else ""


def _page(request: StaffRequest, book: Book, text: str) -> HttpResponseBase:
    stored = _stored(book)
    context = {
        **admin.site.each_context(request),
        "title": "Table of contents",
        "book": book,
        "stored": stored,
        "origin": ORIGINS.get(stored.origin, "") if stored else "",
        "is_confirmed": stored is not None and stored.status == ContentsStatus.CONFIRMED,
        "is_changed": text != _text_of(stored),
        "may_draft": stored is None or (stored.status == ContentsStatus.DRAFTED and bool(stored.origin)),
        "text": text,
        "is_read": book.pages.filter(reading__isnull=False).exists(),
        "is_busy": Job.objects.filter(book=book, status__in=ACTIVE, is_exclusive=True).exists(),
        "may_change": request.user.has_perm("books.change_book"),
        **_laid(book, text),
    }
    return render(request, "bookpipeline/contents.html", context)


def _laid(book: Book, text: str) -> dict[str, Any]:
    try:
        lines = toc_lines(text)
    except JobError as refusal:
        return {"refusal": refusal.message}
    laid = lay([line.entry for line in lines if line.entry], service.read_digests(book)) if lines else []
    taken = iter(laid)
    rows = [Row(line, next(taken) if line.entry else None) for line in lines]
    troubled = sum(bool(row.problems) for row in rows)
    return {"rows": rows, "counted": _counted(laid), "troubled": troubled}


def _counted(laid: Sequence[Laid]) -> str:
    topics, subtopics = (sum(each.role == role for each in laid) for role in ("topic", "subtopic"))
    found = sum(each.entry.scan is not None for each in laid)
    return f"{_plural(topics, 'topic')}, {_plural(subtopics, 'subtopic')}, {found} of {len(laid)} lines laid on a scan"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
