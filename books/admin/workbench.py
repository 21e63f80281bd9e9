"""The review workbench: a page's scan beside its text, its history, and decisions on pages with their undo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.contrib import admin, messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.http.response import HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, reverse

from books.admin.guards import StaffRequest, action, back, route, screen
from books.admin.page_states import cell_of, cells_of, reading_of
from books.admin.undo import DECISION, last_done, last_undone, offers, remember, remember_undone
from books.errors import EditedMeanwhile
from books.models import Book, Page, PageReview, Reading
from books.numbers import number_of
from books.ocr import review
from books.ocr.factory import available_engines
from books.ocr.review import edit_text, restore_reading, review_queue
from books.stored.pages import ranges

DECISIONS: Final = {"approve": PageReview.APPROVED, "reject": PageReview.REJECTED}


def routes() -> list[URLPattern]:
    page = "<int:book_id>/pages/<int:number>/"
    return [
        route(page, page_screen, "books_book_page"),
        route(page + "reading/", reading, "books_book_page_reading"),
        route(page + "edit/", edit, "books_book_page_edit"),
        route(page + "restore/", restore, "books_book_page_restore"),
        route("<int:book_id>/pages/clean/", clean, "books_book_clean"),
        route("<int:book_id>/pages/decide/", decide_chosen, "books_book_pages_decide"),
        route("<int:book_id>/pages/decide/undo/", undo, "books_book_decision_undo"),
        route("<int:book_id>/pages/decide/redo/", redo, "books_book_decision_redo"),
        route("<int:book_id>/pages/<int:number>/decide/", decide, "books_book_page_decide"),
    ]


@action("books.change_page")
def decide(request: StaffRequest, book_id: int, number: int) -> HttpResponseBase:
    """Approves or rejects the page that the person saw, then goes on to the next page that waits for review."""
    page = get_object_or_404(Page.objects.select_related("book", "reading"), book=book_id, number=number)
    decision = DECISIONS.get(request.POST.get("decision", ""))
    if decision is None:
        return HttpResponseBadRequest("Unknown decision.")
    seen = request.POST.get("seen", page.mark)
    made = review.decide(Page.objects.filter(pk=page.pk), decision, user=request.user, seen={str(page.pk): seen})
    if made.left:
        raise EditedMeanwhile(f"{review.since(made.left[0], seen)} Look again, then decide.")
    if not made.facts["before"] and page.review == PageReview.PENDING:
        messages.warning(request, f"Page {number} was not read yet: there is nothing to decide.")
        return redirect("admin:books_book_page", book_id, number)
    return _remembered(request, book_id, made, _to_next(request, page))


def _to_next(request: StaffRequest, page: Page) -> HttpResponse:
    following = review.next_to_review(page)
    if following is None:
        messages.success(request, "No page is waiting for review any more.")
        return redirect("admin:books_book_overview", page.book_id)
    return redirect("admin:books_book_page", page.book_id, following)


@action("books.change_page")
def decide_chosen(request: StaffRequest, book_id: int) -> HttpResponseBase:
    """Approves or rejects the pages of the form, each an id and after a colon its mark as it was seen; those that were
    decided or read again since are left alone."""
    book = get_object_or_404(Book, pk=book_id)
    decision = DECISIONS.get(request.POST.get("decision", ""))
    if decision is None:
        return HttpResponseBadRequest("Unknown decision.")
    return _decided(request, book, request.POST.getlist("page"), decision)


def _decided(request: StaffRequest, book: Book, chosen: list[str], decision: PageReview) -> HttpResponse:
    pages = {page: mark for page, _, mark in (each.partition(":") for each in chosen)}
    seen = {page: mark for page, mark in pages.items() if mark}
    made = review.decide(review.pages_of(book, pages), decision, user=request.user, seen=seen)
    if made.left:
        numbers = [page.number for page in made.left]
        were = f"Page {numbers[0]} was" if len(numbers) == 1 else f"Pages {ranges(numbers)} were"
        messages.warning(request, f"{were} decided or read again since you looked, and left alone.")
    elif not made.facts["before"]:
        messages.warning(request, "None of the chosen pages was read and undecided.")
    return _remembered(request, book.pk, made, _to_map(request, book.pk))


def _remembered(request: StaffRequest, book_id: int, made: review.Made, response: HttpResponse) -> HttpResponse:
    if not made.facts["before"]:
        return response
    return remember(request, book_id, {**made.facts, "kind": DECISION, "id": made.facts["at"]}, response)


def _to_map(request: StaffRequest, book_id: int) -> HttpResponse:
    return back(request, reverse("admin:books_book_map", args=[book_id]))


# ---- taking back, and doing again -----------------------------------------------------------------------------------


@action("books.change_page")
def undo(request: StaffRequest, book_id: int) -> HttpResponseBase:
    """Takes the latest decision back and returns to the page it was about."""
    get_object_or_404(Book, pk=book_id)
    last = last_done(request, book_id, DECISION)
    if last is None:
        messages.warning(request, "There is no decision to undo.")
        return _to_map(request, book_id)
    pages = review.take_back(last)
    if not pages:
        messages.warning(request, "That was decided again, or read again, since: nothing was undone.")
        return remember_undone(request, book_id, last, None, _to_map(request, book_id))
    count = f"Page {pages[0].number}" if len(pages) == 1 else f"{len(pages)} pages"
    messages.success(request, f"Undone: {count} {PageReview(last['review']).label.lower()}.")
    again = {"review": last["review"], "pages": {str(page.pk): page.mark for page in pages}}
    return remember_undone(request, book_id, last, again, _to_pages(book_id, pages))


def _to_pages(book_id: int, pages: list[Page]) -> HttpResponse:
    if len(pages) == 1:
        return redirect("admin:books_book_page", book_id, pages[0].number)
    return redirect("admin:books_book_map", book_id)


@action("books.change_page")
def redo(request: StaffRequest, book_id: int) -> HttpResponseBase:
    """Decides again as before the undo, on pages that nobody decided or read again since."""
    book = get_object_or_404(Book, pk=book_id)
    undone = last_undone(request, book_id, DECISION)
    if undone is None:
        messages.warning(request, "There is no decision to redo.")
        return _to_map(request, book_id)
    chosen = [f"{page}:{mark}" for page, mark in undone["pages"].items()]
    return _decided(request, book, chosen, PageReview(undone["review"]))


# ---- all that give no cause to look ---------------------------------------------------------------------------------


@screen("books.change_page")
def clean(request: StaffRequest, book_id: int) -> HttpResponseBase:
    """What "approve all that are clean" would do, to be confirmed: its form has the pages chosen as on the map."""
    book = get_object_or_404(Book, pk=book_id)
    chosen = list(review.clean_pages(book).order_by("number"))
    waiting = set(review.review_queue(book).values_list("number", flat=True)) - {page.number for page in chosen}
    context = {
        **request_context(request, book, "Approve the clean pages"),
        "chosen": chosen,
        "left": [cell for cell in cells_of(book) if cell.page.number in waiting],
        "least": int(review.CLEAN_CONFIDENCE),
    }
    return render(request, "bookpipeline/clean.html", context)


def request_context(request: StaffRequest, book: Book, title: str) -> dict[str, Any]:
    """What every screen around a book's pages shows."""
    return {
        **admin.site.each_context(request),
        "title": title,
        "book": book,
        "may_decide": request.user.has_perm("books.change_page"),
        "may_arrange": request.user.has_perm("books.change_book"),
        "engines": available_engines(),
    }


# Tesseract's mean confidence on print that it reads without an error is above 90; lines below 70 usually hold one.
LOW_CONFIDENCE = 70


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
