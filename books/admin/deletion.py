"""The last screen of a book: what disappears with it, and its title typed where readers would lose something."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from books.admin.guards import StaffRequest, show
from books.audit import refuse
from books.errors import DeletionRefused
from books.models import Book
from books.publishing.deletion import Losses, delete_book, job_in_the_way, losses_of
from books.publishing.published import has_published
from books.wording import in_language


def delete_view(admin: ModelAdmin[Book], request: StaffRequest, book_id: str) -> HttpResponse:
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    book = admin.get_object(request, book_id)
    if not admin.has_delete_permission(request, book):
        raise PermissionDenied
    if book is None:
        raise Http404(_("There is no such book."))
    if request.method != "POST":
        return _shown(admin, request, book)
    typed = request.POST.get("title", "")
    try:
        delete_book(book.pk, typed_title=typed)
    except DeletionRefused as refusal:
        messages.error(request, in_language(refusal.message))
        refuse(request, in_language(refusal.message))
        return _shown(admin, request, book, typed=typed, status=409)
    admin.log_deletions(request, [book])  # type: ignore[arg-type]  # any rows will do, and these are gone
    messages.success(request, _("“{book}” was deleted with everything that belonged to it.").format(book=book))
    return redirect("admin:books_book_changelist")


def _shown(
    admin: ModelAdmin[Book], request: StaffRequest, book: Book, *, typed: str = "", status: int = 200
) -> HttpResponse:
    losses = losses_of(book)
    context = {
        "title": _("Delete {book}").format(book=book),
        "book": book,
        "losses": _words(losses),
        "published": losses.published,
        "in_the_way": job_in_the_way(book),
        "typed": typed,
    }
    return show(request, "delete_book", context, status=status)


def _words(losses: Losses) -> list[tuple[int, str]]:
    cost = f"{losses.cost:.2f}"
    named = [
        (losses.pages, ngettext("page", "pages", losses.pages)),
        (losses.files, ngettext("uploaded file", "uploaded files", losses.files)),
        (losses.readings, ngettext("reading of a page", "readings of pages", losses.readings)),
        (losses.guidelines, ngettext("guideline", "guidelines", losses.guidelines)),
        (losses.jobs, ngettext("job with its log", "jobs with their logs", losses.jobs)),
        (
            losses.calls,
            ngettext("call in the ledger, ${cost}", "calls in the ledger, ${cost}", losses.calls).format(cost=cost),
        ),
    ]
    return [(count, words) for count, words in named if count]


def counts_of(books: Iterable[Book]) -> dict[str, int]:
    """What several books would take along."""
    losses = [losses_of(book) for book in books]
    return {
        "pages": sum(each.pages for each in losses),
        "guidelines": sum(each.guidelines for each in losses),
        "jobs": sum(each.jobs for each in losses),
    }


def protected(books: Iterable[Book]) -> list[str]:
    """A sentence a book that cannot be deleted among several."""
    sentences = []
    for book in books:
        if sentence := job_in_the_way(book):
            sentences.append(sentence)
        elif has_published(book):
            sentences.append(
                _("{book} has published guidelines: delete it on its own page, which asks for its title.").format(
                    book=book
                )
            )
    return sentences
