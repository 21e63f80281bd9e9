"""A job from start to end in this process."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from jobs import actions, runner
from jobs.actions import pause, restart, resume, retry_items, start_job
from jobs.errors import JobError, NothingToDo
from jobs.models import Item, Job
from jobs.runner import run_slice, run_to_end
from jobs.states import ItemState, JobStatus, Load
from tests.jobs.rig import KIND, RigStage, raises, states

pytestmark = pytest.mark.django_db(transaction=True)


class Unreadable(JobError):
    code = "unreadable"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(runner, "IDLE_SECONDS", 0.01)


def test_every_item_of_every_stage_is_worked_and_saved_once(rig, book):
    first, second = RigStage("first"), RigStage("second", keys=["a", "b"], load=Load.IO, concurrency=4)
    rig(first, second)
    job = run_to_end(start_job(book.pk, KIND).pk)
    assert job.status == JobStatus.COMPLETED
    assert [key for key, _ in first.saved] == ["1", "2", "3"]
    assert sorted(key for key, _ in second.saved) == ["a", "b"]
    assert (job.total_items, job.completed_items, job.failed_items) == (5, 5, 0)
    assert list(job.events.values_list("to_status", flat=True)) == ["pending", "running", "completed"]


def test_a_failed_item_fails_nothing_else(rig, book, stage):
    stage.scripts["2"] = raises(Unreadable("This page is unreadable."))
    job = run_to_end(start_job(book.pk, KIND).pk)
    assert job.status == JobStatus.COMPLETED
    assert (job.completed_items, job.failed_items, job.last_completed_item) == (2, 1, 1)
    assert job.events.last().reason == "Completed, 1 failed."
    assert stage.failures == [("2", "This page is unreadable.")]


def test_a_required_stage_stops_the_job_and_names_the_item(rig, book):
    first, second = RigStage("first", required=True), RigStage("second")
    first.scripts["2"] = raises(Unreadable("This page is unreadable."))
    rig(first, second)
    job = run_to_end(start_job(book.pk, KIND).pk)
    assert job.status == JobStatus.FAILED
    assert "Resume from page 2." in job.error_message
    assert second.worked == []


def test_a_stage_whose_every_item_fails_fails_the_job(rig, book, stage):
    for key in stage.keys:
        stage.scripts[key] = raises(Unreadable("No."))
    assert run_to_end(start_job(book.pk, KIND).pk).status == JobStatus.FAILED


def test_resume_works_only_what_is_not_done_and_restart_everything(rig, book, stage):
    stage.required = True
    stage.scripts["2"] = raises(Unreadable("No."))
    failed = run_to_end(start_job(book.pk, KIND).pk)
    stage.scripts.clear()
    stage.worked.clear()
    resumed = run_to_end(resume(failed.pk).pk)
    assert (resumed.status, stage.worked) == (JobStatus.COMPLETED, ["2"])
    assert (resumed.total_items, resumed.completed_items) == (3, 3)
    run_to_end(restart(resumed.pk).pk)
    assert stage.worked == ["2", "1", "2", "3"]


def test_an_item_whose_input_changed_is_done_again_on_resume(rig, book, stage, monkeypatch):
    stage.required = True
    stage.scripts["3"] = raises(Unreadable("No."))
    failed = run_to_end(start_job(book.pk, KIND).pk)
    Item.objects.filter(job=failed, key="1").update(fingerprint="an older input")
    stage.scripts.clear()
    stage.worked.clear()
    run_to_end(resume(failed.pk).pk)
    assert stage.worked == ["1", "3"]


def test_only_the_newest_job_is_resumed(rig, book, stage):
    stage.required = True
    stage.scripts["2"] = raises(Unreadable("No."))
    older = run_to_end(start_job(book.pk, KIND).pk)
    run_to_end(restart(older.pk).pk)
    with pytest.raises(JobError, match="newer job"):
        resume(older.pk)


def test_a_paused_job_is_left_alone_until_it_is_resumed(rig, book, stage):
    job = start_job(book.pk, KIND)
    stage.scripts["1"] = lambda item: pause(job.pk) and "done before the pause"
    assert run_to_end(job.pk).status == JobStatus.PAUSED
    run_slice(job.pk)
    assert stage.worked == ["1"]
    resume(job.pk)
    assert run_to_end(job.pk).status == JobStatus.COMPLETED
    assert stage.worked == ["1", "2", "3"]


def test_a_slice_stops_at_its_time_and_asks_for_the_next(rig, book, stage, woken):
    job = start_job(book.pk, KIND)
    woken.clear()
    run_slice(job.pk, seconds=0)
    assert stage.worked == []
    assert woken == [(str(job.pk), "cpu")]


def test_a_slice_leaves_the_stage_of_another_pool_and_wakes_that_pool(rig, book, woken):
    first, second = RigStage("first"), RigStage("second", load=Load.IO)
    rig(first, second)
    job = start_job(book.pk, KIND)
    woken.clear()
    run_slice(job.pk, pool=Load.CPU)
    assert second.worked == []
    assert woken == [(str(job.pk), "io")]
    run_slice(job.pk, pool=Load.IO)
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED


def test_a_doubled_message_adds_no_runner(rig, book, stage, woken):
    job = start_job(book.pk, KIND)
    stage.load = Load.IO
    woken.clear()
    stage.scripts["1"] = lambda item: run_slice(job.pk, seconds=0.5)
    run_slice(job.pk)
    assert stage.worked == ["1", "2", "3"]
    assert woken == []


def test_a_book_that_is_deleted_ends_its_slice_without_an_error(rig, book, stage):
    job = start_job(book.pk, KIND)
    stage.scripts["2"] = lambda item: book.delete()
    run_slice(job.pk)
    assert stage.worked == ["1", "2"]


def test_a_drain_gives_the_leases_back(rig, book, stage, monkeypatch):
    job = start_job(book.pk, KIND)
    stage.scripts["1"] = lambda item: monkeypatch.setattr(runner, "drain_requested", lambda: True)
    run_slice(job.pk)
    assert states(job) == [ItemState.DONE, ItemState.PENDING, ItemState.PENDING]


def test_the_timeout_of_the_queue_counts_as_a_failed_attempt(rig, book, stage):
    def timed_out(item):
        raise SystemExit

    stage.scripts["1"] = timed_out
    job = start_job(book.pk, KIND)
    with pytest.raises(SystemExit):
        run_slice(job.pk)
    item = Item.objects.get(job=job, key="1")
    assert (item.state, item.error_code, item.attempts) == (ItemState.PENDING, "took_too_long", 1)


def test_an_item_that_lost_the_database_has_its_attempt_back(rig, book, stage):
    stage.scripts["1"] = raises(OperationalError("the server closed the connection unexpectedly"))
    job = start_job(book.pk, KIND)
    run_slice(job.pk, seconds=0.5)
    item = Item.objects.get(job=job, key="1")
    assert (item.state, item.error_code, item.attempts) == (ItemState.PENDING, "database_away", 0)
    assert states(job)[1:] == [ItemState.DONE] * 2


def test_a_plan_that_refuses_fails_the_job_with_its_sentence(rig, book):
    second = RigStage("second", refuses_plan=Unreadable("The outline is missing."))
    rig(RigStage("first"), second)
    job = run_to_end(start_job(book.pk, KIND).pk)
    assert (job.status, job.error_message) == (JobStatus.FAILED, "The outline is missing.")


def test_a_job_without_items_is_refused(rig, book, stage):
    stage.keys = []
    with pytest.raises(NothingToDo):
        start_job(book.pk, KIND)
    assert not Job.objects.exists()


def test_failed_items_get_fresh_attempts_while_the_job_runs(rig, book, stage):
    job = start_job(book.pk, KIND)
    stage.scripts["1"] = raises(Unreadable("No."))
    stage.scripts["2"] = lambda item: stage.scripts.clear() or retry_items(job.pk) or "done"
    assert run_to_end(job.pk).failed_items == 0
    assert stage.worked == ["1", "2", "1", "3"]


def test_the_queue_is_asked_for_a_runner_a_worker(rig, book, woken, settings):
    settings.POOLS = {"cpu": 2, "io": 2}
    job = start_job(book.pk, KIND)
    assert woken == [(str(job.pk), "cpu")] * 2


def test_nothing_is_enqueued_when_the_transaction_rolls_back(rig, book, monkeypatch):
    from django.db import transaction

    asked = []
    monkeypatch.setattr(actions, "enqueue_slice", lambda *call: asked.append(call))
    with pytest.raises(RuntimeError), transaction.atomic():
        start_job(book.pk, KIND)
        raise RuntimeError
    assert asked == []
