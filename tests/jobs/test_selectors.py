"""A job as people and programs read it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.actions import pause, start_job
from jobs.models import Event, Item, Job
from jobs.progress import refresh_progress
from jobs.states import ItemState, JobStatus
from jobs.views import JobView, job_view
from tests.jobs.rig import KIND, RigStage

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.get_default_timezone())


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture
def job(rig, book, stage) -> Job:
    """Runs since noon, ten items."""
    stage.keys = [str(number) for number in range(1, 11)]
    return running(book)


def running(book) -> Job:
    job = start_job(book.pk, KIND)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING, started_at=NOON)
    moved(job, JobStatus.RUNNING, 0)
    job.refresh_from_db()
    return job


def moved(job: Job, status: JobStatus, seconds: float, reason: str = "") -> None:
    Job.objects.filter(pk=job.pk).update(status=status)
    event = Event.objects.create(job=job, to_status=status, actor="test", reason=reason)
    Event.objects.filter(pk=event.pk).update(at=at(seconds))


def work(job: Job, *labels: int, since: float, seconds: float = 10, state: ItemState = ItemState.DONE) -> None:
    """The items one after the other, ``seconds`` each."""
    for number, label in enumerate(labels):
        start = since + number * seconds
        Item.objects.filter(job=job, ordinal=label).update(
            state=state, started_at=at(start), finished_at=at(start + seconds)
        )
    refresh_progress(job)


def seen(job: Job) -> JobView:
    return job_view(Job.objects.get(pk=job.pk))


def test_no_estimate_before_three_items_are_worked(job):
    assert seen(job).eta_seconds is None
    work(job, 1, 2, since=0)
    assert (seen(job).eta_seconds, seen(job).items_per_minute) == (None, None)
    work(job, 3, since=20)
    assert seen(job).eta_seconds == (56, 99)
    assert seen(job).items_per_minute == 6.0


def test_no_estimate_before_there_is_a_plan(job):
    Item.objects.all().delete()
    for total in (None, 0):
        Job.objects.update(total_items=total, stage="")
        assert seen(job).eta_seconds is None


def test_the_estimate_is_silent_in_a_pause_and_goes_on_from_the_same_figure(job):
    work(job, 1, 2, 3, 4, 5, since=0)
    before = seen(job).eta_seconds
    moved(job, JobStatus.PAUSED, 50)
    assert seen(job).eta_seconds is None
    moved(job, JobStatus.RUNNING, 36_000)
    assert seen(job).eta_seconds == before == (40, 71)


def test_a_pause_does_not_count_as_work(job):
    work(job, 1, 2, 3, 4, since=0)
    moved(job, JobStatus.PAUSED, 40)
    moved(job, JobStatus.PENDING, 36_000)
    moved(job, JobStatus.RUNNING, 36_010)
    work(job, 5, since=36_010)
    assert seen(job).eta_seconds == (40, 71)
    assert seen(job).items_per_minute == 6.0


def test_what_was_taken_over_from_an_earlier_job_makes_no_pace(job):
    Item.objects.filter(job=job, ordinal__lte=5).update(state=ItemState.DONE)
    refresh_progress(job)
    assert seen(job).eta_seconds is None
    work(job, 6, 7, 8, since=0)
    assert (seen(job).percent, seen(job).eta_seconds) == (80, (16, 29))


def test_a_row_older_than_its_log_still_has_an_estimate(job):
    Event.objects.all().delete()
    work(job, 1, 2, 3, 4, 5, since=0)
    assert seen(job).eta_seconds == (40, 71)


def test_the_range_is_wider_while_a_later_stage_is_not_planned(rig, book):
    first, second = RigStage("first", keys=list("abcd")), RigStage("second", keys=list("xyz"))
    rig(first, second)
    job = running(book)
    work(job, 1, 2, 3, 4, since=0)
    assert seen(job).eta_seconds == (20, 101)


@pytest.mark.parametrize("status", JobStatus.values)
def test_only_a_running_job_has_an_estimate(job, status):
    work(job, 1, 2, 3, 4, 5, since=0)
    Job.objects.update(status=status, error_message="It broke." if status == JobStatus.FAILED else "")
    assert (seen(job).eta_seconds is not None) == (status == JobStatus.RUNNING)


def test_the_last_completed_item_is_the_end_of_the_unbroken_run_of_successes(job):
    assert seen(job).job.last_completed_item == 0
    for labels, state, last in [
        ((1, 2), ItemState.DONE, 2),
        ((3,), ItemState.FAILED, 2),
        ((4, 5), ItemState.DONE, 2),
        ((3,), ItemState.DONE, 5),
        ((6, 7, 8, 9), ItemState.DONE, 9),
        ((10,), ItemState.FAILED, 9),
    ]:
        work(job, *labels, since=0, state=state)
        assert seen(job).job.last_completed_item == last


def test_the_timeline_has_the_times_of_each_stage(rig, book):
    first, second, third = RigStage("first"), RigStage("second"), RigStage("third")
    rig(first, second, third)
    job = running(book)
    work(job, 1, 2, 3, since=5)
    from jobs.stages import begin_stage

    begin_stage(job, second)
    work(job, 4, since=40)
    done, present, coming = seen(job).stages
    assert (done.state, done.started_at, done.finished_at) == ("done", at(5), at(35))
    assert (present.state, present.started_at, present.finished_at) == ("running", at(40), None)
    assert (present.worked, present.worked_until) == (1, at(50))
    assert (coming.state, coming.started_at, coming.finished_at, coming.total) == ("waiting", None, None, 0)


@pytest.mark.parametrize(("status", "state"), [(JobStatus.FAILED, "failed"), (JobStatus.CANCELLED, "stopped")])
def test_a_job_that_ends_early_ends_its_present_stage(job, status, state):
    work(job, 1, since=0)
    Job.objects.update(status=status, error_message="It broke." if status == JobStatus.FAILED else "")
    (stage,) = seen(job).stages
    assert (stage.state, stage.finished_at) == (state, at(10))


def test_the_rate_is_that_of_the_present_stage(rig, book):
    first, second = RigStage("first"), RigStage("second", keys=list("uvwxyz"))
    rig(first, second)
    job = running(book)
    work(job, 1, 2, 3, since=0)
    from jobs.stages import begin_stage

    begin_stage(job, second)
    work(job, 4, 5, since=30, seconds=60)
    assert seen(job).items_per_minute is None
    work(job, 6, since=150, seconds=60)
    assert seen(job).items_per_minute == 1.0


def test_a_paused_job_says_why(job):
    work(job, 1, 2, since=0)
    moved(job, JobStatus.PAUSED, 30, "acme does not answer. Next try at 12:01:00 UTC.")
    assert seen(job).headline == "Paused: 2 of 10. acme does not answer. Next try at 12:01:00 UTC."


def test_a_person_pauses_with_their_name_in_the_log(job, admin):
    pause(job.pk, user=admin)
    assert seen(job).headline == "Paused: 0 of 10. Paused by hand."
    assert job.events.last().actor == admin.get_username()


@pytest.mark.parametrize("detail", [None, [], "text", 7, {"page_errors": [1]}, {"stats": 7}, {"page_errors": {"1": 3}}])
@pytest.mark.parametrize("status", JobStatus.values)
def test_old_and_malformed_rows_are_read_like_any_other(job, detail, status):
    Job.objects.update(
        status=status,
        error_message="It broke." if status == JobStatus.FAILED else "",
        progress_detail=detail,
        total_items=None,
        completed_items=None,
        failed_items=None,
        last_completed_item=None,
        current_item=None,
        heartbeat_at=None,
        started_at=None,
        stage="a stage of an older version",
    )
    view = seen(job)
    assert view.headline
    assert 0 <= view.percent <= 100


def test_a_job_of_an_unknown_kind_is_still_shown(job):
    Job.objects.update(kind="a kind of an older version")
    assert (seen(job).title, seen(job).stages) == ("a kind of an older version", ())


def test_500_items_cost_as_many_queries_as_5(rig, book, stage):
    stage.keys = [str(number) for number in range(500)]
    job = running(book)

    def cost() -> int:
        fresh = Job.objects.get(pk=job.pk)
        with CaptureQueriesContext(connection) as queries:
            job_view(fresh)
        return len(queries)

    work(job, 1, 2, 3, since=0)
    few = cost()
    Item.objects.filter(ordinal__lte=400).update(state=ItemState.DONE, started_at=at(0), finished_at=at(1))
    Item.objects.filter(ordinal=401).update(error_code="x", error_message="y")
    refresh_progress(job)
    assert cost() == few + 1
    Item.objects.filter(ordinal__gt=401).update(error_code="x", error_message="y")
    refresh_progress(job)
    assert cost() == few + 1
