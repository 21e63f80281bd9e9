"""Who may cost money: what asks a language model is started, and set going again, by those who may."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from books.extraction.job import EXTRACTION
from books.ocr.factory import MODEL
from books.ocr.job import OCR
from jobs.states import ItemState, JobStatus
from tests.factories import ItemFactory, JobFactory, PageFactory, ReadPageFactory


@pytest.fixture
def uploader(client, person):
    somebody = person()
    somebody.groups.set(Group.objects.filter(name="uploader"))
    client.force_login(somebody)
    return client


def act(client, job, name: str) -> int:
    return client.post(reverse("admin:jobs_job_act", args=[job.pk, name]), {"sure": "yes"}).status_code


@pytest.mark.parametrize(("kind", "params", "allowed"), [(OCR.kind, {}, True), (OCR.kind, {"engine": MODEL}, False)])
def test_an_uploader_has_pages_read_as_the_settings_say_and_no_dearer(uploader, book, kind, params, allowed):
    page = PageFactory(book=book)
    job = JobFactory(book=book, kind=kind, params=params, status=JobStatus.FAILED)
    assert act(uploader, job, "restart") == (302 if allowed else 403)
    assert page.book.jobs.count() == 1 + allowed


def test_an_uploader_ends_a_job_that_asks_a_model_but_starts_none(uploader, book):
    over = JobFactory(book=book, kind=EXTRACTION.kind, status=JobStatus.FAILED)
    assert [act(uploader, over, name) for name in ("resume", "restart")] == [403, 403]
    assert uploader.post(reverse("admin:jobs_job_retry", args=[over.pk])).status_code == 403
    running = JobFactory(book=book, kind=EXTRACTION.kind)
    ItemFactory(job=running, state=ItemState.FAILED)
    panel = uploader.get(reverse("admin:jobs_job_panel", args=[running.pk])).content.decode()
    assert "job-cancel" in panel
    assert "job-retry" not in panel
    assert act(uploader, running, "cancel") == 302


def test_a_dearer_engine_is_refused(uploader, book):
    PageFactory(book=book, number=1)
    refused = uploader.post(reverse("admin:books_book_pages_read", args=[book.pk]), {"page": "1", "engine": MODEL})
    assert refused.status_code == 403
    api = uploader.post(f"/api/books/{book.pk}/ocr", {"engine": MODEL}, content_type="application/json")
    assert api.status_code == 403


def test_the_books_page_offers_what_the_person_may_start(uploader, screens, book):
    ReadPageFactory(book=book)
    book.pages.update(review="approved")
    url = reverse("admin:books_book_overview", args=[book.pk])
    assert "step-generate" in screens.get(url).content.decode()
    uploader.force_login(Group.objects.get(name="uploader").user_set.get())
    assert "step-generate" not in uploader.get(url).content.decode()
