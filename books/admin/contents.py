"""The table of contents of a book: drafted from its pages, corrected as lines of text, matched to pages, confirmed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.http.response import HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from books.admin.drawings import boundaries
from books.admin.guards import StaffRequest, action, screen, show
from books.errors import LinesInDoubt
from books.extraction import contents as service
from books.models import Book, Contents, ContentsStatus
from books.structure.chapters import MatchedLine
from books.structure.contents import toc_text
from books.wording import in_language
from jobs.errors import JobError
from jobs.models import Job

ROLES = {
    "topic": gettext_lazy("Topic"),
    "subtopic": gettext_lazy("Subtopic"),
    "matter": gettext_lazy("Front or back matter"),
    "part": gettext_lazy("Groups topics"),
    "finer": gettext_lazy("Not used: too fine"),
}
ORIGINS = {"contents": gettext_lazy("the contents pages"), "headings": gettext_lazy("the headings")}


@screen("books.view_book", "contents/", "books_book_contents")
def contents(request: StaffRequest, book: Book) -> HttpResponseBase:
    return _page(request, book, _text_of(_stored(book)))


@action("books.change_book", "contents/preview/", "books_book_contents_preview")
def preview(request: StaffRequest, book: Book) -> HttpResponseBase:
    """The posted lines as they would be matched, for HTMX alone; nothing is stored."""
    text = request.POST.get("text", "")
    if not request.htmx:
        return _page(request, book, text)
    return show(request, "_contents_lines", {"book": book, **_matched(book, text)})


@action("books.change_book", "contents/draft/", "books_book_contents_draft")
def draft(request: StaffRequest, book: Book) -> HttpResponseBase:
    made = service.draft_contents(book, user=request.user)
    messages.success(
        request,
        _("Drafted from {origin}: {count} lines. Look and confirm.").format(
            origin=ORIGINS[made.origin], count=len(made.entries)
        ),
    )
    return redirect("admin:books_book_contents", book.pk)


@action("books.change_book", "contents/save/", "books_book_contents_save")
def save(request: StaffRequest, book: Book) -> HttpResponseBase:
    """Stores the lines, and with ``act`` confirm lets the cut follow them: lines that something is odd about only where
    the person saw them marked (``despite``). A refusal leaves them in the form."""
    text, act = request.POST.get("text", ""), request.POST.get("act", "")
    if act not in ("confirm", "keep"):
        return HttpResponseBadRequest(_("Unknown action."))
    try:
        seen = request.POST.getlist("despite")
        matched = service.save_contents(book, text, confirm=act == "confirm", despite=seen, user=request.user)[1]
    except LinesInDoubt as doubt:
        return _page(request, book, text, doubts=doubt.problems)
    except JobError as refusal:
        messages.error(request, in_language(refusal.message))
        return _page(request, book, text)
    messages.success(
        request, _saved_words(matched) if act == "confirm" else _("Kept as a draft, not used until you confirm it.")
    )
    return redirect("admin:books_book_contents", book.pk)


def _saved_words(matched: Sequence[MatchedLine]) -> str:
    return _("Confirmed: {counts}. Guidelines generated from now on follow it.").format(counts=_counted(matched))


@action("books.change_book", "contents/release/", "books_book_contents_release")
def release(request: StaffRequest, book: Book) -> HttpResponseBase:
    was = _stored(book)
    service.release_contents(book, user=request.user)
    if was is not None:
        confirmed = was.status == ContentsStatus.CONFIRMED
        messages.success(request, _("Unconfirmed; its lines are a draft now.") if confirmed else _("Deleted."))
    return redirect("admin:books_book_contents", book.pk)


def _stored(book: Book) -> Contents | None:
    return Contents.objects.filter(book=book).select_related("changed_by").first()


def _text_of(stored: Contents | None) -> str:
    return toc_text(service.entries_of(stored)) if stored else ""


def _page(request: StaffRequest, book: Book, text: str, *, doubts: Mapping[str, str] | None = None) -> HttpResponseBase:
    stored = _stored(book)
    context = {
        "title": _("Table of contents"),
        "book": book,
        "stored": stored,
        "origin": ORIGINS.get(stored.origin, "") if stored else "",
        "is_confirmed": stored is not None and stored.status == ContentsStatus.CONFIRMED,
        "is_changed": text != _text_of(stored),
        "may_draft": stored is None or (stored.status == ContentsStatus.DRAFTED and bool(stored.origin)),
        "text": text,
        "doubts": doubts,
        "is_read": book.pages.filter(reading__isnull=False).exists(),
        "is_busy": Job.objects.holding().filter(book=book).exists(),
        **(matched := _matched(book, text)),
        "scales": boundaries(book, [row.matched.entry for row, _ in matched.get("rows", ()) if row.matched]),
        "pages_of_book": book.pages.count(),
    }
    return show(request, "contents", context)


def _matched(book: Book, text: str) -> dict[str, Any]:
    try:
        rows = service.check_lines(book, text)
    except JobError as refusal:
        return {"refusal": in_language(refusal.message)}
    return {
        "rows": [(row, ROLES[row.matched.role] if row.matched else "") for row in rows],
        "counted": _counted([row.matched for row in rows if row.matched]),
        "troubled": sum(bool(row.problems) for row in rows),
    }


def _counted(matched: Sequence[MatchedLine]) -> str:
    topics, subtopics = (sum(each.role == role for each in matched) for role in ("topic", "subtopic"))
    found = sum(each.entry.scan is not None for each in matched)
    counts = ", ".join(
        [
            ngettext("{count} topic", "{count} topics", topics).format(count=topics),
            ngettext("{count} subtopic", "{count} subtopics", subtopics).format(count=subtopics),
        ]
    )
    return _("{counts}, {found} of {count} lines matched to pages").format(
        counts=counts, found=found, count=len(matched)
    )
