"""What every stage of extraction declares: its words, what it asks a model at what cost, and what of it is stale."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from books.extraction.engines.factory import asks_a_model, engine_here, made_with_of
from books.extraction.page_ranges import Run
from books.ledger.asking import asking_for
from books.ledger.choices import choices_kept, provider_of
from books.models import Book, CallOutcome, ModelCall
from books.stored.made_with import MadeWith
from jobs.models import Item, Job
from jobs.registry import PlannedItem
from jobs.states import Load

Span = tuple[int, int]
# Tokens of thought that a limit leaves room for, at low effort and at a model's own.
THOUGHT, LONG_THOUGHT = 4_000, 10_000


@dataclass(frozen=True, slots=True)
class Call:
    """What a stage asks a model: ``name`` in the ledger and the admin. Where nothing was asked yet, ``beside`` is how
    many tokens of the material are no page texts, and ``answer`` how many an answer has.

    ``effort`` is how long a reasoning model may think ("" leaves it to the model), unless the admin says otherwise.
    """

    name: str
    title: str
    beside: int = 0
    answer: int = 0
    effort: str = ""

    @property
    def limit(self) -> int:
        """Tokens of an answer at most: one twice as long as usual, and what a reasoning model thinks before it."""
        return 2 * self.answer + (THOUGHT if self.effort == "low" else LONG_THOUGHT)


@dataclass(frozen=True, slots=True)
class Work:
    """``calls`` from low to high, each of which sees the text of about ``pages`` pages and so many ``images``, and is
    told of about ``rows`` subtopics, topics or digests."""

    call: Call
    calls: Span
    pages: float = 0
    images: float = 0
    rows: float = 0


@dataclass(slots=True)
class Ahead:
    """A book before a job: the numbers of its ``pages`` and of those that ``changed``, the runs in which they are cut,
    and the pages of each subtopic as this program would cut them, which may be others where a model does. A model is
    shown images of those ``seen``. The stages before have said how many subtopics are ``written``."""

    book: Book
    pages: Sequence[int] = ()
    changed: set[int] = field(default_factory=set)
    runs: Sequence[Run] = ()
    subtopics: Sequence[tuple[int, ...]] = ()
    seen: set[int] = field(default_factory=set)
    written: Span = field(default=(0, 0))

    @property
    def share_seen(self) -> float:
        return len(self.seen) / max(1, len(self.pages))


@dataclass(frozen=True, slots=True)
class Result:
    """Something that a stage left behind. ``is_kept``: a person decided on it or changed it, so that a job only offers
    what it would make."""

    label: str
    made_with: MadeWith
    is_kept: bool = False


class GuidelineStage(ABC):
    """The offline engine computes, so its items belong to the processor pool; a model is waited for by many threads.

    ``compute`` is the stage's work; calls that it makes to a model go on its item's account. A failed item leaves
    nothing behind. ``asks`` is the call that it makes, where that is not named as the stage is, ``tokens`` what is
    beside pages in it and its answer, and ``effort`` as in ``Call``; ``more_calls`` are those that may follow it.
    ``about`` says what the keys of its items name: "subtopic" (or a pair of them, "3:7"), "topic" or "". One that
    ``may_need_no_model`` asks none where the pages themselves tell enough.
    """

    name: str
    title: str
    unit: str
    weight = 1
    required = True
    about = ""
    asks = ""
    tokens: Span = (0, 0)
    effort = ""
    more_calls: tuple[Call, ...] = ()
    may_need_no_model = False

    @property
    def load(self) -> Load:
        return Load.IO if asks_a_model() else Load.CPU

    @property
    def concurrency(self) -> int:
        return int(settings.LLM_CONCURRENCY) if asks_a_model() else 1

    @property
    def provider(self) -> str:
        return provider_of(self.asks or self.name) if asks_a_model() else ""

    @property
    def call(self) -> Call:
        return Call(self.asks or self.name, self.title, *self.tokens, self.effort)

    @property
    def made_with(self) -> MadeWith:
        """What its results would be made with now."""
        return made_with_of(self.call.name, *(call.name for call in self.more_calls))

    def answered(self, book: Book) -> int:
        """How many calls the book got answers to that would be asked in the same words now."""
        now = self.made_with
        calls = ModelCall.objects.filter(book=book, stage=self.call.name, outcome=CallOutcome.ANSWERED)
        return calls.filter(model=now.model, prompt_version=now.prompt, schema_version=now.schema).count()

    def stale(self, book: Book) -> list[Result]:
        """What generating again would make anew, or offer anew."""
        now = [self.made_with]
        if self.may_need_no_model:
            now.append(engine_here().made_with(self.name))
        return [each for each in self.results(book) if each.made_with not in now]

    def results(self, book: Book) -> Iterator[Result]:
        """What it has left behind that generating makes."""
        yield from ()

    def ahead(self, book: Ahead) -> Iterator[Work]:
        """What the job would ask."""
        yield from ()

    @abstractmethod
    def plan(self, job: Job) -> Sequence[PlannedItem]: ...

    def work(self, item: Item) -> Any:
        with asking_for(item), choices_kept():
            return self.compute(item)

    def compute(self, item: Item) -> Any:
        return None

    @abstractmethod
    def save(self, item: Item, result: Any) -> None: ...

    def save_failure(self, item: Item, message: str) -> None:
        return None
