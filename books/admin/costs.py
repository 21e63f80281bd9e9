"""What model calls were and cost, stage by stage; the ledger, prices and the model of each stage."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Avg, Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from books.access import of_open_books, open_books
from books.admin.drawings import Bar, bars
from books.admin.guards import AsksAgain, StaffRequest, screen, show
from books.admin.paging import ReadOnly, ValueFilter
from books.admin.suggested import Suggested
from books.extraction.estimate import estimate
from books.extraction.job import calls_by_name, generated_pages, stale_results
from books.extraction.stages.base import GuidelineStage, Result
from books.ledger.choices import base_url_of, checked, model_of, providers
from books.ledger.prices import known_models, price_of
from books.ledger.spending import spent
from books.models import Book, CallOutcome, ModelCall, ModelPrice, ProviderProfile, StageModel
from books.numbers import number_of
from books.providers.profile import SENT_WITH
from books.publishing.files.sheets import defused
from books.stored.limits import Limits
from jobs.models import Job

CSV_FIELDS = (
    "created_at",
    "book_id",
    "job_id",
    "stage",
    "item",
    "provider",
    "model",
    "prompt_version",
    "schema_version",
    "tokens_in",
    "tokens_cached",
    "tokens_out",
    "is_estimate",
    "tier",
    "cost",
    "seconds",
    "outcome",
    "error_code",
    "input_sha256",
)


# Each question that a model may be chosen for.
STAGE_TITLES = {"ocr": "Reading pages"} | {name: call.title for name, call in calls_by_name().items()}


@admin.display(description=gettext_lazy("stage"), ordering="stage")
def stage_title(row: ModelCall | StageModel) -> str:
    return _(STAGE_TITLES.get(row.stage, row.stage))


class StageFilter(ValueFilter):
    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        for choice in super().choices(changelist):
            yield {**choice, "display": _(STAGE_TITLES.get(choice["display"], choice["display"]))}


def _choice(db_field: Any, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(label=capfirst(db_field.verbose_name), choices=choices)


class BookFilter(admin.SimpleListFilter):
    """One book, come to from its own page: a choice among all of them would be longer than the list."""

    title = gettext_lazy("book")
    parameter_name = "book__id__exact"

    def lookups(self, request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        chosen = open_books(cast("User", request.user)).filter(pk=number_of(self.value()) or 0)
        return [(str(book.pk), book.title) for book in chosen]

    def has_output(self) -> bool:
        return bool(self.lookup_choices)

    def queryset(self, _request: HttpRequest, calls: QuerySet[ModelCall]) -> QuerySet[ModelCall]:
        return calls.filter(book=int(self.value() or 0)) if self.lookup_choices else calls


@admin.register(ModelCall)
class ModelCallAdmin(ReadOnly, admin.ModelAdmin[ModelCall]):
    """Of one book, the head of the list sums what is shown."""

    when_empty = gettext_lazy("No model was asked yet. Each call will stand here with its tokens and its price.")
    list_display = ("created_at", "book", stage_title, "item", "model", "outcome", "tokens_in", "tokens_out", "cost")
    list_filter = (("stage", StageFilter), "outcome", ("model", ValueFilter), "created_at", BookFilter)
    list_select_related = ("book",)
    search_fields = ("book",)
    search_help_text = gettext_lazy("Book title")
    actions = ("export_csv",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelCall]:
        return of_open_books(super().get_queryset(request), cast("User", request.user))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        if BookFilter.parameter_name not in request.GET:  # of all books there may be millions
            return response
        if isinstance(response, TemplateResponse) and response.context_data and "cl" in response.context_data:
            sums = response.context_data["cl"].queryset.order_by().aggregate(calls=Count("id"), cost=Sum("cost"))
            told = {"calls": sums["calls"], "cost": f"{sums['cost'] or 0:.2f}"}
            response.context_data["subtitle"] = _("{calls} calls, ${cost}").format(**told)
            response.context_data["title"] = _("Model calls: {calls}, ${cost}").format(**told)
        return response

    @admin.action(description=gettext_lazy("Export as CSV"), permissions=["view"])
    def export_csv(self, _request: HttpRequest, calls: QuerySet[ModelCall]) -> HttpResponse:
        return as_csv(calls, "model-calls")


@admin.register(ModelPrice)
class ModelPriceAdmin(AsksAgain, admin.ModelAdmin[ModelPrice]):
    """A price of the table goes before the published one, and prices the calls that had none."""

    when_empty = gettext_lazy("No price was set here: calls cost what the providers publish. A row goes before that.")
    list_display = ("model", "input", "cached_input", "output", "updated_at")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "model":
            kwargs["widget"] = Suggested(known_models)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(StageModel)
class StageModelAdmin(admin.ModelAdmin[StageModel]):
    when_empty = gettext_lazy("Every stage asks the model of OPENAI_MODEL. Add a row to have one ask another.")
    list_display = (stage_title, "provider", "model", "effort", "temperature", "max_tokens")
    actions = ("try_model",)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "provider":
            return _choice(db_field, [(name, name) for name in providers()])
        if db_field.name == "stage":
            return _choice(db_field, [(name, f"{_(title)} ({name})") for name, title in STAGE_TITLES.items()])
        if db_field.name == "model":
            kwargs["widget"] = Suggested(known_models)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.action(description=gettext_lazy("Try the model with three small calls"), permissions=["change"])
    def try_model(self, request: HttpRequest, rows: QuerySet[StageModel]) -> None:
        for row in rows:
            try:
                findings = checked(row.stage)[1]
            except ImproperlyConfigured as error:
                messages.error(request, f"{row.stage}: {error}")
                continue
            for finding in findings:
                say = messages.success if finding.is_fine else messages.warning
                say(request, f"{row.stage}, {row.model}. {_(finding.title)}: {_(finding.sentence)}")


class ProfileForm(forms.ModelForm[ProviderProfile]):
    left_out = forms.MultipleChoiceField(
        label=gettext_lazy("Requests are sent with"),
        choices=[(name, gettext_lazy(words)) for name, words in SENT_WITH.items()],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


@admin.register(ProviderProfile)
class ProviderProfileAdmin(admin.ModelAdmin[ProviderProfile]):
    """What was found out about a server; deleting a row has it found out again."""

    when_empty = gettext_lazy("Nothing was found out about a provider yet: the first call does.")
    form = ProfileForm
    list_display = ("provider", "model", "sent_with", "updated_at")

    @admin.display(description=gettext_lazy("Requests are sent with"))
    def sent_with(self, profile: ProviderProfile) -> str:
        return "; ".join(_(SENT_WITH.get(name, name)) for name in profile.left_out) or _("everything")


def as_csv(calls: QuerySet[ModelCall], name: str) -> HttpResponse:
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}.csv"'}
    )
    writer = csv.writer(response)
    writer.writerow(CSV_FIELDS)
    for row in calls.order_by("id").values_list(*CSV_FIELDS).iterator():
        writer.writerow(["" if value is None else defused(str(value)) for value in row])
    return response


# Of each stage the screen names so many stale results; a table of 500 pages helps nobody.
NAMED = 12


@dataclass(frozen=True, slots=True)
class StaleStage:
    """The stale results of one stage: those made anew by generating, and those that stay as a person left them."""

    title: str
    now: str
    made_with: str
    redone: list[Result]
    kept: list[Result]

    @property
    def named(self) -> list[Result]:
        return self.redone[:NAMED]

    @property
    def more(self) -> int:
        return max(0, len(self.redone) - NAMED)


@screen("books.view_modelcall", "costs/", "books_book_costs")
def costs(request: StaffRequest, book: Book) -> HttpResponseBase:
    calls = ModelCall.objects.filter(book=book)
    stale, pages = stale_results(book), generated_pages(book)
    context = {
        "title": _("Calls and costs"),
        "book": book,
        "stages": (stages := _by_stage(book)),
        "bars": _cost_bars(stages),
        "total": calls.aggregate(calls=Count("pk"), dollars=Sum("cost"), unpriced=Count("pk", filter=_UNPRICED)),
        "left": None if book.spending_cap is None else book.spending_cap - spent(book=book.pk),
        "stale": [_stale_stage(*each) for each in stale],
        "redone": sum(not each.is_kept for _, results in stale for each in results),
        "pages": pages,
        "estimate": estimate(book, Limits(*pages)) if pages else estimate(book),
        "is_busy": Job.objects.holding().filter(book=book).exists(),
    }
    return show(request, "costs", context)


@screen("books.view_modelcall", "costs/calls.csv", "books_book_calls")
def calls_csv(request: StaffRequest, book: Book) -> HttpResponse:
    return as_csv(ModelCall.objects.filter(book=book), f"{book.file_name}-model-calls")


_UNPRICED = Q(cost=None, tokens_out__gt=0)


def _by_stage(book: Book) -> list[dict[str, Any]]:
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
    known = calls_by_name()
    return [
        row
        | {
            "title": _(known[row["stage"]].title) if row["stage"] in known else row["stage"].upper(),
            "price": _source(row["model"], row["stage"]),
        }
        for row in rows
    ]


def _cost_bars(stages: list[dict[str, Any]]) -> list[Bar]:
    """Of each stage over all its models; none where nothing had a price."""
    dollars: dict[str, Decimal] = {}
    for row in stages:
        dollars[row["title"]] = dollars.get(row["title"], Decimal(0)) + (row["dollars"] or 0)
    rows = [(title, 0.0, float(cost), f"${cost:.4f}") for title, cost in dollars.items()]
    return bars(rows) if any(dollars.values()) else []


def _source(model: str, stage: str) -> str:
    return price_of(model, base_url_of(model_of(stage).provider)).source


def _stale_stage(stage: GuidelineStage, found: list[Result]) -> StaleStage:
    named = Counter(str(each.made_with) or _("not noted") for each in found)
    made_with = ", ".join(words for words, _ in named.most_common(3))
    redone, kept = ([each for each in found if each.is_kept is is_kept] for is_kept in (False, True))
    return StaleStage(_(stage.title), str(stage.made_with), made_with, redone, kept)
