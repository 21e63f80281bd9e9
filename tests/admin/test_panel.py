"""The live panel of a job: what it shows, when it polls, what its buttons do."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from books.admin.panel import _eta_words
from jobs.constants import ACTIVE, FINAL, ItemState, JobStatus
from jobs.models import Event, Item, Job
from jobs.progress import refresh_progress
from tests.admin.test_books import queries_of
from tests.factories import ItemFactory, JobFactory

HTMX = {"hx-request": "true"}


@pytest.fixture
def job(book) -> Job:
    """Two pages of four are over, one of them failed."""
    job = JobFactory(book=book)
    for state in (ItemState.DONE, ItemState.FAILED, ItemState.PENDING, ItemState.PENDING):
        ItemFactory(job=job, state=state, attempts=1)
    refresh_progress(job)
    return job


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
    assert page.count("stage-waiting") == 2


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
    logging_in = [query for query in queries if "django_session" in query["sql"] or "auth_user" in query["sql"]]
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


def act(client, job, name, **data):
    return client.post(reverse("admin:jobs_job_act", args=[job.pk, name]), data, follow=True)


@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        (JobStatus.RUNNING, "pause", JobStatus.PAUSED),
        (JobStatus.PAUSED, "resume", JobStatus.PENDING),
        (JobStatus.RUNNING, "cancel", JobStatus.CANCELLED),
    ],
)
def test_a_button_moves_the_job(screens, book, said, before, name, after):
    job = JobFactory(book=book, status=before)
    ItemFactory(job=job, state=ItemState.PENDING)
    assert len(said(act(screens, job, name))) == 1
    job.refresh_from_db()
    assert job.status == after
    assert Event.objects.filter(job=job, actor="ada").exists()


@pytest.mark.parametrize(
    ("status", "name", "refusal"),
    [(JobStatus.COMPLETED, "pause", ""), (JobStatus.COMPLETED, "restart", "nothing to do")],
)
def test_an_illegal_move_is_refused_with_a_sentence(screens, book, said, status, name, refusal):
    job = JobFactory(book=book, status=status)
    sentences = said(act(screens, job, name))
    assert len(sentences) == 1
    assert refusal in sentences[0]
    job.refresh_from_db()
    assert job.status == status


def test_an_action_leads_back_to_where_the_button_was(screens, job):
    here = reverse("admin:books_book_overview", args=[job.book_id])
    assert act(screens, job, "pause", next=here).redirect_chain == [(here, 302)]


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "javascript:alert(1)"])
def test_but_never_to_another_site(screens, job, elsewhere):
    own = reverse("admin:jobs_job_change", args=[job.pk])
    assert act(screens, job, "pause", next=elsewhere).redirect_chain == [(own, 302)]


def test_the_buttons_of_a_swapped_panel_lead_back_to_the_page_it_stands_on(screens, job):
    here = reverse("admin:books_book_overview", args=[job.book_id])
    current = {**HTMX, "hx-current-url": f"http://testserver{here}"}
    assert f'name="next" value="{here}"' in screens.get(panel(job), headers=current).content.decode()


def retry(client, job, **data):
    return client.post(reverse("admin:jobs_job_retry", args=[job.pk]), data, follow=True)


def test_a_failed_item_has_a_button_of_its_own(screens, job, said):
    assert 'name="ordinal" value="2"' in shown(screens, job)
    assert said(retry(screens, job, ordinal=2)) == ["1 to be tried again."]
    assert Item.objects.get(job=job, ordinal=2).state == ItemState.PENDING


def test_all_failed_items_are_tried_again(screens, job, said):
    assert said(retry(screens, job)) == ["1 to be tried again."]
    assert said(retry(screens, job)) == ["There was nothing left to try again."]


def test_one_item_of_a_job_that_is_over_is_refused(screens, job, said):
    Job.objects.filter(pk=job.pk).update(status=JobStatus.COMPLETED)
    assert "Resume it" in said(retry(screens, job, ordinal=2))[0]


def test_retry_refuses_nonsense(screens, job):
    assert retry(screens, job, ordinal="two").status_code == 400


# ---- jobs in the admin ----------------------------------------------------------------------------------------------


def test_the_page_of_a_job_shows_events_and_every_failure(screens, job):
    Event.objects.create(job=job, from_status="pending", to_status="running", actor="worker", reason="Began.")
    page = screens.get(reverse("admin:jobs_job_change", args=[job.pk])).content.decode()
    for said in ("pending → running", "Began.", "It is torn.", "Every item that failed"):
        assert said in page


def test_the_list_of_jobs_costs_the_same_for_3_and_60(screens):
    def grow(count: int) -> None:
        for _ in range(count):
            JobFactory(status=JobStatus.COMPLETED)

    url = reverse("admin:jobs_job_changelist")
    grow(3)
    few = queries_of(screens, url)
    grow(57)
    assert queries_of(screens, url) == few


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
