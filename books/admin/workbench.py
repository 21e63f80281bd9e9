"""The review workbench: a page's scan beside its text, its history, and decisions on pages with their undo."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.http.response import HttpResponseBadRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from books.admin.generating import estimate_in_words, generate
from books.admin.guards import StaffRequest, action, back, screen, show
from books.admin.page_lines import lines_of, looks_at
from books.admin.page_states import cell_of, cells_of, reading_of
from books.admin.undo import DECISION, last_done, last_undone, offers, remember, remember_undone
from books.errors import EditedMeanwhile
from books.models import Book, Page, PageReview, Reading
from books.models.page import CLEAN_CONFIDENCE, PERSON
from books.numbers import number_of
from books.ocr import review
from books.ocr.factory import available_engines
from books.ocr.review import edit_text, edited_lines, restore_reading
from books.stored.pages import ranges
from books.team.sharing import comment, open_comments, withdraw_reasons
from books.wording import in_language
from jobs.models import Job

# How a text is edited: a field a line, or one for the whole page, as where there are none or too many for a form.
LINES: Final = "lines"
WHOLE: Final = "whole"
MOST_LINES: Final = 500

DECISIONS: Final = {"approve": PageReview.APPROVED, "reject": PageReview.REJECTED}


@action("books.change_page", "pages/<int:number>/decide/", "books_book_page_decide")
def decide(request: StaffRequest, book: Book, page: Page) -> HttpResponseBase:
    """Approves or rejects the page that the person saw, then goes on to the next page that waits for review. The reason
    of a rejection, where one is given, becomes a comment on the page."""
    decision = DECISIONS.get(request.POST.get("decision", ""))
    if decision is None:
        return HttpResponseBadRequest(_("Unknown decision."))
    return _decided_one(request, page, decision, request.POST.get("seen", page.mark))


def _decided_one(request: StaffRequest, page: Page, decision: PageReview, seen: str) -> HttpResponse:
    reason, one = request.POST.get("reason", "").strip(), Page.objects.filter(pk=page.pk)
    with transaction.atomic():
        made = review.decide(one, decision, user=request.user, seen={str(page.pk): seen})
        if reason and decision == PageReview.REJECTED and not made.left:
            comment(page.book, reason, page=page, subtopic=None, user=request.user)
    if made.left:
        raise EditedMeanwhile(_("{why} Look again, then decide.").format(why=review.since(made.left[0], seen)))
    if not made.facts["before"] and page.review == PageReview.PENDING:
        messages.warning(
            request, _("Page {number} was not read yet: there is nothing to decide.").format(number=page.number)
        )
        return redirect("admin:books_book_page", page.book_id, page.number)
    return _remembered(request, page.book_id, made, _to_next(request, page))


def _to_next(request: StaffRequest, page: Page) -> HttpResponse:
    following = review.next_to_review(page)
    if following is None:
        messages.success(request, _("No page is waiting for review any more."))
        return redirect("admin:books_book_overview", page.book_id)
    return redirect("admin:books_book_page", page.book_id, following)


@action("books.change_page", "pages/decide/", "books_book_pages_decide")
def decide_chosen(request: StaffRequest, book: Book) -> HttpResponseBase:
    """Approves or rejects the pages of the form, named as they were seen; those that were decided or read again since
    are left alone. With "generate" goes on to that step, as its own button would."""
    decision = DECISIONS.get(request.POST.get("decision", ""))
    if decision is None:
        return HttpResponseBadRequest(_("Unknown decision."))
    goes_on = request.POST.get("then") == "generate"
    if goes_on and not request.user.has_perm("books.ask_model"):
        raise PermissionDenied
    decided = _decided(request, book, request.POST.getlist("page"), decision)
    return generate(request, book_id=book.pk) if goes_on else decided


def _decided(request: StaffRequest, book: Book, chosen: list[str], decision: PageReview) -> HttpResponse:
    marks = review.marks_of(book, chosen)
    seen = {page: mark for page, mark in marks.items() if mark}
    made = review.decide(review.pages_of(book, marks), decision, user=request.user, seen=seen)
    if made.left:
        numbers = [page.number for page in made.left]
        words = ngettext(
            "Page {pages} was decided or read again since you looked, and left alone.",
            "Pages {pages} were decided or read again since you looked, and left alone.",
            len(numbers),
        )
        messages.warning(request, words.format(pages=ranges(numbers)))
    elif not made.facts["before"]:
        messages.warning(request, _("None of the chosen pages was read and undecided."))
    return _remembered(request, book.pk, made, to_map(request, book.pk))


def _remembered(request: StaffRequest, book_id: int, made: review.Made, response: HttpResponse) -> HttpResponse:
    if not made.facts["before"]:
        return response
    return remember(request, book_id, {**made.facts, "kind": DECISION, "id": made.facts["at"]}, response)


def to_map(request: StaffRequest, book_id: int) -> HttpResponse:
    return back(request, reverse("admin:books_book_map", args=[book_id]))


# ---- taking back, and doing again -----------------------------------------------------------------------------------


@action("books.change_page", "pages/decide/undo/", "books_book_decision_undo")
def undo(request: StaffRequest, book: Book) -> HttpResponseBase:
    """Takes the latest decision back and returns to the page it was about."""
    last = last_done(request, book.pk, DECISION)
    if last is None:
        messages.warning(request, _("There is no decision to undo."))
        return to_map(request, book.pk)
    with transaction.atomic():
        reasons = withdraw_reasons(review.decided(last), user=request.user)
        pages = review.take_back(last)
    if not pages:
        messages.warning(request, _("That was decided again, or read again, since: nothing was undone."))
        return remember_undone(request, book.pk, last, None, to_map(request, book.pk))
    words = ngettext("Undone: Page {page} {decided}.", "Undone: {count} pages {decided}.", len(pages))
    told = {"page": pages[0].number, "count": len(pages), "decided": PageReview(last["review"]).label.lower()}
    messages.success(request, words.format(**told))
    again = {"review": last["review"], "pages": {str(page.pk): page.mark for page in pages}, "reasons": reasons}
    return remember_undone(request, book.pk, last, again, _to_pages(book.pk, pages))


def _to_pages(book_id: int, pages: list[Page]) -> HttpResponse:
    if len(pages) == 1:
        return redirect("admin:books_book_page", book_id, pages[0].number)
    return redirect("admin:books_book_map", book_id)


@action("books.change_page", "pages/decide/redo/", "books_book_decision_redo")
def redo(request: StaffRequest, book: Book) -> HttpResponseBase:
    """Decides again as before the undo, on pages that nobody decided or read again since."""
    undone = last_undone(request, book.pk, DECISION)
    if undone is None:
        messages.warning(request, _("There is no decision to redo."))
        return to_map(request, book.pk)
    chosen = [f"{page}:{mark}" for page, mark in undone["pages"].items()]
    response = _decided(request, book, chosen, PageReview(undone["review"]))
    for page in Page.objects.filter(pk__in=undone["reasons"], review=PageReview.REJECTED):
        comment(book, undone["reasons"][str(page.pk)], page=page, subtopic=None, user=request.user)
    return response


# ---- all that give no cause to look ---------------------------------------------------------------------------------


@screen("books.change_page", "pages/clean/", "books_book_clean")
def clean(request: StaffRequest, book: Book) -> HttpResponseBase:
    """What "approve all that are clean" would do, to be confirmed: its form has the pages chosen as on the map."""
    clean_now = review.clean_pages(book)
    chosen, looks = list(clean_now.order_by("number")), looks_at(clean_now)
    corrected = set(clean_now.filter(reading__engine=PERSON).values_list("number", flat=True))
    waiting = set(review.review_queue(book).values_list("number", flat=True)) - {page.number for page in chosen}
    context = {
        "title": _("Approve the clean pages"),
        "book": book,
        "chosen": chosen,
        "unseen": [page.number for page in chosen if page.number not in corrected],
        "corrected": sorted(corrected),
        "looks": looks,
        "in_doubt": sum(1 for look in looks if look.words),
        "beyond_text": sum(1 for look in looks if look.beyond),
        "left": [cell for cell in cells_of(book) if cell.page.number in waiting],
        "least": int(CLEAN_CONFIDENCE),
        "estimate": estimate_in_words(book) if _may_go_on(request, book, len(chosen)) else "",
    }
    return show(request, "clean", context)


def _may_go_on(request: StaffRequest, book: Book, chosen: int) -> bool:
    """Whether every page is approved once these are, and no job holds the book, for who may generate."""
    approved = book.pages.filter(review=PageReview.APPROVED).count()
    is_held = Job.objects.holding().filter(book=book).exists()
    return request.user.has_perm("books.ask_model") and not is_held and chosen + approved == book.pages.count()


@screen("books.view_book", "pages/<int:number>/", "books_book_page")
def page_screen(request: StaffRequest, book: Book, page: Page) -> HttpResponseBase:
    """With ``?edit=`` LINES or WHOLE as an editor, for who may."""
    mode = request.GET.get("edit", "") if request.user.has_perm("books.change_page") else ""
    return _shown(request, page, mode)


@screen("books.view_book", "pages/<int:number>/reading/", "books_book_page_reading")
def reading(request: StaffRequest, book: Book, page: Page) -> HttpResponseBase:
    """How the page's reading goes, while it does; 204 while there is nothing new to say."""
    again = reading_of(page)
    if again is not None and request.GET.get("mark") == again.mark:
        return HttpResponse(status=204)
    context = {"book": page.book, "page": page, "again": again, "is_over": True}
    return show(request, "_reading", context)


def _shown(
    request: StaffRequest,
    page: Page,
    mode: str,
    *,
    draft: str | None = None,
    seen: int | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """``draft`` is a text that was not saved, ``seen`` the id of the reading it was made from: None for the present."""
    reading = page.reading
    if draft is not None:
        known = edited_lines(reading.lines, draft.splitlines()) if reading else []
        reading = Reading(text=draft, lines=known)
    lines = list(lines_of(reading)) if reading else []
    context = {
        "title": _("Page {number}").format(number=page.number),
        "book": page.book,
        "page": page,
        "offers": offers(request, page.book, page),
        "cell": cell_of(page),
        "again": reading_of(page),
        "reading": page.reading,
        "lines": lines,
        "doubts": sum(len(line.doubts) for line in lines),
        "mode": mode and (LINES if mode == LINES and 0 < len(lines) <= MOST_LINES else WHOLE),
        "seen": seen or page.reading_id,
        "text": reading.text if reading else "",
        "is_draft": draft is not None,
        "is_refused": status != HTTPStatus.OK,
        "history": page.readings.all(),
        "comments": open_comments(page=page),
        **review.around(page),
        "engines": available_engines(),
    }
    return show(request, "page", context, status=status)


@action("books.change_page", "pages/<int:number>/edit/", "books_book_page_edit")
def edit(request: StaffRequest, book: Book, page: Page) -> HttpResponseBase:
    """Saves the text, then perhaps approves the page; or with "show" goes on in that mode. Where the page got another
    text meanwhile, both are shown, so that no typing is lost."""
    text, mode, before = _posted_text(request), LINES if "line" in request.POST else WHOLE, page.reading_id
    if wanted := request.POST.get("show"):
        return _shown(request, page, wanted, draft=text, seen=_seen(request))
    try:
        reading = edit_text(page, text, user=request.user, seen_reading_id=_seen(request))
    except EditedMeanwhile as refusal:
        messages.error(request, in_language(refusal.message))
        page.refresh_from_db()
        return _shown(request, page, mode, draft=text, status=HTTPStatus.CONFLICT)
    if request.POST.get("then") == "approve":
        page.refresh_from_db()
        return _decided_one(request, page, PageReview.APPROVED, page.mark)
    if reading.pk == before:
        messages.info(request, _("Nothing was changed."))
    else:
        messages.success(request, _("Page {number} has your text; it waits for approval.").format(number=page.number))
    return redirect("admin:books_book_page", book.pk, page.number)


def _posted_text(request: StaffRequest) -> str:
    """Lines that were emptied are gone; those that the text has between paragraphs come as a space."""
    if "line" in request.POST:
        return "\n".join(line for line in request.POST.getlist("line") if line)
    return request.POST.get("text", "")


@action("books.change_page", "pages/<int:number>/restore/", "books_book_page_restore")
def restore(request: StaffRequest, book: Book, page: Page) -> HttpResponseBase:
    try:
        restore_reading(
            page, number_of(request.POST.get("reading")) or 0, user=request.user, seen_reading_id=_seen(request)
        )
    except Reading.DoesNotExist as error:
        raise Http404(_("This page has no such reading.")) from error
    messages.success(request, _("Page {number} has that text again; it waits for approval.").format(number=page.number))
    return redirect("admin:books_book_page", book.pk, page.number)


def _seen(request: StaffRequest) -> int | None:
    return number_of(request.POST.get("seen", ""))
