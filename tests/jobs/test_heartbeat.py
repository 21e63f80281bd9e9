"""A runner's sign of life, and what a runner without one does."""

from __future__ import annotations

import threading
import time

import pytest
from django.db import OperationalError, connection

from jobs import heartbeat, runner
from jobs.actions import cancel, start_job
from jobs.heartbeat import Heartbeat
from jobs.leases import claim
from jobs.models import Item, Job
from jobs.runner import _open, run_slice
from jobs.states import ItemState, JobStatus
from tests.flow.real_cluster import until
from tests.jobs.rig import KIND, states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def job(rig, book, stage, settings, monkeypatch) -> Job:
    settings.JOB_HEARTBEAT_SECONDS, settings.JOB_LEASE_SECONDS = 0.05, 20
    monkeypatch.setattr(runner, "IDLE_SECONDS", 0.01)
    stage.keys = [str(number) for number in range(20)]
    return start_job(book.pk, KIND)


def test_it_beats_in_a_thread_and_connection_of_its_own_and_keeps_the_leases(job, monkeypatch):
    _open(job.pk)
    (item,) = claim(job.pk, "first", "me")
    before = Job.objects.get(pk=job.pk).heartbeat_at
    seen: set[tuple[int, int]] = set()
    beats = heartbeat.beat

    def noted(*args) -> bool:
        seen.add((threading.get_ident(), id(connection.connection)))
        return beats(*args)

    monkeypatch.setattr(heartbeat, "beat", noted)
    with Heartbeat(job.pk, "me") as beating:
        until(lambda: Job.objects.get(pk=job.pk).heartbeat_at > before, "a beat")
        until(lambda: Item.objects.get(pk=item.pk).lease_expires_at > item.lease_expires_at, "a longer lease")
        assert not beating.lost
    assert len({thread for thread, _ in seen}) == 1
    assert not {threading.get_ident(), id(connection.connection)} & {each for pair in seen for each in pair}


def test_a_runner_that_cannot_beat_stops_before_its_lease_ends_and_gives_back_what_it_holds(
    job, stage, settings, monkeypatch
):
    settings.JOB_LEASE_SECONDS = 0.6

    def away(*_args) -> bool:
        raise OperationalError("The server closed the connection unexpectedly.")

    monkeypatch.setattr(heartbeat, "beat", away)
    ends: list[float] = []
    stage.scripts = dict.fromkeys(stage.keys, lambda _item: time.sleep(0.1) or ends.append(time.monotonic()))
    run_slice(job.pk, seconds=30)
    assert 0 < len(ends) < 20
    assert set(states(job)) == {ItemState.DONE, ItemState.PENDING}
    assert Job.objects.get(pk=job.pk).status == JobStatus.RUNNING


def test_a_beat_that_fails_once_ends_nothing(job, stage, monkeypatch):
    failures = iter([OperationalError("Busy.")])
    beats = heartbeat.beat

    def fails_once(*args) -> bool:
        for error in failures:
            raise error
        return beats(*args)

    monkeypatch.setattr(heartbeat, "beat", fails_once)
    stage.scripts = dict.fromkeys(stage.keys[:5], lambda _item: time.sleep(0.1))
    run_slice(job.pk, seconds=30)
    job.refresh_from_db()
    assert (job.status, job.completed_items) == (JobStatus.COMPLETED, 20)


def test_the_next_beat_tells_a_runner_that_its_job_was_cancelled(job):
    _open(job.pk)
    with Heartbeat(job.pk, "me") as beating:
        cancel(job.pk)
        until(lambda: beating.lost, "the runner knows")
