"""A whole book read and worked by language models: the real client, a stand-in for the provider."""

from __future__ import annotations

import shutil
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.management import call_command
from PIL import Image

from benchmarks.standin import StandIn
from books.extraction.engines import factory as guideline_factory
from books.extraction.job import start_extraction, start_finalisation
from books.ledger import choices
from books.ledger.spending import spent
from books.models import Book, ModelCall, ModelPrice, OcrStatus, Page, Reading, Subtopic
from books.ocr import factory as ocr_factory
from books.ocr.engines.model import sight_of
from books.ocr.image.open import open_page
from books.ocr.review import approve_pages, edit_text
from books.ocr.start import start_reading
from books.stored.limits import Limits
from jobs import clock, throttle
from jobs.actions import resume
from jobs.models import Job
from jobs.runner import run_to_end
from jobs.states import JobStatus
from jobs.sweep import sweep
from tests.flow.real_cluster import until
from tests.ocr import provoking

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = (1, 2, 3, 4, 5, 6)
CACHES = (guideline_factory.guideline_engine, choices.ledger, ocr_factory._built)


@pytest.fixture
def provider(settings):
    with StandIn() as running:
        settings.OCR_ENGINE = settings.GUIDELINE_ENGINE = "openai"
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "a-key", running.url
        for cache in CACHES:
            cache.cache_clear()
        for number in PAGES:
            with (provoking.SAMPLE / provoking.PAGES[number - 1]["file"]).open("rb") as file:
                seen = sight_of(open_page(file)).picture
            running.know(Image.open(BytesIO(seen.png)), provoking.truth(number))
        yield running
    for cache in CACHES:
        cache.cache_clear()


@pytest.fixture
def scans(tmp_path):
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in PAGES:
        shutil.copy(provoking.SAMPLE / provoking.PAGES[number - 1]["file"], folder)
    return folder


def calls(provider) -> int:
    return provider.counts.calls


def done(job: Job) -> Job:
    job = run_to_end(job.pk)
    assert (job.status, job.failed_items) == (JobStatus.COMPLETED, 0), job.error_message
    return job


def test_a_book_is_paid_for_once(provider, scans, tmp_path, admin):
    call_command("process_book", scans, title="Prealgebra", approve=True, out=tmp_path / "out.json", verbosity=0)
    book = Book.objects.get()
    assert [page.reading.text for page in book.pages.select_related("reading")] == [provoking.truth(n) for n in PAGES]
    assert set(book.pages.values_list("reading__engine", flat=True)) == {"openai"}
    assert Subtopic.objects.filter(topic__book=book).count() >= 2
    assert ModelCall.objects.count() == calls(provider)
    first = calls(provider)
    subtopics, topics = Subtopic.objects.count(), book.topics.count()
    # Reading and digest a page, one window; guideline, second reading, and pairs that look alike; of each topic its
    # names and order; the order of the topics.
    pairs = subtopics * (subtopics - 1) // 2
    assert first <= 2 * len(PAGES) + 1 + 2 * subtopics + pairs + 2 * topics + 1

    done(start_reading(book, numbers=PAGES))
    approve_pages(book)
    done(start_extraction(book))
    done(start_finalisation(book))
    assert calls(provider) == first

    page = book.pages.get(number=3)
    edit_text(page, page.reading.text.replace("Solution", "Answer"), user=admin, seen_reading_id=page.reading_id)
    approve_pages(book)
    done(start_extraction(book))
    assert 1 <= calls(provider) - first <= 6


def test_pages_that_were_read_locally_are_read_again_by_the_model(provider, scans, settings):
    settings.OCR_ENGINE = "local"
    call_command("process_book", scans, title="Prealgebra", no_wait=True, pages=range(1, 3), verbosity=0)
    book = Book.objects.get()
    run_to_end(Job.objects.get(book=book).pk)
    assert calls(provider) == 0
    job = start_reading(book, numbers=[2], engine="openai")
    assert job.kind == "ocr_elsewhere"
    done(job)
    page = book.pages.get(number=2)
    assert (page.reading.engine, page.reading.text) == ("openai", provoking.truth(2))
    assert list(page.readings.values_list("engine", flat=True)) == ["openai", "tesseract"]
    assert book.pages.get(number=1).reading.engine == "tesseract"
    assert calls(provider) == 1


def test_a_cap_pauses_the_reading_and_raising_it_goes_on(provider, scans, settings):
    ModelPrice.objects.create(model=settings.OPENAI_MODEL, input=100, cached_input=10, output=100)
    settings.LLM_CONCURRENCY = 1
    call_command("process_book", scans, title="Prealgebra", no_wait=True, verbosity=0)
    Book.objects.update(spending_cap="1.00")
    job = run_to_end(Job.objects.get().pk)
    assert (job.status, job.failed_items) == (JobStatus.PAUSED, 0)
    assert "may spend. Raise the cap" in job.events.order_by("-pk").first().reason
    read = Page.objects.filter(ocr_status=OcrStatus.DONE).count()
    assert 0 < read < len(PAGES)
    Book.objects.update(spending_cap="100.00")
    done(resume(job.pk))
    assert calls(provider) == len(PAGES)


def test_a_book_in_the_economy_costs_half_and_is_asked_once(provider, scans, settings):
    ModelPrice.objects.create(model=settings.OPENAI_MODEL, input=100, cached_input=10, output=100)
    settings.OCR_ENGINE = "local"
    call_command("process_book", scans, title="Prealgebra", no_wait=True, verbosity=0)
    book = Book.objects.get()
    done(Job.objects.get())
    approve_pages(book)
    done(start_extraction(book, Limits(economy=True)))
    assert all(subtopic.guideline for subtopic in Subtopic.objects.all())
    assert calls(provider) == ModelCall.objects.count() == ModelCall.objects.filter(outcome="answered").count()
    assert set(ModelCall.objects.values_list("tier", flat=True)) == {"flex"}
    dearest = sum(
        (call.tokens_in - call.tokens_cached + call.tokens_out) * Decimal("0.0001")
        + call.tokens_cached * Decimal("0.00001")
        for call in ModelCall.objects.all()
    )
    assert spent(book=book) == dearest / 2


def test_a_provider_that_goes_away_is_waited_for(provider, scans, settings, monkeypatch):
    """Nobody has to do anything: the job pauses with its reason, and goes on when the provider answers again."""
    monkeypatch.setattr(throttle, "OUTAGE_PAUSES_SECONDS", (1,))
    settings.LLM_CONCURRENCY = 2
    call_command("process_book", scans, title="Prealgebra", no_wait=True, verbosity=0)
    provider.behave(away=True)
    job = run_to_end(Job.objects.get().pk)
    assert (job.status, job.failed_items) == (JobStatus.PAUSED, 0)
    assert "openai does not answer" in job.events.order_by("-pk").first().reason
    provider.behave(away=False)
    until(lambda: clock.now() > job.wake_at, "the pause is over")
    sweep()
    done(job)
    assert set(Page.objects.values_list("ocr_status", flat=True)) == {OcrStatus.DONE}
    assert provider.counts.outcomes["answer"] == Reading.objects.count() == len(PAGES)
