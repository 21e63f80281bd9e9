"""What happened to guidelines: the versions of one with their differences, and a book's changes with undo."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from books.admin.guards import StaffRequest, action, back, screen, seen_revision, show
from books.admin.guidelines import review_context
from books.guidelines.changes import changes_of, undo, undoable
from books.guidelines.history import restore, steps_of
from books.models import Book, Change, Subtopic
from books.models.page import page_numbers
from books.numbers import number_of
from books.wording import in_language

CHANGES_A_PAGE = 50
MOST_VERSIONS = 50
LISTS = ("books_book_changes", "books_book_arrange_guidelines")


@screen("books.view_book", "guidelines/<int:subtopic_id>/history/", "books_book_guideline_history")
def history(request: StaffRequest, book: Book, subtopic: Subtopic) -> HttpResponseBase:
    context = {
        **review_context(request, book),
        "row": subtopic,
        "steps": steps_of(subtopic.pk, page_numbers(book.pk), most=MOST_VERSIONS),
        "most": MOST_VERSIONS,
    }
    return show(request, "guideline_history", context)


@action("books.change_subtopic", "guidelines/<int:subtopic_id>/restore/", "books_book_guideline_restore")
def restore_version(request: StaffRequest, book: Book, subtopic: Subtopic) -> HttpResponseBase:
    version = number_of(request.POST.get("version")) or 0
    try:
        restore(book.pk, subtopic.pk, version, user=request.user, revision=seen_revision(request))
    except Subtopic.history.model.DoesNotExist as error:
        raise Http404(_("This guideline has no such version.")) from error
    messages.success(request, _("It has that version's words again and awaits review."))
    return redirect("admin:books_book_guideline", book.pk, subtopic.pk)


@screen("books.view_book", "guidelines/changes/", "books_book_changes")
def changes(request: StaffRequest, book: Book) -> HttpResponseBase:
    """Newest first; ``?before=`` the id of a change goes on with those before it."""
    before = number_of(request.GET.get("before"))
    rows = changes_of(book).filter(pk__lt=before) if before is not None else changes_of(book)
    found = list(rows[: CHANGES_A_PAGE + 1])
    shown = found[:CHANGES_A_PAGE]
    context: dict[str, Any] = {
        **review_context(request, book),
        "changes": shown,
        "undoable": undoable(shown),
        "is_first": before is None,
        "earlier": shown[-1].pk if len(found) > CHANGES_A_PAGE else None,
    }
    return show(request, "changes", context)


@action("books.change_subtopic", "guidelines/changes/<int:change_id>/undo/", "books_book_change_undo")
def undo_change(request: StaffRequest, book: Book, change: Change) -> HttpResponseBase:
    """Afterwards at the guideline that it was about, where it was about one."""
    messages.success(request, in_language(undo(change.pk, user=request.user).sentence))
    lists = [reverse(f"admin:{name}", args=[book.pk]) for name in LISTS]
    if request.POST.get("next", "").startswith(tuple(lists)):
        return back(request, lists[0])
    touched = Subtopic.history.filter(change=change).values("id")
    row = Subtopic.objects.filter(topic__book=book, pk__in=touched).order_by("pk").first()
    if row is None:
        return redirect("admin:books_book_guidelines", book.pk)
    return redirect("admin:books_book_guideline", book.pk, row.pk)
