"""A book's calls and costs by stage, its CSV, and the results of an older model or prompt."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from io import StringIO

import pytest
from django.urls import reverse

from books.models import Book, ModelCall, PageDigest
from jobs.models import Job
from tests.factories import BookFactory, ReadPageFactory, SubtopicFactory

OLD = {"engine": "openai", "version": "", "model": "old-model", "prompt": "1", "schema": "1", "temperature": None}


@pytest.fixture
def spent(book) -> Book:
    facts = {
        "provider": "openai",
        "model": "=cmd()",
        "prompt_version": "1",
        "schema_version": "1",
        "outcome": "answered",
    }
    for owner, cost in ((book, Decimal("0.25")), (book, None), (BookFactory(), Decimal(9))):
        ModelCall.objects.create(
            book=owner,
            stage="digest",
            item="@x",
            cost=cost,
            tokens_in=10,
            tokens_out=5,
            input_sha256=str(cost),
            **facts,
        )
    return book


def shown(client, book) -> str:
    return client.get(reverse("admin:books_book_costs", args=[book.pk])).content.decode()


def test_sums_of_this_book_alone(screens, spent):
    spent.spending_cap = Decimal(2)
    spent.save()
    page = shown(screens, spent)
    assert "2 calls, $0.25." in page
    assert "1 of them had no price." in page
    assert "$1.75 are left" in page
    assert "No model was asked for this book." in shown(screens, BookFactory())


def test_the_csv_has_this_books_calls_and_no_formula(screens, spent):
    answer = screens.get(reverse("admin:books_book_calls", args=[spent.pk]))
    rows = list(csv.DictReader(StringIO(answer.content.decode())))
    assert [(row["item"], row["model"], row["cost"]) for row in rows] == [
        ("'@x", "'=cmd()", "0.250000"),
        ("'@x", "'=cmd()", ""),
    ]
    assert 'filename="prealgebra-model-calls.csv"' in answer["Content-Disposition"]


def test_stale_results_are_listed_and_only_they_are_redone(screens, book):
    for number in range(1, 4):
        ReadPageFactory(book=book, number=number)
    book.pages.update(review="approved")
    for page in book.pages.filter(number__lt=3):
        PageDigest.objects.create(page=page, made_with=OLD, fingerprint="f", data={"page": page.number})
    SubtopicFactory(topic__book=book, made_with=OLD, title="Counting", status="approved", pages=[1, 2])
    page = shown(screens, book)
    assert "Page 1, Page 2" in page
    assert "Made with openai old-model p1 s1; now offline" in page
    assert "1 stays as a person left it." in page
    assert 'name="first_page" value="1"' in page
    assert 'name="last_page" value="2"' in page
    redo = {"first_page": "1", "last_page": "2", "mode": "resume"}
    screens.post(reverse("admin:books_book_generate", args=[book.pk]), redo)
    job = Job.objects.get()
    assert (job.params, job.total_items) == ({"first_page": 1, "last_page": 2}, 2)


def test_nothing_stale_says_so(screens, book):
    assert "Nothing: every result was made with the present engine" in shown(screens, book)


def test_a_model_is_chosen_for_a_question_that_is_asked_and_prices_say_their_unit(screens):
    form = screens.get(reverse("admin:books_stagemodel_add")).content.decode()
    assert re.findall(r'<option value="([a-z_]+)"[^>]*>[^<]*\(\1\)', form) == [
        *("ocr", "digest", "outline", "write", "reword", "verify", "names", "same", "order"),
    ]
    assert "Input, US$ per million tokens" in screens.get(reverse("admin:books_modelprice_add")).content.decode()
