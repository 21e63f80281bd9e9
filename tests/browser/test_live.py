"""What moves by itself while a person looks: a page that is read again, the list of jobs, the steps of a book."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from playwright.sync_api import expect

from books.models import Page, Source
from books.ocr.start import start_reading
from jobs.actions import pause
from jobs.database import locked_job
from jobs.models import Job
from jobs.runner import run_to_end
from jobs.states import JobStatus, move
from tests.browser.conftest import signed_in
from tests.factories import BookFactory, ReadPageFactory

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(sample) -> Page:
    page = ReadPageFactory(book=BookFactory(title="Prealgebra 2e"))
    default_storage.save(page.source.storage_name, ContentFile((sample / "page_003.png").read_bytes()))
    return page


def test_a_page_that_is_read_again_shows_its_end_by_itself(tab, live_server, admin, page, picture):
    signed_in(tab, live_server)
    tab.goto(f"{live_server.url}/admin/books/book/{page.book_id}/pages/1/")
    tab.get_by_text("Read again, turn, move, remove").click()
    tab.get_by_role("button", name="Read this page again").click()
    expect(tab.locator("#reading")).to_contain_text("This page waits to be read.")
    picture(tab, "reading-again")
    run_to_end(Job.objects.get().pk)
    expect(tab.locator("#reading")).to_have_count(0, timeout=60_000)
    expect(tab.locator(".lines").first).not_to_contain_text("Count the apples.")

    Source.objects.filter(pk=page.source_id).update(format="png")
    default_storage.save(page.source.storage_name, ContentFile(b"no picture any more"))
    job = start_reading(page.book, numbers=[1])
    tab.reload()
    expect(tab.locator("#reading")).to_be_visible()
    run_to_end(job.pk)
    expect(tab.locator("#reading")).to_have_count(0, timeout=60_000)
    expect(tab.locator(".bad-notice")).to_be_visible()
    picture(tab, "reading-failed")


def test_the_list_of_jobs_and_the_steps_follow_a_job(tab, live_server, admin, page, picture):
    job = start_reading(page.book, numbers=[1])
    signed_in(tab, live_server)
    tab.goto(f"{live_server.url}/admin/jobs/job/")
    expect(tab.locator("#jobs")).to_contain_text("Reading pages (pending), 0 of 1")
    with locked_job(job.pk) as locked:
        move(locked, JobStatus.RUNNING, actor="worker")
    pause(job.pk)
    expect(tab.locator("#jobs")).to_contain_text("Reading pages (paused), 0 of 1", timeout=30_000)
    picture(tab, "jobs")
    tab.goto(f"{live_server.url}/admin/books/book/{page.book_id}/")
    expect(tab.locator(".next-label")).to_have_text("Paused")
    picture(tab, "paused")
    tab.set_viewport_size({"width": 390, "height": 800})
    picture(tab, "paused-390")
    tab.goto(f"{live_server.url}/admin/jobs/job/system/")
    picture(tab, "system-390")
    tab.set_viewport_size({"width": 1280, "height": 1600})
    picture(tab, "system")
