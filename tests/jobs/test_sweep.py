"""Recovery without a hand."""

from __future__ import annotations

import pytest

from jobs import clock
from jobs import sweep as sweeping
from jobs.actions import start_job
from jobs.heartbeat import beat
from jobs.leases import claim
from jobs.models import Cluster, Item, Job, SweepRun
from jobs.outcomes import finish
from jobs.runner import run_slice
from jobs.states import LONGEST_RECOVERY_PAUSE_SECONDS, RECOVERIES_AT_ONCE, ItemState, JobStatus
from jobs.sweep import sweep, sweep_in_turn, turn_seconds
from jobs.views import job_view
from tests.jobs.rig import KIND, new_book, pass_time, states

pytestmark = pytest.mark.django_db(transaction=True)


def running(book) -> Job:
    job = start_job(book.pk, KIND)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING, heartbeat_at=clock.now())
    job.refresh_from_db()
    return job


def test_a_silent_job_is_set_going_again_with_its_leases_freed(rig, book, woken, monkeypatch):
    job = running(book)
    claim(job.pk, "first", "dead", limit=2)
    woken.clear()
    pass_time(monkeypatch, 121)
    assert sweep()["recovered"] == 1
    job.refresh_from_db()
    assert (job.status, job.attempt) == (JobStatus.PENDING, 1)
    assert states(job) == [ItemState.PENDING] * 3
    assert list(job.events.values_list("to_status", flat=True)) == ["pending", "stale", "pending"]
    assert set(woken) == {(str(job.pk), "cpu")}


def test_a_job_that_beats_is_left_alone(rig, book, monkeypatch):
    job = running(book)
    pass_time(monkeypatch, 121)
    beat(job.pk, "alive")
    assert sweep()["recovered"] == 0


def test_a_late_beat_wins_over_a_sweep_that_saw_none(rig, book, monkeypatch):
    job = running(book)
    pass_time(monkeypatch, 121)
    (seen,) = sweeping._silent_jobs()
    beat(job.pk, "late but alive")
    assert sweeping._recover(seen) is False
    job.refresh_from_db()
    assert job.status == JobStatus.RUNNING


def test_a_missing_heartbeat_counts_from_the_start(rig, book, monkeypatch):
    job = running(book)
    Job.objects.filter(pk=job.pk).update(heartbeat_at=None, queued_at=None, started_at=job.created_at)
    pass_time(monkeypatch, 100)
    assert sweep()["recovered"] == 0
    pass_time(monkeypatch, 21)
    assert sweep()["recovered"] == 1


def test_a_job_whose_workers_die_waits_longer_each_time_tells_why_and_goes_on(rig, book, woken, monkeypatch):
    """Three recoveries without progress failed the job, and a person had to resume it."""
    job = running(book)
    pauses = []
    for _ in range(RECOVERIES_AT_ONCE + 7):
        Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING, wake_at=None, heartbeat_at=clock.now())
        pass_time(monkeypatch, 121)
        assert sweep()["recovered"] == 1
        job.refresh_from_db()
        pauses.append((job.wake_at - clock.now()).total_seconds() if job.status == JobStatus.PAUSED else 0)
    assert pauses == [0, 0, 30, 60, 120, 240, 480, LONGEST_RECOVERY_PAUSE_SECONDS, LONGEST_RECOVERY_PAUSE_SECONDS]
    reason = job_view(job).headline
    assert f"Its workers were lost {len(pauses)} times in a row" in reason
    assert f"Next try at {job.wake_at:%H:%M:%S} UTC" in reason
    pass_time(monkeypatch, LONGEST_RECOVERY_PAUSE_SECONDS + 1)
    woken.clear()
    assert sweep()["woken"] == 1
    run_slice(job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempt) == (JobStatus.COMPLETED, 0)


def test_an_item_that_finishes_clears_the_count_of_recoveries(rig, book, stage):
    job = running(book)
    Job.objects.filter(pk=job.pk).update(attempt=2)
    finish(claim(job.pk, "first", "a")[0], stage, "done")
    job.refresh_from_db()
    assert job.attempt == 0


def test_a_pending_job_that_nothing_started_is_enqueued_again(rig, book, woken, monkeypatch):
    job = start_job(book.pk, KIND)
    woken.clear()
    assert sweep()["started"] == 0
    pass_time(monkeypatch, 121)
    assert sweep()["started"] == 1
    assert (str(job.pk), "cpu") in woken


def test_a_job_that_waits_for_its_next_slice_is_not_dead_but_called_again(rig, book, woken, monkeypatch):
    """Many books share few workers: minutes may pass between two slices of one job."""
    job = start_job(book.pk, KIND)
    run_slice(job.pk, seconds=0)
    woken.clear()
    for _ in range(5):
        pass_time(monkeypatch, 121)
        assert sweep() == {"recovered": 0, "requeued": 0, "woken": 0, "started": 1}
    job.refresh_from_db()
    assert (job.status, job.attempt) == (JobStatus.RUNNING, 0)


def test_a_pause_ends_at_its_time(rig, book, monkeypatch):
    job = running(book)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.PAUSED, wake_at=clock.now())
    pass_time(monkeypatch, 1)
    assert sweep()["woken"] == 1
    job.refresh_from_db()
    assert (job.status, job.wake_at) == (JobStatus.PENDING, None)


def test_an_error_with_one_job_leaves_no_other_unhelped(rig, book, monkeypatch):
    jobs = [running(book), running(new_book()), running(new_book())]
    pass_time(monkeypatch, 121)
    Job.objects.filter(pk=jobs[1].pk).update(kind="unknown")
    assert sweep()["recovered"] == 2
    statuses = [Job.objects.get(pk=job.pk).status for job in jobs]
    assert statuses.count(JobStatus.PENDING) == 2


def test_at_most_a_hundred_jobs_a_pass(rig, monkeypatch, db):
    for _ in range(103):
        running(new_book())
    pass_time(monkeypatch, 121)
    assert sweep()["recovered"] == 100
    assert sweep()["recovered"] == 3


@pytest.mark.parametrize("detail", [None, [], "text", {"page_errors": [1]}, {"stats": 7}])
def test_malformed_rows_are_swept_like_any_other(rig, book, monkeypatch, detail):
    job = running(book)
    Job.objects.filter(pk=job.pk).update(
        progress_detail=detail, total_items=None, completed_items=None, failed_items=None, last_completed_item=None
    )
    pass_time(monkeypatch, 121)
    assert sweep()["recovered"] == 1
    job.refresh_from_db()
    assert (job.status, job.total_items) == (JobStatus.PENDING, 3)


def test_a_stale_job_left_by_a_dying_sweep_goes_on(rig, book):
    job = running(book)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.STALE)
    assert sweep()["requeued"] == 1


def test_one_sweep_at_a_time_whoever_begins_it(rig, db, monkeypatch):
    """Every supervisor sweeps, and the queue's schedule, and people by hand."""
    assert sweep_in_turn() is not None
    assert sweep_in_turn() is not None, "by hand, as often as one likes"
    assert sweep_in_turn(turn_seconds()) is None, "this minute's was"
    pass_time(monkeypatch, 50)
    assert sweep_in_turn(turn_seconds()) is not None
    pass_time(monkeypatch, 1)
    SweepRun.objects.update(begun_at=clock.now())
    assert sweep_in_turn() is None, "one is under way"
    pass_time(monkeypatch, 120)
    assert sweep_in_turn() is not None, "it died"


def test_clusters_of_machines_that_are_gone_are_forgotten(rig, db, monkeypatch):
    Cluster.objects.create(pool="cpu", host="old", pid=1)
    pass_time(monkeypatch, 90_000)
    sweep()
    assert not Cluster.objects.exists()
    assert Item.objects.count() == 0
