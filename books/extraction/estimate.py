"""What generating or finalising would cost, told before it starts: calls, tokens and dollars, each from low to high."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Avg, Count, F
from django.db.models.functions import Length
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from books.errors import StageNotReady
from books.extraction.contents import read_digests
from books.extraction.engines.factory import asks_a_model, engine_here, frame_of
from books.extraction.images import MOST_IMAGES, pages_to_see
from books.extraction.job import EXTRACTION, stages_of
from books.extraction.page_ranges import Run, cut_here, pages_between, runs_between
from books.extraction.records import book_facts
from books.extraction.stages.base import Ahead, Call, Span, Work
from books.extraction.stages.digest import digest_prints
from books.ledger.choices import base_url_of, model_of
from books.ledger.prices import price_of
from books.models import Book, CallOutcome, ModelCall, PageDigest
from books.providers.request import CHARACTERS_PER_TOKEN, IMAGE_TOKENS
from books.stored.limits import Limits
from books.structure.base import Outline


def workload(book: Book, first_page: int | None, last_page: int | None, kind: str = EXTRACTION.kind) -> list[Work]:
    """What the stages of a job of this kind would ask about these pages, in their order."""
    ahead = _ahead(book, first_page, last_page) if kind == EXTRACTION.kind else Ahead(book)
    return [work for stage in stages_of(kind) for work in stage.ahead(ahead)]


def _ahead(book: Book, first_page: int | None, last_page: int | None) -> Ahead:
    try:
        pages = pages_between(book, first_page, last_page)
    except StageNotReady:
        pages = []
    runs = runs_between(book, pages)
    prints = digest_prints(book, cut_here(runs))
    made = dict(PageDigest.objects.filter(page__book=book).values_list("page__number", "fingerprint"))
    changed = {number for number in pages if made.get(number) != prints[number]}
    subtopics = [each for run in runs for each in _subtopics(book, run)]
    return Ahead(
        book, pages, changed, runs, subtopics, {page.number for page in pages_to_see(book)}.intersection(pages)
    )


def _subtopics(book: Book, run: Run) -> Iterator[tuple[int, ...]]:
    """The pages of each, as they are cut here. Contents that name a chapter alone leave its cut open."""
    digests = [digest for digest in read_digests(book) if digest.page in run.pages]
    bound = run.toc if run.is_cut_here else ()
    for topic in engine_here().outline(book_facts(book), digests, Outline(), bound).topics:
        yield from (tuple(range(each.first_page, each.last_page + 1)) for each in topic.subtopics)


Dollars = tuple[Decimal, Decimal]
# Fewer answered calls of a stage tell too little of the next.
ENOUGH_CALLS = 5
# Around the mean of calls that were made, and around what is guessed from sizes, of tokens in and out: models are told
# much the same and say more or less. All leave room for a repair now and then.
KNOWN_SPREAD, GUESSED_SPREAD = ((0.9, 1.2), (0.9, 1.2)), ((0.95, 1.1), (0.3, 2.2))
# Tokens of a title with its summary, or of a page's digest; and from how many on a provider keeps the same beginning.
ROW_TOKENS, CACHED_FROM = 60, 1_024
# Instructions and form of reading a page; its answer has the page's letters with names and confidences between them.
READING_TOKENS, LETTERS_READ_A_TOKEN = 600, 2
BASES = {
    "book": gettext_lazy("this book's earlier calls"),
    "ledger": gettext_lazy("earlier calls for other books"),
    "sizes": gettext_lazy("the pages' sizes"),
}


@dataclass(frozen=True, slots=True)
class StageEstimate:
    """``dollars`` is None where the model has no price. ``basis`` is a key of BASES."""

    stage: str
    title: str
    model: str
    calls: Span
    tokens_in: Span
    tokens_out: Span
    dollars: Dollars | None
    basis: str

    @property
    def basis_words(self) -> str:
        return str(BASES[self.basis])


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of the stages that ask a model, with so many ``images`` of pages. ``sentence`` says it to a person."""

    stages: tuple[StageEstimate, ...]
    calls: Span
    tokens: Span
    dollars: Dollars | None
    sentence: str
    images: int = 0


def estimate(book: Book, limits: Limits | None = None, kind: str = EXTRACTION.kind) -> Estimate:
    """Of generating within ``limits``, with all that is current kept, or of finalising."""
    limits = limits or Limits()
    first_page, last_page = limits.first_page, limits.last_page
    if not asks_a_model():
        free = (Decimal(0), Decimal(0))
        return Estimate((), (0, 0), (0, 0), free, _("No model, no cost: this is made here by the offline engine."))
    texts = book.pages.filter(number__range=(first_page or 1, last_page or 10_000))
    letters = texts.aggregate(mean=Avg(Length("reading__text")))["mean"] or 0
    todo = [work for work in workload(book, first_page, last_page, kind) if work.calls[1]]
    tier = "flex" if limits.economy else ""
    stages = tuple(_stage(book, work, letters, tier) for work in todo)
    calls = _sum(each.calls for each in stages)
    tokens = _sum(span for each in stages for span in (each.tokens_in, each.tokens_out))
    priced = [each.dollars for each in stages if each.dollars is not None]
    dollars = (sum((low for low, _ in priced), Decimal(0)), sum((high for _, high in priced), Decimal(0)))
    known = dollars if len(priced) == len(stages) else None
    images = max((round(work.images * work.calls[1]) for work in todo), default=0)
    sentence = _sentence(stages, calls, tokens, known) + (_of_images(todo) if images else "")
    return Estimate(stages, calls, tokens, known, sentence, images)


def estimate_of_reading(book: Book, pages: int) -> Estimate:
    """Of having so many pages read by a model that sees."""
    letters = book.pages.aggregate(mean=Avg(Length("reading__text")))["mean"] or 0
    call = Call("ocr", "Reading pages", beside=READING_TOKENS, answer=round(letters / LETTERS_READ_A_TOKEN))
    stages = (_stage(book, Work(call, (pages, pages), images=1), letters, ""),) if pages else ()
    calls, dollars = (pages, pages), stages[0].dollars if stages else (Decimal(0), Decimal(0))
    tokens = _sum(span for each in stages for span in (each.tokens_in, each.tokens_out))
    return Estimate(stages, calls, tokens, dollars, _sentence(stages, calls, tokens, dollars), pages)


def _stage(book: Book, work: Work, letters: float, tier: str) -> StageEstimate:
    model = model_of(work.call.name).model
    a_call, basis = _tokens(book, work, model, letters)
    spread = GUESSED_SPREAD if basis == "sizes" else KNOWN_SPREAD
    tokens_in, tokens_out = (
        (round(work.calls[0] * each * low), round(work.calls[1] * each * high))
        for each, (low, high) in zip(a_call[:2], spread, strict=True)
    )
    # A cache may keep the beginning, or not.
    cached = (round(work.calls[0] * a_call[2]), 0)
    price = price_of(model, base_url_of(model_of(work.call.name).provider))
    costs = [price.of(tokens_in[end], cached[end], tokens_out[end], tier) for end in (0, 1)]
    dollars = None if costs[0] is None or costs[1] is None else (costs[0], costs[1])
    return StageEstimate(work.call.name, work.call.title, model, work.calls, tokens_in, tokens_out, dollars, basis)


def _tokens(book: Book, work: Work, model: str, letters: float) -> tuple[tuple[float, float, float], str]:
    """Tokens in and out of one call, those in that a cache may have, and what they are known from; earlier calls count
    without their images."""
    images = min(work.images, MOST_IMAGES) * IMAGE_TOKENS
    answered = ModelCall.objects.filter(
        stage=work.call.name, model=model, outcome=CallOutcome.ANSWERED, tokens_out__gt=0
    )
    for basis, calls in (("book", answered.filter(book=book)), ("ledger", answered)):
        into = Avg(F("tokens_in") - IMAGE_TOKENS * F("images"))
        found = calls.aggregate(count=Count("pk"), into=into, out=Avg("tokens_out"), cached=Avg("tokens_cached"))
        if found["count"] >= ENOUGH_CALLS:
            return (found["into"] + images, found["out"], found["cached"]), basis
    frame = frame_of(work.call.name) / CHARACTERS_PER_TOKEN
    material = work.call.beside + work.rows * ROW_TOKENS + work.pages * letters / CHARACTERS_PER_TOKEN
    return (frame + material + images, work.call.answer, frame if frame >= CACHED_FROM else 0), "sizes"


def _sentence(stages: Sequence[StageEstimate], calls: Span, tokens: Span, dollars: Dollars | None) -> str:
    if not stages:
        return _("Nothing is left to ask a model: no cost.")
    told = {"calls": _span(calls), "tokens": _span((tokens[0] // 1000, tokens[1] // 1000))}
    if dollars is None:
        models = ", ".join(sorted({each.model for each in stages if each.dollars is None}))
        return _(
            "About {calls} calls and {tokens} thousand tokens. What they cost is not known: "
            "the price table has no price for {models}."
        ).format(**told, models=models)
    low, high = (f"${end:.2f}" for end in dollars)
    if low == high:
        return _("About {low}: {calls} calls and {tokens} thousand tokens.").format(**told, low=low)
    return _("About {low} to {high}: {calls} calls and {tokens} thousand tokens.").format(**told, low=low, high=high)


def _of_images(todo: Sequence[Work]) -> str:
    images = round(sum(min(work.images, MOST_IMAGES) * work.calls[1] for work in todo))
    words = _(
        "Up to {tokens} thousand of these tokens are images of pages with formulas, tables, figures or doubtful words; "
        "the book's settings may leave them out."
    )
    return " " + words.format(tokens=f"{images * IMAGE_TOKENS // 1000:,}")


def _span(span: Span) -> str:
    least, most = (f"{end:,}" for end in span)
    return least if least == most else _("{least} to {most}").format(least=least, most=most)


def _sum(spans: Iterable[Span]) -> Span:
    ends = list(zip(*spans, strict=True)) or [(0,), (0,)]
    return sum(ends[0]), sum(ends[1])
