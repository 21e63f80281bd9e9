"""What generating would cost, told before it starts: calls, tokens and dollars, each from low to high."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count
from django.db.models.functions import Length

from books.errors import StageNotReady
from books.extraction.contents import confirmed_toc, read_digests
from books.extraction.engines.factory import engine_here, guideline_engine, made_with_of
from books.extraction.page_ranges import Run, cut_here, pages_between, runs_between
from books.extraction.stages.base import asks_a_model
from books.extraction.stages.digest import digest_prints
from books.ledger.choices import base_url_of, model_of
from books.ledger.prices import price_of
from books.models import DECIDED, Book, CallOutcome, ModelCall, PageDigest, StoredOutline, Subtopic, Topic
from books.models.page import page_numbers
from books.providers.request import CHARACTERS_PER_TOKEN
from books.stored.limits import Limits
from books.structure.chapters import Laid, lay

Span = tuple[int, int]
# Pages of a subtopic, from textbooks we read: the fewest and the most.
PAGES_A_SUBTOPIC = (1.5, 5)


@dataclass(frozen=True, slots=True)
class Work:
    """Of one stage: ``calls`` from low to high, each of which sees the text of about ``pages`` pages."""

    stage: str
    calls: Span
    pages: float = 0


def workload(book: Book, first_page: int | None, last_page: int | None) -> list[Work]:
    try:
        pages = pages_between(book, first_page, last_page)
    except StageNotReady:
        pages = []
    runs = runs_between(book, pages)
    here = cut_here(runs)
    prints = digest_prints(book, here)
    made = dict(PageDigest.objects.filter(page__book=book).values_list("page__number", "fingerprint"))
    changed = {number for number in pages if made.get(number) != prints[number]}
    laid = lay(confirmed_toc(book.pk), read_digests(book))
    subtopics, text_pages = _subtopics(book, laid, pages, changed)
    return [
        Work("digest", (len(changed - here), len(changed - here)), 1),
        Work("outline", _windows(book, runs, changed)),
        Work("write", subtopics, text_pages),
        Work("reword", (0, subtopics[1]), text_pages),
        Work("summarise", _topics(book, laid, subtopics)),
    ]


def _windows(book: Book, runs: Sequence[Run], changed: set[int]) -> Span:
    size = guideline_engine().window_pages
    present = [made_with_of("outline"), engine_here().made_with("outline")]
    made = StoredOutline.objects.filter(book=book)
    current = made.exists() and all(row.made_with in present for row in made)
    if current and not changed:
        return 0, 0
    most = sum(math.ceil(len(run.pages) / size) for run in runs if not run.is_cut_here)
    return (1 if current and most else most), most


def _subtopics(book: Book, laid: Sequence[Laid], pages: Sequence[int], changed: set[int]) -> tuple[Span, float]:
    """How many would be written, and how many pages one has: those that are due, and those of pages without any.
    One that a person decided on may have been offered its text already."""
    numbers = page_numbers(book.pk)
    found = [(row, set(numbers.numbers(row.pages))) for row in Subtopic.objects.filter(topic__book=book)]
    rows = [(row, own) for row, own in found if own and own.issubset(pages)]
    decided = set(Subtopic.objects.filter(DECIDED, topic__book=book).values_list("pk", flat=True))
    now = made_with_of("write")
    due = [(row, own) for row, own in rows if row.made_with != now or not row.guideline or changed & own]
    count = sum(row.pk not in decided for row, _ in due)
    new = changed.difference(*(own for _, own in rows))
    low, high = _new_subtopics(laid, new)
    written = [len(own) for _, own in due]
    each = (sum(written) + len(new)) / max(1, len(written) + (low + high) / 2)
    return (count + low, len(due) + high), each


def _new_subtopics(laid: Sequence[Laid], pages: set[int]) -> Span:
    named = sum(each.role == "subtopic" and each.entry.scan in pages for each in laid)
    if named:
        return named, math.ceil(named * 1.2)
    fewest, most = PAGES_A_SUBTOPIC[1], PAGES_A_SUBTOPIC[0]
    return math.ceil(len(pages) / fewest), math.ceil(len(pages) / most)


def _topics(book: Book, laid: Sequence[Laid], subtopics: Span) -> Span:
    """One summary each; only topics with something new are summarised anew."""
    now = made_with_of("summarise")
    present = list(Topic.objects.filter(book=book))
    stale = sum(topic.made_with != now for topic in present)
    named = sum(each.role == "topic" for each in laid)
    most = max(named, len(present)) or math.ceil(subtopics[1] / 3)
    return max(stale, min(1, subtopics[0])), max(stale, min(most, subtopics[1]))


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
    "digest": (1_000, 260),
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
    model = made_with_of("write" if work.stage == "reword" else work.stage).model
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
