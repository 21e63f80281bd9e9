"""Starting to generate guidelines: what it would cost, for which pages, going on or anew, and under which cap."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from books.admin.guards import StaffRequest, action, screen, show
from books.admin.steps import counts_of, may_finalise
from books.errors import RequestRefused
from books.extraction.engines.factory import asks_a_model
from books.extraction.estimate import estimate
from books.extraction.job import (
    EXTRACTION,
    FINALISATION,
    goes_on_from,
    last_extraction,
    resume_extraction,
    start_extraction,
)
from books.ledger.spending import spent
from books.models import Book, Contents, ContentsStatus
from books.numbers import LARGEST_PLACE, number_of
from books.ocr.job import OCR, OCR_ELSEWHERE
from books.stored.limits import Limits
from books.wording import in_language
from jobs.errors import JobError
from jobs.models import Job
from jobs.progress import resume_point, start_sentence
from jobs.states import JobStatus
from jobs.views import job_view

PAID = _(
    "Answers that a model gave before stay in the ledger: what is asked in the same words is never paid for again."
)
TEXTS = _("Texts and approvals of the pages, and the table of contents.")
DECIDED = _("Guidelines that a person edited or decided on.")
READINGS = (_("Earlier readings of each page, in its history."), _("Texts that a person corrected."), PAID)
STAYS = {
    EXTRACTION.kind: (TEXTS, DECIDED, _("Guidelines of other pages."), PAID),
    FINALISATION.kind: (TEXTS, DECIDED, PAID),
    OCR.kind: READINGS,
    OCR_ELSEWHERE.kind: READINGS,
}


def confirm_restart(request: StaffRequest, job: Job, url: str) -> HttpResponseBase:
    """A page whose form posts what was posted to ``url`` once more, with ``sure``."""
    asked = [(name, value) for name, value in request.POST.items() if name not in ("csrfmiddlewaretoken", "sure")]
    context = {
        "title": gettext("Start over?"),
        "book": job.book,
        "job": job,
        "view": job_view(job),
        "url": url,
        "asked": asked,
        "stays": STAYS.get(job.kind, (PAID,)),
    }
    return show(request, "restart", context)


@screen("books.ask_model", "generate/start/", "books_book_start")
def start(request: StaffRequest, book: Book) -> HttpResponseBase:
    """The choices with what they would cost; for HTMX, when other pages are chosen, the cost alone."""
    try:
        limits, refusal = limits_of(request.GET), ""
    except RequestRefused as error:
        limits, refusal = Limits(), in_language(error.message)
    context = {"book": book, "refusal": refusal, "estimate": estimate(book, limits)}
    if request.htmx:
        return show(request, "_estimate", context)
    return show(request, "generate", {**context, **_page(request, book, limits)})


def _page(request: StaffRequest, book: Book, limits: Limits) -> dict[str, Any]:
    last = last_extraction(book)
    present = Contents.objects.filter(book=book).first()
    return {
        "title": gettext("Generate guidelines"),
        "limits": limits,
        "pages": book.pages.count(),
        "last": last,
        "resume_words": _resume_words(last, limits),
        "is_confirmed": present is not None and present.status == ContentsStatus.CONFIRMED,
        "has_contents": present is not None,
        "is_busy": last is not None and last.is_active and last.status != JobStatus.PAUSED,
        "is_paused": last is not None and last.status == JobStatus.PAUSED,
        "spent": spent(book=book.pk),
        "asks_a_model": asks_a_model(),
        "economy": limits.economy if limits.economy is not None else bool(last and Limits.of(last.params).economy),
        "finalising": estimate(book, limits, FINALISATION.kind) if may_finalise(counts_of(book)) else None,
    }


def _resume_words(last: Job | None, limits: Limits) -> str:
    if last is None or not goes_on_from(last, limits):
        return gettext("What is current of the chosen pages is kept.")
    point = resume_point(last) if last.status != JobStatus.COMPLETED else ""
    if not point:
        return gettext("What changed since the last time is made anew. Everything finished is kept.")
    return gettext("{point} Everything finished is kept.").format(point=in_language(point))


def estimate_in_words(book: Book) -> str:
    return gettext("Generating: {estimate}").format(estimate=estimate(book).sentence)


@action("books.ask_model", "generate/", "books_book_generate")
def generate(request: StaffRequest, book: Book) -> HttpResponseBase:
    """Goes on with the last job of the posted pages, or with ``mode`` restart, once that is confirmed, begins anew."""
    try:
        limits = limits_of(request.POST)
        if request.POST.get("mode") == "restart":
            last = last_extraction(book)
            if last is not None and "sure" not in request.POST:
                return confirm_restart(request, last, reverse("admin:books_book_generate", args=[book.pk]))
            job = start_extraction(book, limits, user=request.user)
        else:
            job = resume_extraction(book, limits, user=request.user)
    except JobError as refusal:
        messages.error(request, in_language(refusal.message))
        return redirect("admin:books_book_overview", book.pk)
    messages.success(request, in_language(start_sentence(job)))
    return redirect("admin:books_book_overview", book.pk)


def limits_of(form: QueryDict) -> Limits:
    """Raises RequestRefused for what is no number; an empty field is no limit, one page alone a range of one."""
    first, last = _number(form, "first_page"), _number(form, "last_page")
    economy = {"yes": True, "no": False}.get(form.get("economy", ""))
    return Limits(first if first is not None else last, last if last is not None else first, _dollars(form), economy)


def _number(form: QueryDict, name: str) -> int | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    number = number_of(text, LARGEST_PLACE)
    if number is None:
        raise RequestRefused(gettext("Pages are scan numbers, such as 1 to 24."))
    return number


def _dollars(form: QueryDict) -> Decimal | None:
    text = form.get("spending_cap", "").strip().removeprefix("$")
    try:
        amount = Decimal(text) if text else None
    except InvalidOperation:
        amount = Decimal("NaN")
    if amount is not None and not amount.is_finite():
        raise RequestRefused(gettext("A spending cap is an amount of dollars, such as 2.50."))
    return amount
