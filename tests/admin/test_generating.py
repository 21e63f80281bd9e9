"""Starting to generate: the choices, their cost, resuming by default, and a question before anything begins anew."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from books.extraction.engines import factory as guideline_factory
from books.extraction.estimate import estimate
from books.ledger import choices
from books.models import Book, CallOutcome, ModelCall, ModelPrice
from books.stored.limits import Limits
from jobs.models import Job
from jobs.states import ItemState, JobStatus
from tests.factories import BookFactory, ReadPageFactory, SubtopicFactory

TEXT = "Rivers carry water and sand from the hills to the sea. " * 40


@pytest.fixture
def approved(book) -> Book:
    for _ in range(4):
        ReadPageFactory(book=book, reading__text=TEXT)
    book.pages.update(review="approved")
    return book


@pytest.fixture
def model(settings):
    """The engine that asks a model, with a provider that nobody calls."""
    settings.GUIDELINE_ENGINE, settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = (
        "openai",
        "k",
        "http://127.0.0.1:9/v1",
    )
    caches = (guideline_factory.guideline_engine, choices.ledger)
    for cache in caches:
        cache.cache_clear()
    yield settings.OPENAI_MODEL
    for cache in caches:
        cache.cache_clear()


def post(client, book, **data):
    return client.post(reverse("admin:books_book_generate", args=[book.pk]), data, follow=True)


def shown(client, book, **asked) -> str:
    return client.get(reverse("admin:books_book_start", args=[book.pk]), asked).content.decode()


def test_pages_cap_and_mode_reach_the_job(screens, approved, said):
    answer = post(screens, approved, first_page="2", last_page="3", spending_cap="$2.50", mode="resume")
    assert said(answer) == ["Generating guidelines started."]
    job = Job.objects.get()
    assert (job.params, job.total_items) == ({"first_page": 2, "last_page": 3, "spending_cap": "2.50"}, 2)


@pytest.mark.parametrize(
    "wrong",
    [{"first_page": "two"}, {"first_page": "3", "last_page": "2"}, {"spending_cap": "lots"}, {"spending_cap": "NaN"}],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(screens, approved, said, wrong):
    assert len(said(post(screens, approved, **wrong))) == 1
    assert not Job.objects.exists()


def test_resuming_is_the_default_and_says_where_it_goes_on(screens, approved, said):
    post(screens, approved)
    job = Job.objects.get()
    job.items.filter(ordinal__lt=3).update(state=ItemState.DONE)
    Job.objects.update(status=JobStatus.CANCELLED)
    assert "Resume from page 3. Everything finished is kept." in shown(screens, approved)
    assert said(post(screens, approved)) == ["Resume from page 3. 2 already finished are kept."]
    assert Job.objects.first().resumed_from == job


@pytest.mark.parametrize("by", ["choices", "panel"])
def test_starting_over_asks_first_and_says_what_stays(screens, approved, said, by):
    post(screens, approved)
    Job.objects.update(status=JobStatus.CANCELLED)
    job = Job.objects.get()
    url, data = {
        "choices": (reverse("admin:books_book_generate", args=[approved.pk]), {"mode": "restart", "last_page": "3"}),
        "panel": (reverse("admin:jobs_job_act", args=[job.pk, "restart"]), {}),
    }[by]
    page = screens.post(url, data).content.decode()
    assert Job.objects.count() == 1
    assert "Guidelines that a person edited or decided on." in page
    assert "never paid for again" in page
    assert all(f'name="{name}" value="{value}"' in page for name, value in data.items())
    screens.post(url, {**data, "sure": "yes"})
    assert Job.objects.count() == 2
    assert Job.objects.first().resumed_from is None


def test_chosen_books_start_from_the_list_and_each_that_cannot_says_why(screens, approved, said):
    empty = BookFactory(title="Zoology")
    chosen = {"action": "generate", "_selected_action": [approved.pk, empty.pk]}
    answer = screens.post(reverse("admin:books_book_changelist"), chosen, follow=True)
    assert said(answer) == [
        "Prealgebra: Generating guidelines started.",
        "Zoology: This book has no pages yet; upload its scans first.",
    ]
    assert Job.objects.get().book == approved


def test_the_cap_of_a_paused_job_is_raised_with_its_resuming(screens, approved):
    post(screens, approved, spending_cap="1")
    Job.objects.update(status=JobStatus.PAUSED)
    assert "cancel it first" in shown(screens, approved)
    post(screens, approved, spending_cap="5", mode="resume")
    job = Job.objects.get()
    assert (job.status, job.params["spending_cap"]) == (JobStatus.PENDING, "5")


def test_the_offline_engine_costs_nothing(screens, approved):
    page = screens.get(reverse("admin:books_book_overview", args=[approved.pk])).content.decode()
    assert "No model, no cost" in page
    assert "No model, no cost" in shown(screens, approved)


def test_the_cost_is_told_from_sizes_then_from_history(screens, approved, model, settings):
    assert "About $" in shown(screens, approved)  # a published price
    settings.OPENAI_MODEL = model = "a-model-of-our-own"
    assert f"has no price for {model}" in shown(screens, approved)
    ModelPrice.objects.create(model=model, input=1, cached_input=1, output=10)
    first = estimate(approved)
    digest = first.stages[0]
    assert (digest.stage, digest.calls, digest.basis) == ("digest", (4, 4), "sizes")
    assert first.dollars is not None
    assert 0 < first.dollars[0] < first.dollars[1]
    assert first.dollars[1] == sum(each.dollars[1] for each in first.stages)
    part = estimate(approved, Limits(1, 2))
    assert part.stages[0].calls == (2, 2)
    assert part.dollars[1] < first.dollars[1]
    later = estimate(approved, Limits(economy=True))
    assert later.dollars == (first.dollars[0] / 2, first.dollars[1] / 2)

    facts = {
        "provider": "openai",
        "model": model,
        "prompt_version": "1",
        "schema_version": "1",
        "outcome": CallOutcome.ANSWERED,
    }
    for book, tokens in ((Book.objects.create(title="Other"), 100), (approved, 50)):
        for at in range(5):
            ModelCall.objects.create(
                book=book, stage="digest", input_sha256=f"{book.pk}{at}", tokens_in=tokens, tokens_out=tokens, **facts
            )
        digest = estimate(approved).stages[0]
        assert (digest.basis, digest.tokens_in[0]) == (
            "book" if book == approved else "ledger",
            round(4 * tokens * 0.9),
        )
    assert digest.dollars == (Decimal("0.00198"), Decimal("0.00264"))


def test_the_cheaper_tier_reaches_the_job(screens, approved, model):
    assert "slower, at about half the price" in shown(screens, approved)
    post(screens, approved, economy="yes", mode="resume")
    assert Job.objects.get().params == {"economy": True}


def test_the_cost_of_other_pages_comes_as_a_fragment(screens, approved, model):
    page = screens.get(
        reverse("admin:books_book_start", args=[approved.pk]),
        {"first_page": "1", "last_page": "2"},
        headers={"hx-request": "true"},
    ).content.decode()
    assert "<html" not in page
    assert "<td>2</td>" in page


def test_finalising_takes_cap_and_economy_and_always_the_whole_book(screens, approved, model, said):
    assert "Tidy names and duplicates instead" not in shown(screens, approved)
    SubtopicFactory(topic__book=approved, status="approved")
    assert "Tidy names and duplicates instead" in shown(screens, approved)
    chosen = {"first_page": "2", "last_page": "3", "spending_cap": "1.5", "economy": "yes"}
    answer = screens.post(reverse("admin:books_book_finalise", args=[approved.pk]), chosen, follow=True)
    assert said(answer) == ["Tidying started."]
    assert Job.objects.get().params == {"spending_cap": "1.5", "economy": True}
