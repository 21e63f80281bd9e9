"""What the buttons of a job do, where they lead, and what is refused."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from books.models import OcrStatus
from books.ocr.start import start_reading
from jobs.models import Event, Item, Job
from jobs.progress import refresh_progress
from jobs.states import ItemState, JobStatus
from tests.admin.test_panel import HTMX, panel, shown
from tests.factories import ItemFactory, JobFactory, PageFactory


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
    sentences = said(act(screens, job, name, sure="yes"))
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
    assert "tried again" in said(retry(screens, job, ordinal=2))[0]
    assert Item.objects.get(job=job, ordinal=2).state == ItemState.PENDING


def test_all_failed_items_are_tried_again(screens, job, said):
    assert "tried again" in said(retry(screens, job))[0]
    assert said(retry(screens, job)) == ["There was nothing left to try again."]


def test_what_failed_in_a_job_that_is_over_is_tried_by_a_new_one(screens, book, said):
    page = PageFactory(book=book, ocr_status=OcrStatus.FAILED)
    job = JobFactory(book=book, status=JobStatus.COMPLETED)
    ItemFactory(job=job, key=str(page.pk), state=ItemState.FAILED)
    refresh_progress(job)
    assert 'id="job-retry"' in shown(screens, job)
    assert "What failed is tried again" in said(retry(screens, job))[0]
    newer = Job.objects.exclude(pk=job.pk).get()
    assert (newer.resumed_from, newer.items.get().key) == (job, str(page.pk))


@pytest.fixture
def troubled(book) -> Job:
    """Over, with three pages that failed."""
    for number in (1, 2, 3):
        PageFactory(book=book, number=number, ocr_status=OcrStatus.FAILED)
    job = start_reading(book)
    job.items.update(state=ItemState.FAILED, error_code="torn", error_message="It is torn.")
    job.status = JobStatus.COMPLETED
    job.save(update_fields=["status"])
    refresh_progress(job)
    return job


def test_a_selection_of_what_failed_is_tried_by_the_job_that_goes_on(screens, troubled, said):
    page = screens.get(reverse("admin:jobs_job_change", args=[troubled.pk])).content.decode()
    assert page.count('name="ordinal" value="2"') == 2
    assert 'id="job-retry-chosen"' in page
    own = reverse("admin:jobs_job_change", args=[troubled.pk])
    answer = retry(screens, troubled, chosen=1, ordinal=[1, 3], next=own)
    newer = Job.objects.get(resumed_from=troubled)
    assert answer.redirect_chain == [(reverse("admin:jobs_job_change", args=[newer.pk]), 302)]
    assert list(newer.items.order_by("ordinal").values_list("label", "state", "error_message")) == [
        ("1", ItemState.PENDING, ""),
        ("2", ItemState.FAILED, "It is torn."),
        ("3", ItemState.PENDING, ""),
    ]
    assert said(retry(screens, troubled, chosen=1)) == ["Choose at least one of what failed."]


def test_a_job_that_went_on_says_as_which_and_has_no_buttons_left(screens, troubled, said):
    for _ in range(2):
        retry(screens, troubled)
    newer = Job.objects.get(resumed_from=troubled)
    page = screens.get(reverse("admin:jobs_job_change", args=[troubled.pk])).content.decode()
    assert f'href="{reverse("admin:jobs_job_change", args=[newer.pk])}"' in page.split("Went on as")[1]
    assert not re.findall(r'id="job-(?:retry|pause|resume|restart|cancel)[\w-]*"', page)
    Job.objects.filter(pk=newer.pk).update(status=JobStatus.CANCELLED)
    assert said(act(screens, troubled, "resume")) == ["That was done already, by this job."]


@pytest.mark.parametrize("address", ["admin:jobs_job_changelist", "admin:books_book_changelist"])
def test_each_list_says_how_many_failed_and_offers_to_try_them_again(screens, troubled, address):
    page = screens.get(reverse(address)).content.decode()
    assert "completed, 3 failed" in page.lower()
    assert f'formaction="{reverse("admin:jobs_job_retry", args=[troubled.pk])}"' in page
    retry(screens, troubled)
    assert "formaction" not in screens.get(reverse(address)).content.decode()


def test_retry_refuses_nonsense(screens, job):
    assert retry(screens, job, ordinal="two").status_code == 400
