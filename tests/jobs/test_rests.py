"""Work that waits for something outside: looked at again in its time, without a worker held or an attempt spent."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from jobs import registry
from jobs.actions import resume, retry_items, start_job
from jobs.errors import JobAlreadyActive, JobError
from jobs.leases import claim
from jobs.models import Item, Job
from jobs.monitoring import exposition
from jobs.registry import Handler
from jobs.runner import run_slice
from jobs.states import ItemState, JobStatus, Load
from jobs.sweep import sweep
from jobs.views import job_view
from tests.jobs.rig import KIND, RigStage, pass_time

pytestmark = pytest.mark.django_db(transaction=True)
UNDER_WAY = "The provider works on this batch."


class UnderWay(JobError):
    code, retryable, counts_attempt = "under_way", True, False


def not_yet(seconds: float):
    def work(_item: Item):
        raise UnderWay(UNDER_WAY, retry_after=seconds)

    return work


@pytest.fixture
def job(rig, book, stage, woken) -> Job:
    """Its second item waits for an hour, the others are quick."""
    stage.load, stage.concurrency = Load.IO, 4
    stage.scripts["2"] = not_yet(3600)
    job = start_job(book.pk, KIND)
    woken.clear()
    run_slice(job.pk)
    job.refresh_from_db()
    return job


def test_a_job_with_nothing_due_rests_at_once_and_asks_for_no_slice(job, stage, woken):
    waiting = Item.objects.get(job=job, key="2")
    assert (waiting.state, waiting.attempts, waiting.error_code) == (ItemState.PENDING, 0, "under_way")
    assert (job.status, job.completed_items, job.wake_at, woken) == (JobStatus.RUNNING, 2, waiting.not_before, [])
    view = job_view(job)
    assert view.headline == f"Rigging: 2 of 3. {UNDER_WAY} Next look at {job.wake_at:%Y-%m-%d %H:%M} UTC."
    assert [(error.message, error.is_final) for error in view.errors] == [(UNDER_WAY, False)]
    assert b"oldest_heartbeat_age_seconds 0.0" in exposition()


def test_a_resting_job_is_not_dead_and_goes_on_when_its_time_has_come(job, stage, woken, monkeypatch):
    pass_time(monkeypatch, 3000)
    assert sum(sweep().values()) == 0
    pass_time(monkeypatch, 601)
    assert sweep()["woken"] == 1
    assert woken == [(str(job.pk), "io")]
    stage.scripts.clear()
    run_slice(job.pk)
    job.refresh_from_db()
    assert (job.status, job.completed_items, job.wake_at) == (JobStatus.COMPLETED, 3, None)
    assert stage.worked.count("2") == 2
    assert list(job.events.values_list("to_status", flat=True)) == ["pending", "running", "completed"]


def test_looking_again_and_again_costs_no_attempt(job, monkeypatch):
    for _ in range(10):
        pass_time(monkeypatch, 3601)
        assert sweep()["woken"] == 1
        run_slice(job.pk)
    assert Item.objects.get(job=job, key="2").attempts == 0


def test_the_wake_up_of_a_resting_job_may_be_lost(job, woken, monkeypatch):
    pass_time(monkeypatch, 3601)
    sweep()
    woken.clear()
    pass_time(monkeypatch, 121)
    assert sweep()["started"] == 1
    assert woken == [(str(job.pk), "io")]


def test_a_worker_that_dies_in_a_rest_that_ended_early_is_noticed(job, monkeypatch):
    """More work came, so the job works again; what holds for resting jobs must hold for it no longer."""
    Item.objects.filter(job=job, key="1").update(state=ItemState.FAILED)
    retry_items(job.pk)
    assert claim(job.pk, "first", "dies")[0].key == "1"
    Job.objects.filter(pk=job.pk).update(queued_at=job.queued_at)
    pass_time(monkeypatch, 121)
    assert sweep()["recovered"] == 1


def test_a_lane_rests_with_its_first_item(rig, book, stage, woken):
    stage.lane = "one"
    stage.scripts["1"] = not_yet(600)
    job = start_job(book.pk, KIND)
    woken.clear()
    run_slice(job.pk)
    assert (stage.worked, woken) == (["1"], [])
    assert Job.objects.get(pk=job.pk).wake_at is not None


def test_a_short_wait_is_sat_out(rig, book, stage):
    stage.scripts["3"] = lambda item: stage.scripts.clear() or not_yet(0.2)(item)
    job = start_job(book.pk, KIND)
    run_slice(job.pk)
    assert Job.objects.get(pk=job.pk).status == JobStatus.COMPLETED


# ---- jobs beside the others ------------------------------------------------------------------------------------------
@pytest.fixture
def deliveries(rig, monkeypatch) -> RigStage:
    """The stage of a kind of job that needs no book to itself."""
    stage = RigStage("deliver", keys=["hook"])
    monkeypatch.setitem(registry._handlers, "deliver", Handler("deliver", "Delivering", (stage,), is_exclusive=False))
    return stage


def test_jobs_that_are_not_exclusive_run_beside_any_other(deliveries, book, stage):
    first, second = (start_job(book.pk, "deliver") for _ in range(2))
    held = start_job(book.pk, KIND)
    assert start_job(book.pk, "deliver").is_active
    with pytest.raises(JobAlreadyActive) as refusal:
        start_job(book.pk, KIND)
    assert refusal.value.job_id == str(held.pk)
    assert list(Job.objects.holding()) == [held]
    for job in (first, held, second):
        run_slice(job.pk)
        job.refresh_from_db()
        assert job.status == JobStatus.COMPLETED


def test_the_database_too_tells_the_two_apart(deliveries, book):
    Job.objects.create(book=book, kind="deliver", is_exclusive=False)
    Job.objects.create(book=book, kind="deliver", is_exclusive=False)
    Job.objects.create(book=book, kind=KIND)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(book=book, kind=KIND)


def test_a_failed_delivery_is_resumed_though_a_newer_one_was_made(deliveries, book):
    older, _newer = (start_job(book.pk, "deliver") for _ in range(2))
    Job.objects.filter(pk=older.pk).update(status=JobStatus.FAILED, error_message="No answer.")
    assert resume(older.pk).resumed_from == older
