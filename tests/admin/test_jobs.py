"""Jobs in the admin: a list and a page to look at, nothing to edit."""

from __future__ import annotations

import factory
import pytest
from django.urls import reverse

from jobs.models import Event, Job
from jobs.progress import refresh_progress
from jobs.states import JobStatus
from tests.admin.test_books import queries_of
from tests.admin.test_panel import panel
from tests.factories import ItemFactory, JobFactory


def test_the_page_of_a_job_shows_events_and_every_failure(screens, job):
    Event.objects.create(job=job, from_status="pending", to_status="running", actor="worker", reason="Began.")
    page = screens.get(reverse("admin:jobs_job_change", args=[job.pk])).content.decode()
    for said in ("pending → running", "Began.", "It is torn.", "Every item that failed"):
        assert said in page


def test_the_jobs_of_one_book_are_a_link_away(screens, book):
    JobFactory(book=book)
    JobFactory(kind="of another book")
    overview = screens.get(reverse("admin:books_book_overview", args=[book.pk])).content.decode()
    url = f"{reverse('admin:jobs_job_changelist')}?book__id__exact={book.pk}"
    assert url in overview
    assert screens.get(url).context["cl"].result_count == 1


def test_the_list_of_jobs_costs_the_same_for_3_and_60(screens):
    def grow(count: int) -> None:
        for _ in range(count):
            JobFactory(status=JobStatus.COMPLETED)

    url = reverse("admin:jobs_job_changelist")
    grow(3)
    few = queries_of(screens, url)
    grow(57)
    assert queries_of(screens, url) == few


def test_the_page_of_a_job_costs_the_same_for_5_and_500_items(screens, book):
    def job_of(count: int) -> str:
        """Half of its items failed."""
        job = JobFactory(book=book, status=JobStatus.COMPLETED)
        states = ("done", "failed")
        ItemFactory.create_batch(
            count, job=job, state=factory.Iterator(states), error_code="torn", error_message="Torn."
        )
        refresh_progress(job)
        return reverse("admin:jobs_job_change", args=[job.pk])

    costs = {count: queries_of(screens, job_of(count)) for count in (5, 500)}
    assert costs[5] == costs[500]


@pytest.mark.parametrize("address", ["add/", "{}/delete/"])
def test_jobs_are_neither_added_nor_deleted_by_hand(screens, job, address):
    url = reverse("admin:jobs_job_changelist") + address.format(job.pk)
    assert screens.post(url, {"post": "yes"}).status_code == 403
    assert Job.objects.count() == 1


@pytest.mark.parametrize("detail", [None, [], {"page_errors": "broken"}, {"page_errors": {"1": None}}])
def test_an_old_or_broken_row_is_still_shown(screens, book, detail):
    job = JobFactory(book=book, kind="of-old", stage="gone", progress_detail=detail, total_items=None)
    assert screens.get(panel(job)).status_code == 200
    assert screens.get(reverse("admin:jobs_job_change", args=[job.pk])).status_code == 200
    assert screens.get(reverse("admin:jobs_job_changelist")).status_code == 200
    assert screens.get(reverse("admin:books_book_changelist")).status_code == 200
