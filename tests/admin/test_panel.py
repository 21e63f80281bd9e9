"""The live panel of a job: what it shows, when it polls, what its buttons do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from books.admin.jobs import _eta_words
from books.extraction.job import EXTRACTION
from jobs.models import Item, Job
from jobs.progress import refresh_progress
from jobs.states import ACTIVE, FINAL, ItemState, JobStatus
from tests.admin.test_books import queries_of
from tests.factories import ItemFactory, JobFactory

HTMX = {"hx-request": "true"}


def panel(job: Job) -> str:
    return reverse("admin:jobs_job_panel", args=[job.pk])


def shown(client, job: Job) -> str:
    return client.get(panel(job), headers=HTMX).content.decode()


def poll_of(page: str) -> str:
    return page.split('hx-get="')[1].split('"', maxsplit=1)[0]


def test_the_bar_says_its_name_and_values(screens, job):
    page = shown(screens, job)
    for said in ('role="progressbar"', 'aria-label="Reading the pages"', 'aria-valuenow="50"', 'aria-valuemax="100"'):
        assert said in page
    assert "Reading pages: 2 of 4, 1 failed." in page
    assert "It is torn." in page


def test_several_stages_are_a_timeline(screens, book):
    page = shown(screens, JobFactory(book=book, kind="extraction", stage="outline"))
    assert page.count("stage-done") == 1
    assert page.count("stage-running") == 1
    assert page.count("stage-waiting") == len(EXTRACTION.stages) - 2


@pytest.mark.parametrize("status", ACTIVE)
def test_an_active_job_polls(screens, book, status):
    assert 'hx-trigger="every 2s' in shown(screens, JobFactory(book=book, status=status))


@pytest.mark.parametrize("status", FINAL)
def test_a_job_that_is_over_does_not_poll(screens, book, status):
    job = JobFactory(book=book, status=status)
    response = screens.get(panel(job), headers=HTMX)
    assert "hx-trigger" not in response.content.decode()
    assert response["HX-Trigger-After-Swap"] == '{"job-over": {}}'


def test_a_poll_of_an_unchanged_job_costs_one_query_and_has_no_body(screens, job):
    url = poll_of(shown(screens, job))
    with CaptureQueriesContext(connection) as queries:
        response = screens.get(url, headers=HTMX)
    assert (response.status_code, response.content) == (204, b"")
    logging_in = [query for query in queries if "books_session" in query["sql"] or "auth_user" in query["sql"]]
    assert len(queries) - len(logging_in) == 1


def change_counter(job: Job) -> None:
    Item.objects.filter(job=job, ordinal=3).update(state=ItemState.DONE)
    refresh_progress(job)


def change_status(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(status=JobStatus.PAUSED)


def change_error(job: Job) -> None:
    Item.objects.filter(job=job, ordinal=2).update(attempts=2)
    refresh_progress(job)


@pytest.mark.parametrize("change", [change_counter, change_status, change_error])
def test_a_poll_of_a_changed_job_shows_it(screens, job, change):
    url = poll_of(shown(screens, job))
    change(job)
    response = screens.get(url, headers=HTMX)
    assert response.status_code == 200
    assert "pages-moved" in response["HX-Trigger-After-Swap"]


def test_the_panel_costs_the_same_for_3_and_60_items(screens, job):
    few = queries_of(screens, panel(job))
    for number in range(57):
        ItemFactory(job=job, state=ItemState.FAILED if number % 2 else ItemState.DONE)
    refresh_progress(job)
    assert queries_of(screens, panel(job)) == few


@pytest.mark.parametrize(
    ("status", "buttons"),
    [
        (JobStatus.RUNNING, {"pause", "cancel"}),
        (JobStatus.PAUSED, {"resume", "cancel"}),
        (JobStatus.FAILED, {"resume", "restart"}),
        (JobStatus.COMPLETED, {"restart"}),
    ],
)
def test_only_the_buttons_that_apply(screens, book, status, buttons):
    page = shown(screens, JobFactory(book=book, status=status))
    assert {name for name in ("pause", "resume", "restart", "cancel") if f'id="job-{name}"' in page} == buttons


def test_who_may_only_look_gets_no_buttons(client, person, job):
    client.force_login(person("jobs.view_job"))
    assert "<button" not in shown(client, job)


def test_who_may_not_see_jobs_gets_no_panel(client, person, job):
    client.force_login(person("books.view_book"))
    page = client.get(reverse("admin:books_book_overview", args=[job.book_id])).content.decode()
    assert 'id="job"' not in page
    assert "A job is at work on this book" in page


@pytest.mark.parametrize(
    ("done", "milestone"), [(1, "under way."), (5, "at least 25 percent"), (9, "at least 75 percent")]
)
def test_milestones_change_by_quarters(screens, book, done, milestone):
    job = JobFactory(book=book)
    for number in range(12):
        ItemFactory(job=job, state=ItemState.DONE if number < done else ItemState.PENDING)
    refresh_progress(job)
    assert f'data-milestone="Reading the pages: {milestone}' in shown(screens, job)


@pytest.mark.parametrize(
    ("eta", "words"),
    [
        (None, ""),
        ((0, 1), "about 1 s left"),
        ((40, 70), "about 40 s to 1 min left"),
        ((130, 240), "about 2 min to 4 min left"),
        ((3600, 9000), "about 60 min to 2.5 h left"),
    ],
)
def test_the_time_left_is_said_in_round_words(eta, words):
    assert _eta_words(eta) == words


def test_a_pause_that_begins_again_shows_its_new_end(screens, job):
    now = timezone.now()
    Job.objects.update(status=JobStatus.PAUSED, wake_at=now)
    poll = poll_of(shown(screens, job)).replace("&amp;", "&")
    assert screens.get(poll, headers=HTMX).status_code == 204
    Job.objects.update(wake_at=now + timedelta(minutes=1))
    assert screens.get(poll, headers=HTMX).status_code == 200
