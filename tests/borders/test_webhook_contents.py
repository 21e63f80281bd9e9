"""A publish that another system is told of, beside whatever else is done with the book, and what is shown of it."""

from __future__ import annotations

import json

import pytest
from django.urls import reverse

from books.models import Contents, ReviewStatus, Subtopic
from books.publishing import post
from jobs.models import Item, Job
from jobs.runner import run_slice
from jobs.states import ItemState, JobStatus
from tests.factories import ItemFactory, JobFactory, ReadPageFactory, SubtopicFactory, TopicFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def book(db):
    page = ReadPageFactory(reading__text="Chapter 1 Rivers\nWater runs down.")
    topic = TopicFactory(book=page.book, sequence=1)
    for place in (1, 2):
        SubtopicFactory(topic=topic, sequence=place, status=ReviewStatus.APPROVED)
    return page.book


def publish(screens, book, **scope):
    screens.post(reverse("admin:books_book_publish_now", args=[book.pk]), scope)


def try_now() -> Job:
    """One try of the newest delivery, as if its time had come."""
    job = Job.objects.filter(kind="webhook").latest("created_at")
    Item.objects.filter(job=job).update(not_before=None)
    Job.objects.filter(pk=job.pk).update(wake_at=None)
    run_slice(job.pk, seconds=0.3)
    job.refresh_from_db()
    return job


def listed(screens) -> str:
    return screens.get(reverse("admin:books_webhookdelivery_changelist")).content.decode()


def test_the_table_of_contents_is_changed_while_a_webhook_is_tried_again(screens, book, endpoint, receiver):
    """ "A job of this book is active", said the contents for an hour, of a delivery that has no part in them."""
    receiver.answers = [500]
    publish(screens, book)
    assert try_now().status == JobStatus.RUNNING
    page = screens.get(reverse("admin:books_book_contents", args=[book.pk])).content.decode()
    assert "is active" not in page
    for act in ("keep", "confirm"):
        screens.post(
            reverse("admin:books_book_contents_save", args=[book.pk]), {"text": "1 Rivers ..... 1", "act": act}
        )
        assert Contents.objects.get(book=book).status == {"keep": "drafted", "confirm": "confirmed"}[act]


def test_a_job_that_holds_the_book_is_said_where_the_contents_would_be_changed(screens, book):
    JobFactory(book=book, status=JobStatus.PAUSED)
    page = screens.get(reverse("admin:books_book_contents", args=[book.pk])).content.decode()
    assert "is active" in page
    screens.post(reverse("admin:books_book_contents_save", args=[book.pk]), {"text": "1 Rivers ..... 1", "act": "keep"})
    assert not Contents.objects.exists()


def test_jobs_of_another_kind_do_not_hide_what_a_job_failed_at(screens, book):
    """Behind twenty deliveries of webhooks a guideline that a job had failed at counted as finished and went out."""
    row = Subtopic.objects.first()
    writing = JobFactory(book=book, kind="extraction", status=JobStatus.COMPLETED, stage="write")
    ItemFactory(job=writing, stage="write", key=str(row.pk), state=ItemState.FAILED)
    for _ in range(30):
        JobFactory(book=book, kind="webhook", status=JobStatus.COMPLETED, stage="deliver", is_exclusive=False)
    plan = screens.get(reverse("admin:books_book_publish", args=[book.pk])).context["plan"]
    assert [each.title for each in plan.left_out] == [row.title]


def test_a_delivery_tells_the_truth_after_each_try(screens, book, endpoint, receiver):
    """It read "waiting, 0 attempts, no error" while its job had tried three times."""
    receiver.answers = [500, 503]
    publish(screens, book)
    for tries, status in enumerate(receiver.answers[:], start=1):
        try_now()
        page = listed(screens)
        assert f'<td class="field-tries">{tries}</td>' in page
        assert f"It answered {status}." in page
        assert "Waiting" in page
    try_now()
    page = listed(screens)
    assert '<td class="field-tries">3</td>' in page
    assert "Delivered</span>" in page
    assert "It answered 204." in page


def test_a_delivery_whose_job_was_cancelled_does_not_say_that_it_waits(screens, book, endpoint, receiver):
    """Nothing would ever send it, and it read "waiting" for ever."""
    receiver.answers = [500]
    publish(screens, book)
    screens.post(f"/api/jobs/{try_now().pk}/cancel")
    page = listed(screens)
    assert "Waiting</span>" not in page
    assert "Stopped</span>" in page


def test_a_receiver_that_drips_its_answer_holds_a_delivery_no_longer_than_one_deadline(
    screens, book, endpoint, receiver, monkeypatch
):
    """Each wait for a letter had a time limit and the whole exchange had none."""
    monkeypatch.setattr(post, "DEADLINE", 0.5)
    receiver.drips = True
    publish(screens, book)
    try_now()
    assert "It gave no answer within 0.5 seconds." in listed(screens)


@pytest.mark.parametrize(("answer", "sentence"), [(204, "It answered 204"), (500, "It answered 500.")])
def test_an_endpoint_is_sent_a_test_and_says_what_came_of_it(screens, endpoint, receiver, answer, sentence):
    """Whether an address works was known only once something was published."""
    receiver.answers = [answer]
    assert (
        "Send a test" in screens.get(reverse("admin:books_webhookendpoint_change", args=[endpoint.pk])).content.decode()
    )
    shown = screens.post(reverse("admin:books_webhookendpoint_test", args=[endpoint.pk]), follow=True)
    assert sentence in shown.content.decode()
    ((headers, body),) = receiver.heard
    assert json.loads(body)["type"] == "webhook.test"
    assert headers["webhook-signature"].startswith("v1,")


def test_what_is_sent_again_forgets_what_was_answered_before(screens, book, endpoint, receiver):
    """The status of the earlier answer stood beside "waiting"."""
    publish(screens, book)
    try_now()
    pk = endpoint.deliveries.get().pk
    chosen = {"action": "send_again", "_selected_action": [pk]}
    screens.post(reverse("admin:books_webhookdelivery_changelist"), chosen)
    assert (endpoint.deliveries.get().state, endpoint.deliveries.get().status_code) == ("waiting", None)
