"""Leases: who may work on an item, and for how long."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs import clock
from jobs.actions import start_job
from jobs.errors import LeaseLost
from jobs.leases import claim, extend_leases, next_due_in, release
from jobs.models import Item, Job
from jobs.outcomes import fail, finish
from jobs.states import DEATHS_IN_COMPANY, MAX_CRASHES, ItemState, JobStatus
from tests.jobs.rig import KIND, pass_time, states


@pytest.fixture
def job(rig, book) -> Job:
    made = start_job(book.pk, KIND)
    Job.objects.filter(pk=made.pk).update(status=JobStatus.RUNNING)
    made.refresh_from_db()
    return made


def test_claims_go_by_ordinal_and_never_twice(job):
    first = claim(job.pk, "first", "a", limit=2)
    second = claim(job.pk, "first", "b", limit=2)
    assert [item.key for item in first + second] == ["1", "2", "3"]
    assert claim(job.pk, "first", "c") == []
    assert {item.lease_token for item in first + second} == {1}


def test_nothing_is_claimed_unless_the_job_runs_in_that_stage(job):
    assert claim(job.pk, "second", "a") == []
    Job.objects.filter(pk=job.pk).update(status=JobStatus.PAUSED)
    assert claim(job.pk, "first", "a") == []


def test_attempts_are_counted_at_the_claim(job):
    assert claim(job.pk, "first", "a")[0].attempts == 1
    assert Item.objects.get(job=job, key="1").attempts == 1


def test_an_expired_lease_is_claimed_by_another_and_the_first_result_is_refused(job, stage, monkeypatch):
    (late,) = claim(job.pk, "first", "zombie")
    pass_time(monkeypatch, 91)
    (item,) = claim(job.pk, "first", "heir")
    assert item.key == late.key
    assert item.lease_token > late.lease_token
    with pytest.raises(LeaseLost):
        finish(late, stage, "late")
    with pytest.raises(LeaseLost):
        fail(late, stage, RuntimeError())
    finish(item, stage, "in time")
    assert stage.saved == [("1", "in time")]


def test_a_beat_keeps_the_lease(job, monkeypatch):
    claim(job.pk, "first", "a", limit=3)
    pass_time(monkeypatch, 60)
    extend_leases(job, "a")
    pass_time(monkeypatch, 60)
    assert claim(job.pk, "first", "b") == []


def lies_dead(job: Job, monkeypatch, limit: int = 1) -> list[str]:
    """A worker claims and dies; what it had in hand."""
    taken = [item.key for item in claim(job.pk, "first", "dies", limit=limit)]
    pass_time(monkeypatch, 91)
    return taken


def suspects(job: Job, *keys: str) -> None:
    """These have met as many deaths as may be an accident."""
    Item.objects.filter(job=job, key__in=keys).update(crashes=DEATHS_IN_COMPANY)


def test_the_deaths_that_an_item_meets_alone_quarantine_it_and_the_rest_goes_on(job, stage, monkeypatch):
    suspects(job, "1")
    for key in ("2", "3"):
        finish(claim(job.pk, "first", "heir")[0], stage, key)
    for _ in range(MAX_CRASHES - DEATHS_IN_COMPANY):
        assert lies_dead(job, monkeypatch, limit=3) == ["1"]
    assert claim(job.pk, "first", "heir") == []
    assert states(job) == [ItemState.FAILED, ItemState.DONE, ItemState.DONE]
    assert stage.failures[0][0] == "1"
    job.refresh_from_db()
    assert job.progress_detail["page_errors"]["1"]["error_type"] == "worker_died"


def test_deaths_in_company_are_no_items_guilt(job, stage, monkeypatch):
    """Each of them costs no attempt, and after each the items are worked together again."""
    for _ in range(DEATHS_IN_COMPANY):
        assert lies_dead(job, monkeypatch, limit=3) == ["1", "2", "3"]
    (item,) = claim(job.pk, "first", "heir", limit=3)
    assert (item.key, item.attempts) == ("1", 1)
    assert not Item.objects.filter(job=job, state=ItemState.FAILED).exists()


def test_every_expired_lease_counts_as_a_crash(job, stage, monkeypatch):
    """Also the ones behind the item that is claimed."""
    for _ in range(2):
        lies_dead(job, monkeypatch, limit=2)
    assert claim(job.pk, "first", "heir")[0].key == "3"
    pass_time(monkeypatch, 91)
    claim(job.pk, "first", "heir")
    assert list(Item.objects.filter(job=job).order_by("ordinal").values_list("crashes", flat=True)) == [2, 2, 1]


def test_what_dead_workers_had_in_hand_is_worked_alone_and_last(job, stage, monkeypatch):
    """Two items in the hands of two threads, one of which kills the process: the next death tells which."""
    suspects(job, "1", "2")
    (plain,) = claim(job.pk, "first", "heir", limit=3)
    assert plain.key == "3"
    assert claim(job.pk, "first", "idle", limit=3) == []
    finish(plain, stage, "innocent")
    (suspect,) = claim(job.pk, "first", "heir", limit=3)
    assert suspect.key == "1"
    assert claim(job.pk, "first", "idle", limit=3) == []
    finish(suspect, stage, "innocent")
    assert [item.key for item in claim(job.pk, "first", "idle", limit=3)] == ["2"]


def test_nothing_is_claimed_beside_a_suspect(job, stage, monkeypatch):
    """Not even what comes due meanwhile: it would die with it."""
    suspects(job, "1")
    Item.objects.filter(job=job).exclude(key="1").update(not_before=clock.now() + timedelta(seconds=5))
    (suspect,) = claim(job.pk, "first", "heir")
    pass_time(monkeypatch, 6)
    assert claim(job.pk, "first", "idle") == []
    finish(suspect, stage, "innocent")
    assert [item.key for item in claim(job.pk, "first", "idle", limit=3)] == ["2", "3"]


@pytest.mark.parametrize(
    "kept", [{"crashes": DEATHS_IN_COMPANY}, {"lane": "one"}, {"not_before": clock.now() + timedelta(days=1)}]
)
def test_a_finished_item_hands_on_none_that_is_a_suspect_in_a_lane_or_not_due(job, stage, kept):
    (item,) = claim(job.pk, "first", "a")
    Item.objects.filter(job=job, key="2").update(**kept)
    following = finish(item, stage, "done", go_on_as="a")
    assert (following.key, following.attempts, following.lease_token, following.leased_by) == ("3", 1, 1, "a")
    assert finish(following, stage, "done", go_on_as="a") is None


def test_giving_back_returns_the_attempt_and_ends_the_lease(job, stage):
    (item,) = claim(job.pk, "first", "a")
    assert release(job.pk, "a") == 1
    held = Item.objects.get(pk=item.pk)
    assert (held.state, held.attempts, held.lease_expires_at) == (ItemState.PENDING, 0, None)
    with pytest.raises(LeaseLost):
        finish(item, stage, "after all")


def test_a_lane_is_worked_in_order(rig, stage, book):
    stage.lane = "one"
    job = start_job(book.pk, KIND)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING)
    (item,) = claim(job.pk, "first", "a", limit=3)
    assert claim(job.pk, "first", "b") == []
    finish(item, stage, "done")
    assert claim(job.pk, "first", "b")[0].key == "2"


def test_a_delayed_item_waits_for_its_time(job, stage, monkeypatch):
    (item,) = claim(job.pk, "first", "a")
    fail(item, stage, RuntimeError("passing"))
    assert next_due_in(job, "first") == 0
    assert [each.key for each in claim(job.pk, "first", "a", limit=3)] == ["2", "3"]
    assert 1 < next_due_in(job, "first") < 3
    pass_time(monkeypatch, 3)
    assert claim(job.pk, "first", "a")[0].key == "1"
