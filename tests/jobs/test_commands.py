"""The engine's commands: what they print, what they do, and the sentences with which they refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.migrations.executor import MigrationExecutor
from django_q.models import Schedule

from jobs import clock
from jobs.actions import start_job
from jobs.errors import JobError
from jobs.models import Event, Item, Job
from jobs.runner import run_to_end
from jobs.states import JobStatus
from tests.jobs.rig import KIND, new_book, pass_time, raises


class Unreadable(JobError):
    code = "unreadable"


def said(*arguments, **options) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def job(rig, book) -> Job:
    return start_job(book.pk, KIND)


def test_jobs_are_listed_in_aligned_columns_newest_first(job, stage):
    stage.scripts["2"] = raises(Unreadable("The page is not an image."))
    run_to_end(job.pk)
    other = start_job(new_book().pk, KIND)
    head, first, second = said("jobs").splitlines()
    assert first.split() == [str(other.pk)[:8], str(other.book_id), "rig", "pending", "0/3", "0", "0", "-", "first"]
    assert second.split() == [str(job.pk)[:8], str(job.book_id), "rig", "completed", "2/3", "1", "100", "-", "first"]
    for title in ("KIND", "STATUS", "DONE", "STAGE"):
        at = head.index(title)
        assert all(line[at - 1] == " " and line[at] != " " for line in (first, second))


def test_jobs_of_one_book(job):
    other = start_job(new_book().pk, KIND)
    assert str(job.pk)[:8] not in said("jobs", book=other.book_id)
    assert said("jobs", book=0) == "No jobs.\n"


def test_a_running_job_shows_the_age_of_its_heartbeat(job, monkeypatch):
    Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING, heartbeat_at=clock.now())
    pass_time(monkeypatch, 70)
    assert "70 s ago" in said("jobs")
    assert "Last heartbeat 70 s ago, recoveries 0." in said("job", str(job.pk))


def test_a_job_is_shown_with_the_times_of_its_stages_and_its_rate(job):
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    run_to_end(job.pk)
    Item.objects.update(started_at=noon, finished_at=noon + timedelta(seconds=30))
    Event.objects.filter(to_status="running").update(at=noon)
    shown = said("job", str(job.pk))
    assert "Rigging: done, 3/3, 0 failed, from 12:00:00 to 12:00:30" in shown
    assert "6 items a minute." in shown


def test_a_job_is_shown_with_stages_failures_and_events(job, stage):
    stage.scripts["2"] = raises(Unreadable("The page is not an image."))
    run_to_end(job.pk)
    text = said("job", str(job.pk))
    assert f"Rigging the book, job {job.pk}, book {job.book_id}" in text
    assert "Completed, 100 %. Completed, 1 failed." in text
    assert "  Rigging: done, 2/3, 1 failed" in text
    assert "  2: The page is not an image. (1 attempts, final)" in text
    assert "new -> pending by command line" in text
    assert "running -> completed by worker: Completed, 1 failed." in text


@pytest.mark.parametrize("length", [1, 8, 9, 13, 14, 36])
@pytest.mark.parametrize("dashes", [True, False])
def test_a_unique_beginning_of_an_id_is_enough(job, length, dashes):
    beginning = str(job.pk)[:length]
    assert str(job.pk) in said("job", beginning if dashes else beginning.replace("-", ""))


@pytest.mark.parametrize("text", ["not-an-id", "%", "", "f" * 33])
def test_what_cannot_be_an_id_is_refused(db, text):
    with pytest.raises(CommandError, match=r"is not a job's id or the beginning of one\."):
        said("job", text)


def test_an_unknown_id_is_refused(job):
    text = str(uuid4())
    with pytest.raises(CommandError, match=f"There is no job {text}"):
        said("job", text)


def test_an_ambiguous_beginning_is_refused(rig, db):
    for end in ("1", "2"):
        Job.objects.create(id=f"aaaaaaaa-1111-4111-8111-11111111111{end}", book=new_book(), kind=KIND)
    with pytest.raises(CommandError, match="Several jobs begin with aaaa: give more of the id"):
        said("job", "aaaa")


def test_cancel_pause_resume_and_restart(job):
    Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING)
    assert said("job", str(job.pk), "--pause") == f"Job {job.pk} is paused.\n"
    assert said("job", str(job.pk), "--resume") == f"Job {job.pk} is pending.\n"
    assert said("job", str(job.pk), "--cancel") == f"Job {job.pk} is cancelled.\n"
    assert "is pending." in said("job", str(job.pk), "--restart")
    assert Job.objects.filter(book=job.book, status=JobStatus.PENDING).exclude(pk=job.pk).count() == 1


def test_illegal_actions_are_refused(job):
    with pytest.raises(CommandError, match="A pending job cannot become paused"):
        said("job", str(job.pk), "--pause")
    with pytest.raises(CommandError, match="Rigging the book of this book is already pending: wait for it"):
        said("job", str(job.pk), "--restart")
    with pytest.raises(CommandError, match="not allowed with argument"):
        said("job", str(job.pk), "--pause", "--cancel")


def test_sweep_jobs_says_what_it_did(job, monkeypatch):
    assert said("sweep_jobs") == "0 recovered, 0 requeued, 0 woken, 0 started\n"
    Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING, heartbeat_at=clock.now())
    pass_time(monkeypatch, 600)
    assert said("sweep_jobs") == "1 recovered, 0 requeued, 0 woken, 0 started\n"


def test_setup_schedules_says_what_it_did(db):
    assert said("setup_schedules") == "The sweep is scheduled for every minute.\n"
    assert Schedule.objects.count() == 1


def test_no_worker_starts_on_a_database_that_is_not_migrated(db, monkeypatch):
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: ["one", "two"])
    with pytest.raises(CommandError, match=r"The database lacks 2 migrations\. Run: manage\.py migrate"):
        said("work")


def test_work_refuses_a_patience_in_which_a_busy_cluster_would_be_killed(settings):
    settings.CANARY_PATIENCE_SECONDS = settings.JOB_HEARTBEAT_SECONDS
    with pytest.raises(CommandError, match="CANARY_PATIENCE_SECONDS must be more than 30"):
        said("work")
