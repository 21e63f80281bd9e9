"""A disk that is full while an upload is still on its way in."""

from __future__ import annotations

import errno
import os
from io import BytesIO

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.test import Client
from django.urls import reverse

from books.models import Book
from tests.intake.samples import page, saved

pytestmark = [pytest.mark.django_db]
# Larger than what is kept in memory.
SCAN = saved("PNG", page(seed=1)) + bytes(1024 * 1024)


@pytest.fixture(autouse=True)
def _full_disk(monkeypatch):
    def write(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(TemporaryUploadedFile, "write", write, raising=False)


@pytest.fixture
def book() -> Book:
    return Book.objects.create(title="A book")


@pytest.fixture
def client(admin) -> Client:
    """As browsers come: the form is read for its CSRF token, before any view is asked."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    return client


@pytest.mark.parametrize("name", ["upload", "insert"])
def test_the_plain_form_says_so(client, book, name):
    client.get(reverse("admin:books_book_overview", args=[book.pk]))
    token = client.cookies["csrftoken"].value
    form = {"csrfmiddlewaretoken": token, "at": "1", "files": BytesIO(SCAN)}
    answer = client.post(reverse(f"admin:books_book_{name}", args=[book.pk]), form)
    assert answer.status_code == 507
    assert "no room for this upload, and stored nothing of it" in answer.content.decode()
    assert not book.pages.exists()


def test_the_api_says_so(client, book):
    client.handler.enforce_csrf_checks = False
    answer = client.post(f"/api/books/{book.pk}/pages/bulk", {"files": BytesIO(SCAN)})
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_away")
    assert "no room for this upload" in answer.json()["message"]
    assert not book.pages.exists()
