"""The bucket goes away in the middle, the disk is full, a page can never be read: nothing is lost, and it is said."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from moto.server import ThreadedMotoServer
from PIL import Image

from bookpipeline import storage
from books.intake.store import Upload, add_files
from books.models import Book, OcrStatus, Page, Reading
from books.ocr.start import start_reading
from jobs.models import Item, Job
from jobs.runner import run_slice, run_to_end
from jobs.states import ItemState, JobStatus
from tests import s3

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(60)]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(storage, "TRY_AGAIN_SECONDS", 1)


@pytest.fixture
def book(db) -> Book:
    return Book.objects.create(title="A book")


@pytest.fixture
def client(admin) -> Client:
    client = Client()
    client.force_login(admin)
    return client


class Server:
    """An S3 server that can go away and come back with all it holds."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    def start(self) -> None:
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=self.port, verbose=False)
        self.server.start()
        self.port = self.server.get_host_and_port()[1]

    def stop(self) -> None:
        self.server.stop()


@pytest.fixture
def server(settings, monkeypatch):
    running = Server()
    bucket = s3.bucket_of(settings, monkeypatch, f"http://127.0.0.1:{running.port}")
    yield running
    s3.empty(bucket)
    running.stop()


def scan(shade: int) -> bytes:
    """Without print, so that reading takes no time."""
    target = io.BytesIO()
    Image.new("L", (300, 400), 255 - shade).save(target, "PNG")
    return target.getvalue()


def filled(book: Book, count: int) -> None:
    files = [Upload(f"{number}.png", io.BytesIO(scan(number))) for number in range(count)]
    assert not add_files(book, files).refused


def send(client: Client, book: Book, *, link: str = "") -> Any:
    """One file through the server, where ``link`` names one after it was made a symbolic link to that."""
    url = f"/api/books/{book.pk}/uploads"
    files = [{"name": "new.png", "size": 10}]
    delivery = client.post(url, json.dumps({"files": files}), content_type="application/json").json()
    file_id = delivery["files"][0]["id"]
    if link:
        linked(f"books/{book.pk}/sources/{file_id}", link)
    data = SimpleUploadedFile("new.png", scan(99))
    return client.post(f"{url}/{delivery['id']}/files/{file_id}", {"file": data})


def linked(name: str, target: str) -> Path:
    path = Path(default_storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
    return path


def work_until(job: Job, condition: Callable[[], bool]) -> None:
    """Short slices, as a cluster's: items that wait for the storage keep a job open."""
    gives_up_at = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < gives_up_at
        run_slice(job.pk, seconds=1)


def each_page_was_read_once(book: Book) -> bool:
    states = set(book.pages.values_list("ocr_status", flat=True))
    return states <= {OcrStatus.DONE, OcrStatus.BLANK} and Reading.objects.count() == book.pages.count()


def test_a_bucket_that_goes_away_in_the_middle_costs_nothing(server, client, book):
    filled(book, 4)
    job = start_reading(book)
    run_slice(job.pk, seconds=0.01)
    read = Item.objects.filter(job=job, state=ItemState.DONE).count()
    assert read < 4
    server.stop()
    waiting = Item.objects.filter(job=job, state=ItemState.PENDING)
    work_until(job, waiting.filter(attempts=0, error_code="storage_away").exists)
    job.refresh_from_db()
    assert (job.status, job.failed_items, waiting.count()) == (JobStatus.RUNNING, 0, 4 - read)
    tried = waiting.exclude(error_message="").first()
    assert "goes on by itself" in tried.error_message
    answer = send(client, book)
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_away")
    assert client.get(reverse("admin:books_book_scan", args=[book.pk, 1])).status_code == 503
    server.start()
    job = run_to_end(job.pk)
    assert (job.status, job.completed_items, job.failed_items) == (JobStatus.COMPLETED, 4, 0)
    assert each_page_was_read_once(book)
    assert send(client, book).json() == {"state": "stored", "reason": ""}


def test_a_full_disk_is_waited_out(client, book):
    """/dev/full answers every write as a full disk does."""
    filled(book, 3)
    second = book.pages.get(number=2)
    image = linked(second.image_name, "/dev/full")
    job = start_reading(book)
    items = Item.objects.filter(job=job)
    held = items.filter(key=str(second.pk), state=ItemState.PENDING, attempts=0, error_message=storage.FULL)
    work_until(job, lambda: held.exists() and items.filter(state=ItemState.DONE).count() == 2)
    job.refresh_from_db()
    assert (job.status, job.failed_items) == (JobStatus.RUNNING, 0)
    answer = send(client, book, link="/dev/full")
    assert (answer.status_code, answer.json()["message"]) == (503, storage.FULL)
    assert book.pages.count() == 3
    image.unlink()
    assert run_to_end(job.pk).status == JobStatus.COMPLETED
    assert each_page_was_read_once(book)


def test_a_page_that_always_fails_stops_no_other_and_is_retried_alone(client, book):
    filled(book, 3)
    second = Page.objects.select_related("source").get(book=book, number=2)
    with default_storage.open(second.source.storage_name) as stored:
        good = stored.read()
    default_storage.save(second.source.storage_name, ContentFile(good[: len(good) // 2]))
    job = run_to_end(start_reading(book).pk)
    assert (job.status, job.completed_items, job.failed_items) == (JobStatus.COMPLETED, 2, 1)
    second.refresh_from_db()
    assert (second.ocr_status, "damaged" in second.ocr_error) == (OcrStatus.FAILED, True)
    default_storage.save(second.source.storage_name, ContentFile(good))
    client.post(reverse("admin:books_book_read_failed", args=[book.pk]))
    again = run_to_end(Job.objects.exclude(pk=job.pk).get().pk)
    assert (again.total_items, again.completed_items) == (1, 1)
    assert each_page_was_read_once(book)
