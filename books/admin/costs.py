"""What a book's model calls were and cost, stage by stage, and which of its results another recipe would now make."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.contrib import admin
from django.db.models import Avg, Count, Q, Sum
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern
from django.utils.text import slugify

from books.admin.guards import StaffRequest, route, screen
from books.admin.ledger import as_csv
from books.extraction.estimating import TITLES, estimate
from books.extraction.factory import recipe_of
from books.extraction.job import Limits
from books.extraction.stale import StaleResult, generated_pages, stale_results
from books.models import Book, CallOutcome, ModelCall
from books.providers.factory import base_url_of, model_of
from books.providers.prices import price_of
from books.providers.spending import spent
from jobs.models import Job

# Of each stage the screen names so many stale results; a table of 500 pages helps nobody.
NAMED = 12


def routes() -> list[URLPattern]:
    return [
        route("<int:book_id>/costs/", costs, "books_book_costs"),
        route("<int:book_id>/costs/calls.csv", calls_csv, "books_book_calls"),
    ]


@dataclass(frozen=True, slots=True)
class StaleStage:
    """The stale results of one stage: those made anew by generating, and those that stay as a person left them."""

    title: str
    now: str
    made_with: str
    redone: list[StaleResult]
    kept: list[StaleResult]

    @property
    def named(self) -> list[StaleResult]:
        return self.redone[:NAMED]

    @property
    def more(self) -> int:
        return max(0, len(self.redone) - NAMED)


@screen("books.view_modelcall")
def costs(request: StaffRequest, book_id: int) -> HttpResponseBase:
    book = get_object_or_404(Book, pk=book_id)
    calls = ModelCall.objects.filter(book=book)
    stale, pages = stale_results(book), generated_pages(book)
    context = {
        **admin.site.each_context(request),
        "title": "Calls and costs",
        "book": book,
        "stages": _by_stage(book),
        "total": calls.aggregate(calls=Count("pk"), dollars=Sum("cost"), unpriced=Count("pk", filter=_UNPRICED)),
        "left": None if book.spending_cap is None else book.spending_cap - spent(book=book.pk),
        "stale": [stage for stage in (_stale_stage(name, stale) for name in STAGES) if stage],
        "redone": sum(not each.is_kept for each in stale),
        "pages": pages,
        "estimate": estimate(book, Limits(*pages)) if pages else estimate(book),
        "may_redo": request.user.has_perm("books.ask_model"),
        "is_busy": Job.objects.holding().filter(book=book).exists(),
    }
    return render(request, "bookpipeline/costs.html", context)


@screen("books.view_modelcall")
def calls_csv(request: StaffRequest, book_id: int) -> HttpResponse:
    book = get_object_or_404(Book, pk=book_id)
    return as_csv(ModelCall.objects.filter(book=book), f"{slugify(book.title)[:60] or 'book'}-model-calls")


STAGES = ("digest", "outline", "write", "summarise")
_UNPRICED = Q(cost=None, tokens_out__gt=0)


def _by_stage(book: Book) -> list[dict[str, object]]:
    answered = Q(outcome=CallOutcome.ANSWERED)
    rows = (
        ModelCall.objects.filter(book=book)
        .order_by("stage", "model")
        .values("stage", "model")
        .annotate(
            calls=Count("pk"),
            answered=Count("pk", filter=answered),
            into=Sum("tokens_in"),
            cached=Sum("tokens_cached"),
            out=Sum("tokens_out"),
            dollars=Sum("cost"),
            mean_seconds=Avg("seconds", filter=answered),
            estimated=Count("pk", filter=Q(is_estimate=True)),
        )
    )
    return [
        row
        | {"title": TITLES.get(row["stage"], str(row["stage"]).upper()), "price": _source(row["model"], row["stage"])}
        for row in rows
    ]


def _source(model: str, stage: str) -> str:
    return price_of(model, base_url_of(model_of(stage).provider)).source


def _stale_stage(name: str, stale: list[StaleResult]) -> StaleStage | None:
    found = [each for each in stale if each.stage == name]
    if not found:
        return None
    made_with = ", ".join(recipe for recipe, _ in Counter(each.made_with for each in found).most_common(3))
    redone, kept = ([each for each in found if each.is_kept is is_kept] for is_kept in (False, True))
    return StaleStage(TITLES[name], str(recipe_of(name)), made_with, redone, kept)
