"""An item's effect and its state change happen together or not at all."""

from __future__ import annotations

import pytest

from jobs.actions import cancel, pause, resume, start_job
from jobs.errors import JobError, LeaseLost
from jobs.leases import claim
from jobs.models import Item, Job
from jobs.outcomes import fail, finish
from jobs.states import MAX_ATTEMPTS, ItemState, JobStatus
from tests.jobs.rig import KIND, pass_time, states


class Passing(JobError):
    code = "passing"
    retryable = True


class Final(JobError):
    code = "final"


@pytest.fixture
def job(rig, book) -> Job:
    made = start_job(book.pk, KIND)
    Job.objects.filter(pk=made.pk).update(status=JobStatus.RUNNING)
    made.refresh_from_db()
    return made


def one(job) -> Item:
    return claim(job.pk, "first", "runner")[0]


def test_a_finished_item_counts_at_once(job, stage):
    finish(one(job), stage, "text")
    job.refresh_from_db()
    assert (job.total_items, job.completed_items, job.failed_items, job.last_completed_item) == (3, 1, 0, 1)


def test_a_save_that_raises_leaves_the_item_leased_and_nothing_counted(job, stage):
    item = one(job)
    with pytest.raises(ValueError, match="disk"):
        finish(item, stage, ValueError("disk"))
    assert states(job) == [ItemState.LEASED, ItemState.PENDING, ItemState.PENDING]
    job.refresh_from_db()
    assert job.completed_items == 0


def test_the_last_completed_item_never_passes_a_gap(job, stage):
    first, second = one(job), one(job)
    finish(second, stage, "two")
    job.refresh_from_db()
    assert (job.completed_items, job.last_completed_item) == (1, 0)
    finish(first, stage, "one")
    job.refresh_from_db()
    assert job.last_completed_item == 2


def test_backoff_doubles_and_the_fifth_failure_is_the_last(job, stage, monkeypatch):
    from jobs import clock

    for attempt, base in enumerate((2, 4, 8, 16), start=1):
        item = one(job)
        assert item.attempts == attempt
        fail(item, stage, Passing("Try again."))
        delay = (Item.objects.get(pk=item.pk).not_before - clock.now()).total_seconds()
        assert 0.8 * base - 0.5 <= delay <= 1.2 * base
        pass_time(monkeypatch, 20)
    item = one(job)
    assert item.attempts == MAX_ATTEMPTS
    fail(item, stage, Passing("Try again."))
    assert Item.objects.get(pk=item.pk).state == ItemState.FAILED
    assert stage.failures == [("1", "Try again.")]


def test_a_terminal_error_fails_the_item_at_once_and_says_so(job, stage):
    fail(one(job), stage, Final("This page is unreadable."))
    job.refresh_from_db()
    assert states(job)[0] == ItemState.FAILED
    assert job.progress_detail["page_errors"] == {
        "1": {"error": "This page is unreadable.", "error_type": "final", "attempts": 1}
    }


def test_an_unexpected_error_shows_no_internals(job, stage):
    item = one(job)
    fail(item, stage, KeyError("secret detail"))
    stored = Item.objects.get(pk=item.pk)
    assert stored.error_code == "unexpected_error"
    assert "secret" not in stored.error_message
    assert stored.state == ItemState.PENDING


def test_a_provider_that_names_a_time_is_obeyed(job, stage):
    from jobs import clock

    item = one(job)
    fail(item, stage, Passing("Slow down.", retry_after=120))
    assert (Item.objects.get(pk=item.pk).not_before - clock.now()).total_seconds() > 115


def test_what_is_in_hand_is_kept_in_a_pause_and_thrown_away_after_a_cancel(job, stage):
    first, second = one(job), one(job)
    pause(job.pk)
    finish(first, stage, "kept")
    cancel(job.pk)
    with pytest.raises(LeaseLost):
        finish(second, stage, "too late")
    assert [key for key, _ in stage.saved] == ["1"]


def test_an_error_is_forgotten_once_the_item_succeeds(job, stage, monkeypatch):
    item = one(job)
    fail(item, stage, Passing("Try again."))
    pass_time(monkeypatch, 5)
    finish(one(job), stage, "at last")
    job.refresh_from_db()
    assert job.progress_detail["page_errors"] == {}


class NoMoney(JobError):
    code = "no_money"
    retryable = True
    counts_attempt = False
    pauses_job = True


def test_an_error_that_no_item_can_help_pauses_the_job_with_its_sentence_and_costs_no_item(job, stage):
    first, second = one(job), one(job)
    fail(first, stage, NoMoney("The cap is reached."))
    fail(second, stage, NoMoney("The cap is reached."))
    job.refresh_from_db()
    assert (job.status, job.failed_items, stage.failures) == (JobStatus.PAUSED, 0, [])
    assert job.wake_at is None
    assert [event.reason for event in job.events.filter(to_status=JobStatus.PAUSED)] == ["The cap is reached."]
    assert set(Item.objects.filter(job=job).values_list("state", "attempts")) == {(ItemState.PENDING, 0)}
    assert resume(job.pk).status == JobStatus.PENDING
