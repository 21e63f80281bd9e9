"""A small book with each way in which model servers misbehave: what it costs, and what a person is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from books.errors import LOOK_AGAIN_SECONDS
from books.extraction.engines import factory as guideline_factory
from books.extraction.job import start_extraction
from books.ledger import choices
from books.models import Book, CallOutcome, ModelCall, ModelPrice, ProviderProfile, Subtopic
from books.ocr import factory as ocr_factory
from jobs import runner, throttle
from jobs.models import Job, Throttle
from jobs.runner import run_to_end
from jobs.states import JobStatus
from tests.factories import BookFactory, ReadPageFactory
from tests.flow.real_cluster import until
from tests.providers.quirk_server import QuirkServer

pytestmark = pytest.mark.django_db(transaction=True)
TEXTS = (
    "1 Leaves\n1.1 What leaves do\nPlants make their own food from light. A green leaf takes in carbon dioxide.\n1",
    "Water comes up from the roots. The leaf gives off oxygen, which animals breathe in turn.\n2",
    "2 Rivers\n2.1 How rivers begin\nA river begins at a spring. It carries stones and sand towards the sea.\n3",
)
CACHES = (guideline_factory.guideline_engine, choices.ledger, ocr_factory._built)
# Digests of three pages, one outline, a guideline and a second reading a subtopic and, where they copy, other words.
QUESTIONS = 12


@dataclass
class Run:
    job: Job
    server: QuirkServer

    @property
    def calls(self) -> int:
        return len(self.server.calls)

    @property
    def reason(self) -> str:
        return self.job.events.order_by("-pk").first().reason


@pytest.fixture
def book(db) -> Book:
    book = BookFactory()
    for text in TEXTS:
        ReadPageFactory(book=book, reading__text=text)
    book.pages.update(review="approved")
    return book


@pytest.fixture
def worked(settings, book, monkeypatch):
    """Works the book with a server that has the quirk, until the job ends or pauses."""
    settings.GUIDELINE_ENGINE, settings.OPENAI_API_KEY, settings.LLM_CONCURRENCY = "openai", "a-key", 2
    settings.LLM_TIMEOUT_SECONDS = 5
    monkeypatch.setattr(throttle, "FIRST_COOLING_SECONDS", 0.05)
    monkeypatch.setattr("jobs.outcomes.BACKOFF_SECONDS", (0.05,))
    monkeypatch.setattr(runner, "IDLE_SECONDS", 0.05)
    servers = []

    def work(quirk: str, start: Callable[[Book], Job] = start_extraction) -> Run:
        server = QuirkServer(quirk)
        servers.append(server)
        server.__enter__()
        settings.OPENAI_BASE_URL = server.url
        for cache in CACHES:
            cache.cache_clear()
        return Run(run_to_end(start(book).pk), server)

    yield work
    for server in servers:
        server.__exit__()
    for cache in CACHES:
        cache.cache_clear()


def rows(**wanted) -> int:
    return ModelCall.objects.filter(**wanted).count()


READ_AT_ONCE = (
    *("none", "fence", "prose", "eos", "reasoning", "extrakey", "wrapped", "strings"),
    *("nullusage", "nousage", "strusage", "eosfinish", "azure-schema"),
)


@pytest.mark.parametrize("quirk", READ_AT_ONCE)
def test_what_only_looks_odd_is_read_and_paid_for_once(worked, quirk):
    run = worked(quirk)
    assert (run.job.status, run.job.failed_items) == (JobStatus.COMPLETED, 0), run.job.error_message
    assert run.calls == QUESTIONS
    assert rows(outcome=CallOutcome.ANSWERED) == rows() == QUESTIONS
    assert all(subtopic.guideline for subtopic in Subtopic.objects.all())
    assert rows(is_estimate=True) == (QUESTIONS if quirk in {"nullusage", "nousage"} else 0)
    assert rows(tokens_in=0) == rows(tokens_out=0) == 0


@pytest.mark.parametrize(("quirk", "left_out"), [("maxtok", "max_completion_tokens"), ("extra", "prompt_cache_key")])
def test_what_a_server_refuses_is_left_out_and_remembered(worked, quirk, left_out):
    run = worked(quirk)
    assert (run.job.status, run.job.failed_items) == (JobStatus.COMPLETED, 0), run.job.error_message
    assert ProviderProfile.objects.get().left_out == [left_out]
    # The first calls in flight are refused, each once; after them none.
    assert QUESTIONS < run.calls <= QUESTIONS + 2
    assert rows() == rows(outcome=CallOutcome.ANSWERED) == QUESTIONS


@pytest.mark.parametrize(
    ("quirk", "sentence"),
    [
        ("quota", "You exceeded your current quota, please check your plan and billing details."),
        ("auth", "Incorrect API key provided."),
        ("nomodel", "The model does not exist or you do not have access to it."),
        ("html", "does not speak the API"),
    ],
)
def test_an_account_that_is_refused_pauses_the_job_at_its_first_call(worked, quirk, sentence):
    run = worked(quirk)
    assert (run.job.status, run.job.failed_items) == (JobStatus.PAUSED, 0)
    assert sentence in run.reason
    assert "Resume" in run.reason
    assert run.calls <= 2
    assert rows(outcome=CallOutcome.FAILED) == rows() == run.calls
    assert 0 < (run.job.wake_at - run.job.events.order_by("-pk").first().at).total_seconds() <= (LOOK_AGAIN_SECONDS + 1)
    assert throttle.calls_at_once(Throttle.objects.get()) == 1


@pytest.mark.parametrize(("quirk", "more"), [("408", 3), ("nomessage", 0), ("dateretry", 2)])
def test_what_passes_is_tried_again(worked, quirk, more):
    run = worked(quirk)
    assert (run.job.status, run.job.failed_items) == (JobStatus.COMPLETED, 0), run.job.error_message
    assert run.calls == QUESTIONS + more
    times = sorted(call["at"] for call in run.server.calls)
    assert quirk != "dateretry" or times[-1] - times[0] > 1.5


@pytest.mark.parametrize(("quirk", "confidence", "is_marked"), [("ocr-frac", 97, False), ("ocr-empty", 0, True)])
def test_a_page_is_read_by_a_model(worked, settings, quirk, confidence, is_marked):
    settings.OCR_ENGINE = "openai"
    run = worked(quirk, scanned)
    assert (run.job.status, run.calls) == (JobStatus.COMPLETED, 1)
    reading = run.job.book.pages.get().reading
    assert (round(reading.confidence), reading.text_may_be_missing) == (confidence, is_marked)


def test_a_page_that_a_model_refuses_fails_by_name(worked, settings):
    settings.OCR_ENGINE = "openai"
    run = worked("ocr-filter", scanned)
    assert run.job.failed_items == run.calls == 1
    assert run.job.items.get().error_message


def scanned(_: Book) -> Job:
    """The reading of one page, begun by the command."""
    page = Path(__file__).parents[1] / "intake/cases/mixed_kinds/IMG_0001.jpg"
    call_command("process_book", str(page), title="A scan", no_wait=True, stdout=StringIO())
    return Job.objects.get(book__title="A scan")


def test_an_answer_of_white_space_is_asked_for_once_more(worked):
    run = worked("whitespace")
    assert (run.job.status, run.job.failed_items) == (JobStatus.COMPLETED, 0), run.job.error_message
    assert (rows(outcome=CallOutcome.TRUNCATED), run.calls) == (QUESTIONS, 2 * QUESTIONS)


def test_answers_that_are_always_cut_off_stop_the_job_by_name(worked):
    run = worked("lengthnull")
    assert run.job.status in {JobStatus.PAUSED, JobStatus.FAILED}
    assert "cut off at its limit" in run.job.items.filter(state="failed").first().error_message
    assert rows(outcome=CallOutcome.TRUNCATED) == rows() == run.calls <= 8


def test_a_limit_without_a_time_is_waited_for(worked, settings):
    run = worked("retry0")
    times = [call["at"] for call in run.server.calls]
    assert (run.job.status, run.job.failed_items) == (JobStatus.COMPLETED, 0)
    assert len([at for at in times if at < times[0] + 0.9]) <= settings.LLM_CONCURRENCY


def test_a_call_that_drips_is_given_up_after_its_time(worked, settings):
    settings.LLM_TIMEOUT_SECONDS = 1
    run = worked("trickle")
    assert (run.job.status, run.job.failed_items) == (JobStatus.COMPLETED, 0)
    assert run.calls == QUESTIONS + 1
    until(lambda: "gave_up_after" in run.server.calls[0], "the server saw that nobody listens")
    assert run.server.calls[0]["gave_up_after"] > 0.9


def test_a_cap_holds_against_a_server_that_tells_no_usage(worked, book, settings):
    ModelPrice.objects.create(model=settings.OPENAI_MODEL, input=2, cached_input=Decimal("0.2"), output=10)
    Book.objects.filter(pk=book.pk).update(spending_cap="0.07")
    run = worked("nousage")
    assert run.job.status == JobStatus.PAUSED
    assert "Raise the cap and resume" in run.reason
    spent = sum(call.cost for call in ModelCall.objects.all())
    assert 0 < spent <= Decimal("0.07")
