"""What happened to guidelines: the versions of one with their differences, and a book's changes with undo."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _

from books.admin.guards import StaffRequest, action, back, route, screen, seen_revision
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


def routes() -> list[URLPattern]:
    one, changes_url = "<int:book_id>/guidelines/<int:subtopic_id>/", "<int:book_id>/guidelines/changes/"
    return [
        route(one + "history/", history, "books_book_guideline_history"),
        route(one + "restore/", restore_version, "books_book_guideline_restore"),
        route(changes_url, changes, "books_book_changes"),
        route(changes_url + "<int:change_id>/undo/", undo_change, "books_book_change_undo"),
    ]


@screen("books.view_book")
def history(request: StaffRequest, book_id: int, subtopic_id: int) -> HttpResponseBase:
    rows = Subtopic.objects.select_related("topic__book").defer("terms")
    row = get_object_or_404(rows, pk=subtopic_id, topic__book=book_id)
    context = {
        **review_context(request, row.topic.book),
        "row": row,
        "steps": steps_of(row.pk, page_numbers(book_id), most=MOST_VERSIONS),
        "most": MOST_VERSIONS,
    }
    return render(request, "bookpipeline/guideline_history.html", context)


@action("books.change_subtopic")
def restore_version(request: StaffRequest, book_id: int, subtopic_id: int) -> HttpResponseBase:
    get_object_or_404(Subtopic, pk=subtopic_id, topic__book=book_id)
    version = number_of(request.POST.get("version")) or 0
    try:
        restore(book_id, subtopic_id, version, user=request.user, revision=seen_revision(request))
    except Subtopic.history.model.DoesNotExist as error:
        raise Http404(_("This guideline has no such version.")) from error
    messages.success(request, _("It has that version's words again and awaits review."))
    return redirect("admin:books_book_guideline", book_id, subtopic_id)


@screen("books.view_book")
def changes(request: StaffRequest, book_id: int) -> HttpResponseBase:
    """Newest first; ``?before=`` the id of a change goes on with those before it."""
    book = get_object_or_404(Book, pk=book_id)
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
    return render(request, "bookpipeline/changes.html", context)


@action("books.change_subtopic")
def undo_change(request: StaffRequest, book_id: int, change_id: int) -> HttpResponseBase:
    """Afterwards at the guideline that it was about, where it was about one."""
    undone = get_object_or_404(Change, pk=change_id, book=book_id)
    messages.success(request, in_language(undo(change_id, user=request.user).sentence))
    lists = [reverse(f"admin:{name}", args=[book_id]) for name in LISTS]
    if request.POST.get("next", "").startswith(tuple(lists)):
        return back(request, lists[0])
    touched = Subtopic.history.filter(change=undone).values("id")
    row = Subtopic.objects.filter(topic__book=book_id, pk__in=touched).order_by("pk").first()
    if row is None:
        return redirect("admin:books_book_guidelines", book_id)
    return redirect("admin:books_book_guideline", book_id, row.pk)
