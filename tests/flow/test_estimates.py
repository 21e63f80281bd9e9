"""What a job is said to cost before it starts, beside what the stand-in bills for it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.db.models import Count, F, Sum
from django.urls import reverse

from benchmarks.ready_book import approved_book, contents
from benchmarks.standin import StandIn
from books.extraction.contents import save_contents
from books.extraction.estimate import Estimate, estimate
from books.extraction.job import EXTRACTION, FINALISATION, start_extraction, start_finalisation
from books.models import Book, ModelCall
from books.ocr.review import approve_pages
from jobs.models import Job
from jobs.runner import run_to_end
from tests.answering import answering
from tests.factories import BookFactory, ReadPageFactory, SubtopicFactory

pytestmark = pytest.mark.django_db(transaction=True)
NEAR = 0.25
SECTIONS = """
Chapter 1 Whole Numbers 1
  1.1 Counting 1
  1.2 Adding 9
Chapter 2 Algebra 18
  2.1 Letters 18
"""


@pytest.fixture
def provider(settings) -> Iterator[StandIn]:
    settings.LLM_CONCURRENCY = 4
    with answering(settings) as running:
        yield running


def sample_book(sample) -> Book:
    book = BookFactory(title="Prealgebra", subject="Mathematics")
    for number, page in enumerate(json.loads((sample / "truth.json").read_text())["pages"], start=1):
        ReadPageFactory(book=book, number=number, reading__text=f"{page['text']}\n{number}")
    approve_pages(book)
    return book


@pytest.mark.parametrize("has_contents", [False, True])
@pytest.mark.parametrize("which", ["sample", "second"])
def test_it_is_within_a_quarter_of_what_is_billed(provider, sample, which, has_contents):
    """The sample has clean headings; the numbers of the second book's have gaps: a model digests and cuts it."""
    book = sample_book(sample) if which == "sample" else approved_book("Second", 40, is_clean=False)
    if has_contents:
        save_contents(book, SECTIONS if which == "sample" else contents(40, is_clean=False), confirm=True)
    for kind, start in ((EXTRACTION.kind, start_extraction), (FINALISATION.kind, start_finalisation)):
        told = estimate(book, kind=kind)
        job = run_to_end(start(book).pk)
        assert (job.status, job.failed_items) == ("completed", 0), job.error_message
        is_near(told, job)
        assert estimate(book, kind=kind).calls[0] == 0
    assert ModelCall.objects.filter(tokens_cached__gt=0).exists()


def test_what_finalising_costs_is_told_where_it_starts(client, admin, provider):
    client.force_login(admin)
    book = SubtopicFactory().topic.book
    page = client.get(reverse("admin:books_book_start", args=[book.pk])).content.decode()
    assert "always the whole book. About $" in page
    told = client.get(f"/api/books/{book.pk}/guidelines/estimate", {"finalising": True}).json()
    assert [(each["stage"], each["calls"]) for each in told["stages"]] == [("names", [1, 1]), ("order", [1, 1])]


def is_near(told: Estimate, job: Job) -> None:
    billed = ModelCall.objects.filter(job=job).aggregate(
        calls=Count("pk"), tokens=Sum(F("tokens_in") + F("tokens_out")), dollars=Sum("cost")
    )
    for what, span in (("calls", told.calls), ("tokens", told.tokens)):
        assert sum(span) / 2 == pytest.approx(billed[what], rel=NEAR), (what, span, billed)
    assert told.dollars[0] <= billed["dollars"] <= told.dollars[1], (told.dollars, billed)
