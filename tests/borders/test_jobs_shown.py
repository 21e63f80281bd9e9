"""Where a job meets the screens: every place that shows it says the same, and goes on saying it while it changes."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from PIL import Image

from books.models import Book, Page
from jobs.database import locked_job
from jobs.models import Item, Job
from jobs.progress import refresh_progress
from jobs.runner import run_to_end
from jobs.states import ItemState, JobStatus, move
from tests.factories import BookFactory, ItemFactory, JobFactory, ReadPageFactory


@pytest.fixture
def book(db) -> Book:
    return BookFactory(title="Prealgebra")


def text_of(client, name: str, *args, **headers) -> str:
    answer = client.get(reverse(f"admin:{name}", args=args), headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


def htmx(target: str = "") -> dict[str, str]:
    return {"HX-Request": "true", "HX-Target": target}


# ---- a page that is read again --------------------------------------------------------------------------------------


@pytest.fixture
def page(screens, book) -> Page:
    """Uploaded and read once: it is blank."""
    data = BytesIO()
    Image.new("L", (300, 400), 200).save(data, "PNG")
    file = SimpleUploadedFile("one.png", data.getvalue())
    screens.post(reverse("admin:books_book_upload", args=[book.pk]), {"files": [file]})
    run_to_end(book.jobs.get().pk)
    return book.pages.get()


def read_again(client, page: Page) -> Job:
    here = reverse("admin:books_book_page", args=[page.book_id, page.number])
    client.post(reverse("admin:books_book_pages_read", args=[page.book_id]), {"page": page.pk, "next": here})
    return page.book.jobs.first()


def test_the_page_tells_how_its_reading_goes_until_it_is_over(screens, page):
    """It showed nothing until somebody loaded it anew."""
    job = read_again(screens, page)
    shown = text_of(screens, "books_book_page", page.book_id, page.number)
    assert "This page waits to be read." in shown
    assert 'hx-trigger="every 2s' in shown
    address = reverse("admin:books_book_page_reading", args=[page.book_id, page.number])
    first = screens.get(address)
    mark = first.content.decode().split("?mark=")[1][:16]
    assert screens.get(f"{address}?mark={mark}").status_code == 204

    run_to_end(job.pk)
    over = screens.get(f"{address}?mark={mark}").content.decode()
    assert "data-over" in over
    assert "hx-trigger" not in over
    assert "waits to be read" not in text_of(screens, "books_book_page", page.book_id, page.number)


def test_the_page_itself_tells_why_it_could_not_be_read_again(screens, page):
    """Only the book told it, as "Failed 99 %" of the one page that failed."""
    default_storage.save(page.source.storage_name, ContentFile(b"no picture any more"))
    job = read_again(screens, page)
    run_to_end(job.pk)
    why = Item.objects.get(job=job).error_message
    over = text_of(screens, "books_book_page_reading", page.book_id, page.number)
    assert why in over
    assert why in text_of(screens, "books_book_page", page.book_id, page.number)
    assert screens.get(f"/api/books/{page.book_id}/jobs/{job.pk}").json()["percent"] == 0
    assert "99 %" not in text_of(screens, "books_book_overview", page.book_id)


def test_a_paused_reading_says_so_on_its_page(screens, page):
    job = read_again(screens, page)
    with locked_job(job.pk) as locked:
        move(locked, JobStatus.RUNNING, actor="worker")
    screens.post(reverse("admin:jobs_job_act", args=[job.pk, "pause"]))
    assert "Paused: 0 of 1." in text_of(screens, "books_book_page_reading", page.book_id, page.number)


# ---- the list of jobs ------------------------------------------------------------------------------------------------


@pytest.fixture
def job(book) -> Job:
    """Three pages of eight are read, each took ten seconds."""
    job = JobFactory(book=book)
    for number in range(8):
        state = ItemState.DONE if number < 3 else ItemState.PENDING
        ItemFactory(job=job, key=str(ReadPageFactory(book=book).pk), state=state)
    refresh_progress(job)
    return job


def finish_one(job: Job) -> None:
    Item.objects.filter(pk=job.items.filter(state=ItemState.PENDING).first().pk).update(state=ItemState.DONE)
    refresh_progress(job)


def test_the_list_of_jobs_moves_while_a_job_does_and_then_rests(screens, job):
    """It stood still; the list of books moved."""
    address = reverse("admin:jobs_job_changelist")
    shown = screens.get(address)
    assert "Reading pages, 3 of 8" in shown.content.decode()
    assert 'hx-trigger="every 3s' in shown.content.decode()
    poll = htmx("jobs") | {"X-Mark": shown.context["mark"]}
    assert screens.get(address, headers=poll).status_code == 204
    finish_one(job)
    assert "Reading pages, 4 of 8" in screens.get(address, headers=poll).content.decode()
    with locked_job(job.pk) as locked:
        move(locked, JobStatus.COMPLETED, actor="worker")
    last = screens.get(address, headers=poll).content.decode()
    assert "Completed" in last
    assert "hx-trigger" not in last


# ---- the steps of a book ---------------------------------------------------------------------------------------------


def test_the_steps_of_a_book_count_on_while_its_pages_are_read(screens, book, job):
    """Their counts stood still until the job was over."""
    unread = book.pages.last()
    Page.objects.filter(pk=unread.pk).update(ocr_status="waiting", reading=None)
    assert "7 of 8 read" in text_of(screens, "books_book_overview", book.pk)
    moved = screens.get(reverse("admin:jobs_job_panel", args=[job.pk]))
    assert "job-moved" in json.loads(moved.headers["HX-Trigger-After-Swap"])
    Page.objects.filter(pk=unread.pk).update(ocr_status="blank", reading=unread.reading_id)
    part = text_of(screens, "books_book_overview", book.pk, **htmx("next"))
    assert "8 of 8 read" in part
    assert 'hx-trigger="job-moved from:body throttle:4s"' in part
    assert '<ol class="grid">' not in part


# ---- a job that is paused --------------------------------------------------------------------------------------------


def test_a_paused_job_is_paused_wherever_it_is_shown(screens, book, job, capsys):
    """It was "at work", its book "processing", with a time left."""
    times = {"started_at": job.created_at, "finished_at": job.created_at + timedelta(seconds=10)}
    job.items.filter(state=ItemState.DONE).update(**times)
    screens.post(reverse("admin:jobs_job_act", args=[job.pk, "pause"]))
    overview = text_of(screens, "books_book_overview", book.pk)
    assert "Paused by hand." in overview
    for lie in ("At work</span>", "is at work", "Processing", " left", "a minute"):
        assert lie not in overview
    assert "Job paused" in overview
    books = text_of(screens, "books_book_changelist").split('id="result_list"')[1]
    assert "Job paused" in books
    assert "Reading pages (paused), 3 of 8" in books
    assert "Reading pages (paused), 3 of 8" in text_of(screens, "jobs_job_changelist")
    told = screens.get(f"/api/books/{book.pk}/jobs/{job.pk}").json()
    assert (told["status"], told["eta_seconds"]) == ("paused", None)
    assert told["progress_detail"]["stats"]["stages"][0]["state"] == "paused"
    assert screens.get(f"/api/books/{book.pk}").json()["status"] == "paused"
    call_command("job", str(job.pk))
    assert " left" not in capsys.readouterr().out
