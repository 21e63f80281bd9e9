"""Where a person meets the limits of the house: books, bytes and jobs, each with a sentence."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from books.models import Book, Source
from jobs.actions import cancel
from jobs.models import Job
from tests.factories import BookFactory, SourceFactory

pytestmark = pytest.mark.django_db

FACTS = {"title": "Physics", "grade": "9", "subject": "Physics"}
FORM = {**FACTS, "access": "all"}


@pytest.fixture
def signed_in(client, admin):
    client.force_login(admin)
    return client


def post(client, address: str, **facts):
    return client.post(address, json.dumps(facts), content_type="application/json")


def test_a_book_too_many_is_refused_by_screen_and_api(signed_in, settings):
    settings.QUOTA_BOOKS = 1
    book = BookFactory()
    answer = post(signed_in, "/api/books", **FACTS)
    assert answer.status_code == 422
    assert "There are 1 books here, as many as there may be" in answer.json()["message"]
    page = signed_in.post(reverse("admin:books_book_add"), FORM)
    assert "as many as there may be" in page.content.decode()
    assert Book.objects.count() == 1
    assert (
        signed_in.post(reverse("admin:books_book_change", args=[book.pk]), {**FORM, "language": "eng"}).status_code
        == 302
    )


def test_more_than_a_person_may_keep_is_refused_before_it_is_sent(signed_in, admin, settings, sample):
    settings.QUOTA_GIGABYTES = 1
    book = BookFactory()
    SourceFactory(book=book, uploaded_by=admin, size=10**9 - 100)
    scan = (sample / "page_001.png").read_bytes()
    announced = post(signed_in, f"/api/books/{book.pk}/uploads", files=[{"name": "a.png", "size": len(scan)}])
    sent = signed_in.post(f"/api/books/{book.pk}/pages", {"file": SimpleUploadedFile("a.png", scan)})
    for answer in (announced, sent):
        assert (answer.status_code, answer.json()["code"]) == (422, "quota_reached")
        assert "more than 1 GB here" in answer.json()["message"]
    assert Source.objects.count() == 1
    SourceFactory(book=book, size=10**9)  # somebody else's
    settings.QUOTA_GIGABYTES = 2
    assert signed_in.post(f"/api/books/{book.pk}/pages", {"file": SimpleUploadedFile("a.png", scan)}).status_code == 201


def test_a_job_too_many_waits_for_one_to_end(signed_in, settings, sample):
    settings.QUOTA_JOBS = 1
    books = [BookFactory(), BookFactory()]
    for book in books:
        with (sample / "page_001.png").open("rb") as scan:
            sent = signed_in.post(f"/api/books/{book.pk}/pages", {"file": scan})
        assert sent.status_code == 201
    reading = Job.objects.get()  # of the first, by its upload; the page of the second waits
    assert reading.book == books[0]
    refused = post(signed_in, f"/api/books/{books[1].pk}/ocr")
    assert (refused.status_code, refused.json()["code"]) == (422, "quota_reached")
    assert "You have 1 jobs under way" in refused.json()["message"]
    cancel(reading.pk)
    assert post(signed_in, f"/api/books/{books[1].pk}/ocr").status_code == 202
