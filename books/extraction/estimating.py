"""What generating would cost, told before it starts: calls, tokens and dollars, each from low to high."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count
from django.db.models.functions import Length

from books.extraction.factory import recipe_of
from books.extraction.job import Limits
from books.extraction.stage import asks_a_model
from books.extraction.workload import Span, Work, workload
from books.models import Book, CallOutcome, ModelCall
from books.providers.factory import base_url_of, model_of
from books.providers.prices import price_of
from books.providers.request import CHARACTERS_PER_TOKEN

Dollars = tuple[Decimal, Decimal]
TITLES = {
    "digest": "Reading what each page teaches",
    "outline": "Cutting the book into topics",
    "write": "Writing guidelines",
    "reword": "Rewording what copies the book",
    "summarise": "Summarising topics",
}
# Fewer answered calls of a stage tell too little of the next.
ENOUGH_CALLS = 5
# Around the mean of calls that were made, and around a guess from sizes; both leave room for a repair now and then.
KNOWN_SPREAD, GUESSED_SPREAD = (0.9, 1.2), (0.5, 1.6)
# Where nothing was asked yet: tokens of a prompt beside the page texts in it (instructions, form), and of an answer.
GUESSED = {
    "digest": (1_100, 450),
    "outline": (4_500, 1_400),
    "write": (1_300, 1_100),
    "reword": (700, 150),
    "summarise": (700, 70),
}
BASES = {"book": "this book's earlier calls", "ledger": "earlier calls for other books", "sizes": "the pages' sizes"}


@dataclass(frozen=True, slots=True)
class StageEstimate:
    """``dollars`` is None where the model has no price. ``basis`` is a key of BASES."""

    stage: str
    model: str
    calls: Span
    tokens_in: Span
    tokens_out: Span
    dollars: Dollars | None
    basis: str

    @property
    def title(self) -> str:
        return TITLES[self.stage]

    @property
    def basis_words(self) -> str:
        return BASES[self.basis]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of the stages that ask a model. ``sentence`` says it to a person."""

    stages: tuple[StageEstimate, ...]
    calls: Span
    tokens: Span
    dollars: Dollars | None
    sentence: str

    def document(self) -> dict[str, Any]:
        """As JSON; dollars as text, so that no cent is lost."""
        return {**asdict(self), "dollars": _plain(self.dollars)} | {
            "stages": [{**asdict(each), "dollars": _plain(each.dollars)} for each in self.stages]
        }


def estimate(book: Book, limits: Limits | None = None) -> Estimate:
    """Of generating within ``limits``, with all that is current kept."""
    limits = limits or Limits()
    first_page, last_page = limits.first_page, limits.last_page
    if not asks_a_model():
        free = (Decimal(0), Decimal(0))
        return Estimate((), (0, 0), (0, 0), free, "No model, no cost: this is made here by the offline engine.")
    texts = book.pages.filter(number__range=(first_page or 1, last_page or 10_000))
    letters = texts.aggregate(mean=Avg(Length("reading__text")))["mean"] or 0
    todo = [work for work in workload(book, first_page, last_page) if work.calls[1]]
    tier = "flex" if limits.economy else ""
    stages = tuple(_stage(book, work, letters, tier) for work in todo)
    calls = _sum(each.calls for each in stages)
    tokens = _sum(span for each in stages for span in (each.tokens_in, each.tokens_out))
    priced = [each.dollars for each in stages if each.dollars is not None]
    dollars = (sum((low for low, _ in priced), Decimal(0)), sum((high for _, high in priced), Decimal(0)))
    known = dollars if len(priced) == len(stages) else None
    return Estimate(stages, calls, tokens, known, _sentence(stages, calls, tokens, known))


def _stage(book: Book, work: Work, letters: float, tier: str) -> StageEstimate:
    model = recipe_of("write" if work.stage == "reword" else work.stage).model
    (each_in, each_out), basis = _tokens(book, work, model, letters)
    spread = GUESSED_SPREAD if basis == "sizes" else KNOWN_SPREAD
    tokens_in, tokens_out = (
        (round(work.calls[0] * each * spread[0]), round(work.calls[1] * each * spread[1]))
        for each in (each_in, each_out)
    )
    price = price_of(model, base_url_of(model_of(work.stage).provider))
    costs = [price.of(tokens_in[end], 0, tokens_out[end], tier) for end in (0, 1)]
    dollars = None if costs[0] is None or costs[1] is None else (costs[0], costs[1])
    return StageEstimate(work.stage, model, work.calls, tokens_in, tokens_out, dollars, basis)


def _tokens(book: Book, work: Work, model: str, letters: float) -> tuple[tuple[float, float], str]:
    """Tokens in and out of one call, and what they are known from."""
    answered = ModelCall.objects.filter(stage=work.stage, model=model, outcome=CallOutcome.ANSWERED, tokens_out__gt=0)
    for basis, calls in (("book", answered.filter(book=book)), ("ledger", answered)):
        found = calls.aggregate(count=Count("pk"), into=Avg("tokens_in"), out=Avg("tokens_out"))
        if found["count"] >= ENOUGH_CALLS:
            return (found["into"], found["out"]), basis
    frame, answer = GUESSED[work.stage]
    return (frame + work.pages * letters / CHARACTERS_PER_TOKEN, answer), "sizes"


def _sentence(stages: Sequence[StageEstimate], calls: Span, tokens: Span, dollars: Dollars | None) -> str:
    if not stages:
        return "Nothing is left to ask a model: no cost."
    amount = f"{_span(calls)} calls and {_span((tokens[0] // 1000, tokens[1] // 1000))} thousand tokens"
    if dollars is None:
        unknown = ", ".join(sorted({each.model for each in stages if each.dollars is None}))
        return f"About {amount}. What they cost is not known: the price table has no price for {unknown}."
    low, high = (f"${end:.2f}" for end in dollars)
    return f"About {low} to {high}: {amount}." if low != high else f"About {low}: {amount}."


def _span(span: Span) -> str:
    return f"{span[0]:,}" if span[0] == span[1] else f"{span[0]:,} to {span[1]:,}"


def _sum(spans: Iterable[Span]) -> Span:
    ends = list(zip(*spans, strict=True)) or [(0,), (0,)]
    return sum(ends[0]), sum(ends[1])


def _plain(dollars: Dollars | None) -> list[str] | None:
    return None if dollars is None else [f"{amount:.4f}" for amount in dollars]
