"""What the buttons of a job do, where they lead, and what is refused."""

from __future__ import annotations

import pytest
from django.urls import reverse

from books.models import OcrStatus
from jobs.constants import ItemState, JobStatus
from jobs.models import Event, Item, Job
from jobs.progress import refresh_progress
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


def test_what_failed_in_a_job_that_is_over_is_tried_by_a_new_one(screens, book, said):
    page = PageFactory(book=book, ocr_status=OcrStatus.FAILED)
    job = JobFactory(book=book, status=JobStatus.COMPLETED)
    ItemFactory(job=job, key=str(page.pk), state=ItemState.FAILED)
    refresh_progress(job)
    assert 'id="job-retry"' in shown(screens, job)
    assert "What failed is tried again" in said(retry(screens, job))[0]
    newer = Job.objects.exclude(pk=job.pk).get()
    assert (newer.resumed_from, newer.items.get().key) == (job, str(page.pk))


def test_one_item_of_a_job_that_is_over_is_refused(screens, job, said):
    Job.objects.filter(pk=job.pk).update(status=JobStatus.COMPLETED)
    assert "Resume it" in said(retry(screens, job, ordinal=2))[0]


def test_retry_refuses_nonsense(screens, job):
    assert retry(screens, job, ordinal="two").status_code == 400
