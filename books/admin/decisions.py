"""A person's decisions on pages, and undoing the latest of them: the session remembers what they changed."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.http.response import HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, reverse

from books.admin.guards import StaffRequest, action, back, route, screen
from books.admin.page_states import cells_of
from books.errors import EditedMeanwhile
from books.models import Book, Page, PageReview
from books.ocr import review
from books.ocr.factory import available_engines

MEMORY: Final = "page_decisions"
# As many decisions can be undone one after the other.
REMEMBERED: Final = 20
DECISIONS: Final = {"approve": PageReview.APPROVED, "reject": PageReview.REJECTED}


def routes() -> list[URLPattern]:
    return [
        route("<int:book_id>/pages/clean/", clean, "books_book_clean"),
        route("<int:book_id>/pages/clean/approve/", approve_clean, "books_book_clean_approve"),
        route("<int:book_id>/pages/decide/", decide_chosen, "books_book_pages_decide"),
        route("<int:book_id>/pages/decide/undo/", undo, "books_book_decision_undo"),
        route("<int:book_id>/pages/<int:number>/decide/", decide, "books_book_page_decide"),
    ]


def last_decision(request: StaffRequest, book_id: int) -> dict[str, Any] | None:
    """The one that ``undo`` would take back, with its "sentence"."""
    return next((each for each in reversed(_memory(request)) if each.get("book") == book_id), None)


def _memory(request: StaffRequest) -> list[dict[str, Any]]:
    return list(request.session.get(MEMORY, []))


def _decided(request: StaffRequest, book_id: int, pages: QuerySet[Page], decision: str) -> list[int]:
    """Decides on ``pages``, remembers it, and returns the numbers of those that changed."""
    made = review.decide(pages, DECISIONS[decision], user=request.user)
    numbers = sorted(Page.objects.filter(pk__in=made["before"]).values_list("number", flat=True))
    if numbers:
        label = DECISIONS[decision].label.lower()
        made |= {"book": book_id, "sentence": f"{_pages_words(numbers)} {label}."}
        request.session[MEMORY] = [*_memory(request), made][-REMEMBERED:]
    return numbers


def _pages_words(numbers: list[int]) -> str:
    return f"Page {numbers[0]}" if len(numbers) == 1 else f"{len(numbers)} pages"


@action("books.change_page")
def decide(request: StaffRequest, book_id: int, number: int) -> HttpResponseBase:
    """Approves or rejects the reading that the person saw, then goes on to the next page that waits for review."""
    page = get_object_or_404(Page.objects.select_related("book", "reading"), book=book_id, number=number)
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        return HttpResponseBadRequest("Unknown decision.")
    seen = request.POST.get("seen")
    if seen is not None and seen != str(page.reading_id or ""):
        raise EditedMeanwhile(f"Page {number} got another text while you had it open. Look again, then decide.")
    if not _decided(request, book_id, Page.objects.filter(pk=page.pk), decision) and page.review == PageReview.PENDING:
        messages.warning(request, f"Page {number} was not read yet: there is nothing to decide.")
        return redirect("admin:books_book_page", book_id, number)
    following = review.next_to_review(page)
    if following is None:
        messages.success(request, "No page is waiting for review any more.")
        return redirect("admin:books_book_overview", book_id)
    return redirect("admin:books_book_page", book_id, following)


@action("books.change_page")
def decide_chosen(request: StaffRequest, book_id: int) -> HttpResponseBase:
    """Approves or rejects the pages chosen on the map."""
    book = get_object_or_404(Book, pk=book_id)
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        return HttpResponseBadRequest("Unknown decision.")
    numbers = _decided(request, book_id, review.pages_of(book, request.POST.getlist("page")), decision)
    if not numbers:
        messages.warning(request, "None of the chosen pages was read and undecided.")
    return back(request, reverse("admin:books_book_map", args=[book_id]))


@action("books.change_page")
def undo(request: StaffRequest, book_id: int) -> HttpResponseBase:
    """Takes the latest decision back and returns to the page it was about."""
    get_object_or_404(Book, pk=book_id)
    memory = _memory(request)
    last = last_decision(request, book_id)
    if last is None:
        messages.warning(request, "There is no decision to undo.")
        return back(request, reverse("admin:books_book_map", args=[book_id]))
    memory.remove(last)
    request.session[MEMORY] = memory
    numbers = review.take_back(last)
    if not numbers:
        messages.warning(request, "That was decided again, or read again, since: nothing was undone.")
        return back(request, reverse("admin:books_book_map", args=[book_id]))
    messages.success(request, f"Undone: {last['sentence']}")
    if len(numbers) == 1:
        return redirect("admin:books_book_page", book_id, numbers[0])
    return redirect("admin:books_book_map", book_id)


# ---- all that give no cause to look ---------------------------------------------------------------------------------


@screen("books.change_page")
def clean(request: StaffRequest, book_id: int) -> HttpResponseBase:
    """What "approve all clean pages" would do, to be confirmed."""
    book = get_object_or_404(Book, pk=book_id)
    pages = list(review.clean_pages(book).order_by("number").values_list("number", "reading_id"))
    chosen = {number for number, _ in pages}
    waiting = set(review.review_queue(book).values_list("number", flat=True))
    left = [cell for cell in cells_of(book) if cell.page.number in waiting - chosen]
    context = {
        **request_context(request, book, "Approve the clean pages"),
        "numbers": sorted(chosen),
        "newest": max((reading for _, reading in pages if reading), default=0),
        "left": left,
        "least": int(review.CLEAN_CONFIDENCE),
    }
    return render(request, "bookpipeline/clean.html", context)


@action("books.change_page")
def approve_clean(request: StaffRequest, book_id: int) -> HttpResponseBase:
    """Approves the clean pages; none that got another text since the preview (readings newer than "newest")."""
    book = get_object_or_404(Book, pk=book_id)
    newest = request.POST.get("newest", "")
    if not newest.isdecimal():
        return HttpResponseBadRequest("Unknown preview.")
    pages = review.clean_pages(book).filter(reading_id__lte=int(newest))
    if not _decided(request, book_id, pages, "approve"):
        messages.warning(request, "No clean page was waiting.")
    return redirect("admin:books_book_map", book_id)


def request_context(request: StaffRequest, book: Book, title: str) -> dict[str, Any]:
    """What every screen around a book's pages shows."""
    return {
        **admin.site.each_context(request),
        "title": title,
        "book": book,
        "last_decision": last_decision(request, book.pk),
        "may_decide": request.user.has_perm("books.change_page"),
        "may_arrange": request.user.has_perm("books.change_book"),
        "engines": available_engines(),
    }
