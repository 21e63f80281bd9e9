"""Where a job that was cancelled meets the spending cap of the next one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from benchmarks.ready_book import approved_book
from books.ledger.spending import spent
from books.models import Book, ModelPrice, Reservation
from jobs import clock
from jobs.heartbeat import beat
from jobs.leases import claim
from jobs.models import Event, Item, Job
from jobs.runner import _open, run_slice, run_to_end
from jobs.states import JobStatus
from tests.jobs.rig import pass_time

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("asked", "woken")]
CAP = 30


@pytest.fixture
def book() -> Book:
    ModelPrice.objects.create(model="gpt-5-mini", input=1, cached_input=Decimal("0.1"), output=2)
    return approved_book("A book", 6, is_clean=False)


def generate(client, book: Book) -> Job:
    answer = client.post(
        f"/api/books/{book.pk}/guidelines/generate", {"spending_cap": str(CAP)}, content_type="application/json"
    )
    assert answer.status_code == 202, answer.content
    return Job.objects.get(pk=answer.json()["job_id"])


def calls_that_may_cost_all(client, book: Book, job: Job, runner: str) -> Item:
    """What a worker has in hand that asks a model and is never heard of again: here of a cap on the whole book."""
    Book.objects.filter(pk=book.pk).update(spending_cap=CAP)
    _open(job.pk)
    (item,) = claim(job.pk, "digest", runner)
    Reservation.objects.create(item=item, book=book, lease_token=item.lease_token, amount=CAP)
    assert client.post(f"/api/jobs/{job.pk}/cancel").status_code == 200
    return item


def test_what_a_dead_worker_of_a_cancelled_job_reserved_is_free_when_its_lease_ends(admin_client, book, monkeypatch):
    """The items of a cancelled job stay leased: with $30 allowed and $0 spent the next job said "Calls in flight may
    spend what this book has left" every second, without end."""
    calls_that_may_cost_all(admin_client, book, generate(admin_client, book), "a worker that died")
    job = generate(admin_client, book)
    run_slice(job.pk, seconds=2)
    assert spent() == 0
    assert "Calls in flight may spend" in Item.objects.filter(job=job).order_by("ordinal")[0].error_message
    pass_time(monkeypatch, 91)
    job = run_to_end(job.pk)
    assert (job.status, job.failed_items) == (JobStatus.COMPLETED, 0), Event.objects.filter(job=job).last().reason
    assert 0 < spent() < CAP


def test_what_a_living_worker_reserved_holds_the_cap_until_its_calls_are_over(admin_client, book, monkeypatch):
    """It learns of the end of its job only after the call, which costs what it costs."""
    cancelled = generate(admin_client, book)
    item = calls_that_may_cost_all(admin_client, book, cancelled, "a worker that lives")
    for _ in range(3):
        pass_time(monkeypatch, 60)
        beat(cancelled.pk, "a worker that lives")
    item.refresh_from_db()
    assert item.lease_expires_at > clock.now()
    job = generate(admin_client, book)
    run_slice(job.pk, seconds=2)
    assert spent() == 0
