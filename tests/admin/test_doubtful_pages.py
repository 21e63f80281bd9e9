"""Reading doubtful pages with a model: which they are, what it would cost, and that these alone are read."""

from __future__ import annotations

import pytest
from django.urls import reverse

from books.models import Book, ModelPrice
from books.ocr.review import pages_for_a_model
from books.stored.regions import Region, RegionKind
from jobs.models import Job
from tests.factories import BookFactory, ReadPageFactory

pytestmark = pytest.mark.django_db
FORMULA, FIGURE = (Region(kind, (1, 2, 30, 40)) for kind in (RegionKind.FORMULA, RegionKind.FIGURE))


@pytest.fixture
def book(settings) -> Book:
    settings.OPENAI_API_KEY, settings.OPENAI_MODEL = "a-key", "sight-1"
    ModelPrice.objects.create(model="sight-1", input=10, cached_input=1, output=20)
    book = BookFactory()
    for values in (
        {},
        {"regions": [FORMULA]},
        {"confidence": 70},
        {"regions": [FIGURE]},
        {"regions": [FORMULA], "engine": "openai"},
        {"regions": [FORMULA], "engine": "person"},
    ):
        ReadPageFactory(book=book, **{f"reading__{name}": value for name, value in values.items()})
    return book


def shown(client, name: str, book: Book) -> str:
    return client.get(reverse(f"admin:books_book_{name}", args=[book.pk])).content.decode()


def test_price_first_then_these_pages_alone(admin_client, book):
    assert [page.number for page in pages_for_a_model(book)] == [2, 3]
    screen = shown(admin_client, "doubtful", book)
    assert "2 calls and" in screen
    assert "About $0.0" in screen
    assert "Read 2 doubtful pages" in shown(admin_client, "map", book)
    pages = [str(page.pk) for page in pages_for_a_model(book)]
    admin_client.post(reverse("admin:books_book_pages_read", args=[book.pk]), {"page": pages, "engine": "openai"})
    job = Job.objects.get(book=book)
    assert (job.kind, job.params["pages"]) == ("ocr_elsewhere", pages)


def test_the_list_says_why_a_page_was_rejected(admin_client, book):
    decide = reverse("admin:books_book_page_decide", args=[book.pk, 3])
    admin_client.post(decide, {"decision": "reject", "reason": "Too dark"})
    assert "Too dark</span>" in shown(admin_client, "doubtful", book)


def test_without_a_model_there_is_nothing_to_offer(admin_client, book, settings):
    settings.OPENAI_API_KEY = ""
    assert "No model can read" in shown(admin_client, "doubtful", book)
    assert "doubtful page" not in shown(admin_client, "map", book)
