"""Pages that change between being made ready for a model and being sent to it."""

from __future__ import annotations

from threading import Thread

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import encode_multipart

from benchmarks.standin import StandIn, decoded
from books.ledger import choices
from books.models import Book, Page
from books.ocr import factory as ocr_factory
from books.ocr.image.open import open_page
from jobs.models import Job
from jobs.runner import run_slice, run_to_end
from tests.flow.real_cluster import until
from tests.ocr import provoking

pytestmark = pytest.mark.django_db(transaction=True)
CACHES = (choices.ledger, ocr_factory._built)
OTHER = 5


def scan(number: int) -> bytes:
    return (provoking.SAMPLE / provoking.PAGES[number - 1]["file"]).read_bytes()


@pytest.fixture
def provider(settings):
    with StandIn(latency=1.0) as running:
        settings.OCR_ENGINE, settings.LLM_CONCURRENCY = "openai", 1
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "a-key", running.url
        for cache in CACHES:
            cache.cache_clear()
        for number in (1, 2, 3, OTHER):
            with (provoking.SAMPLE / provoking.PAGES[number - 1]["file"]).open("rb") as file:
                running.know(open_page(file), provoking.truth(number))
        yield running
    for cache in CACHES:
        cache.cache_clear()


def sent(provider):
    """The picture of the last call."""
    (content,) = [each["content"] for each in provider.asked[-1]["messages"] if not isinstance(each["content"], str)]
    return decoded(next(part for part in content if part["type"] == "image_url"))


def test_a_page_changed_after_it_was_made_ready_is_sent_as_it_is_now(provider, client, admin):
    """Made ready for one job, cancelled before their calls, pages were sent for the next as they had been: by page id,
    for the life of the process."""
    client.force_login(admin)
    book = Book.objects.create(title="A book")
    files = [SimpleUploadedFile(f"p{number}.png", scan(number)) for number in (1, 2, 3)]
    job = client.post(f"/api/books/{book.pk}/pages/bulk", {"files": files}).json()["job_id"]

    def work() -> None:
        run_slice(job)
        connection.close()

    runner = Thread(target=work)
    runner.start()
    until(lambda: provider.counts.calls == 1, "the first page was sent")
    assert client.post(f"/api/jobs/{job}/cancel").status_code == 200
    runner.join()

    second = Page.objects.get(book=book, number=2)
    client.post(f"/admin/books/book/{book.pk}/pages/arrange/", {"page": [str(second.pk)], "act": "turn:90"})
    run_to_end(Job.objects.latest("created_at").pk)
    assert sent(provider).width > sent(provider).height

    body = encode_multipart("bound", {"file": SimpleUploadedFile("better.png", scan(OTHER))})
    kind = "multipart/form-data; boundary=bound"
    replaced = client.put(f"/api/books/{book.pk}/pages/3/scan", body, content_type=kind).json()
    run_to_end(replaced["job_id"])
    assert Page.objects.get(book=book, number=3).reading.text == provoking.truth(OTHER)
