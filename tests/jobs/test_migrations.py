"""Rows from before the progress columns get them, and old or malformed values break nothing that reads them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from jobs.management.commands.jobs import Command as ListJobs
from jobs.models import Job
from jobs.monitoring import exposition
from jobs.runner import run_to_end
from jobs.states import JobStatus
from jobs.sweep import sweep
from jobs.views import job_view
from tests.jobs.rig import KIND, pass_time

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MALFORMED = [None, [], "text", 7, {"page_errors": [1]}, {"page_errors": {"1": "text"}, "stats": None}]


@pytest.fixture
def migrate():
    """Brings the tables to a migration of the engine, by default all to the newest, and returns the models of that
    time; after the test all are the newest."""

    def to(name: str = ""):
        executor = MigrationExecutor(connection)
        return executor.migrate([("jobs", name)] if name else executor.loader.graph.leaf_nodes()).apps

    yield to
    to()


def old_job(apps, status: str, *states: str, **facts):
    """A job with an item a state; finished items ended a minute apart from noon on."""
    book = apps.get_model("books", "Book").objects.create(title="An old book")
    message = "It broke." if status == "failed" else ""
    job = apps.get_model("jobs", "Job").objects.create(
        book=book, kind=KIND, stage="first", status=status, error_message=message, **facts
    )
    for number, state in enumerate(states, start=1):
        apps.get_model("jobs", "Item").objects.create(
            job=job,
            stage="first",
            ordinal=number,
            key=str(number),
            label=str(number),
            state=state,
            lease_expires_at=NOON if state == "leased" else None,
            finished_at=NOON + timedelta(minutes=number) if state in ("done", "failed") else None,
        )
    return job.pk


def columns(pk) -> tuple:
    job = Job.objects.get(pk=pk)
    return (job.total_items, job.completed_items, job.failed_items, job.last_completed_item, job.heartbeat_at)


def test_counters_and_heartbeats_are_filled_in_from_the_items(migrate):
    apps = migrate("0001_initial")
    half = old_job(apps, "running", "done", "failed", "done", "leased", "pending", started_at=NOON)
    whole = old_job(apps, "completed", "done", "done", started_at=NOON)
    fresh = old_job(apps, "running", "pending", started_at=NOON)
    never = old_job(apps, "running", started_at=None)
    failed = old_job(apps, "failed", "failed")
    migrate("0002_job_progress")
    migrate()
    assert columns(half) == (5, 2, 1, 1, NOON + timedelta(minutes=3))
    assert columns(whole) == (2, 2, 0, 2, NOON + timedelta(minutes=2))
    assert columns(fresh) == (1, 0, 0, 0, NOON)
    assert columns(never) == (0, 0, 0, 0, None)
    assert columns(failed) == (1, 0, 1, 0, NOON + timedelta(minutes=1))
    assert list(Job.objects.values_list("progress_detail", flat=True)) == [{}] * 5


def test_old_jobs_are_swept_and_finished_after_the_migration(migrate, rig, stage, monkeypatch):
    stage.keys = ["1", "2", "3"]
    pk = old_job(migrate("0001_initial"), "running", "done", "leased", "pending", started_at=None)
    migrate()
    pass_time(monkeypatch, 121)
    assert sweep()["recovered"] == 1
    job = run_to_end(pk)
    assert (job.status, job.completed_items, stage.worked) == (JobStatus.COMPLETED, 3, ["2", "3"])


@pytest.mark.parametrize("detail", MALFORMED, ids=str)
def test_null_and_malformed_rows_pass_the_migration_and_every_reader(migrate, rig, stage, monkeypatch, detail):
    apps = migrate("0002_job_progress")
    pk = old_job(
        apps,
        "running",
        "pending",
        total_items=None,
        completed_items=None,
        failed_items=None,
        last_completed_item=None,
        progress_detail=detail,
        heartbeat_at=None,
    )
    migrate()
    assert job_view(Job.objects.get(pk=pk)).headline == "Rigging: 0 of 1."
    assert b"bookpipeline_oldest_heartbeat_age_seconds" in exposition()
    ListJobs().handle(book=None)
    pass_time(monkeypatch, 121)
    assert sweep()["recovered"] == 1
    assert columns(pk)[:4] == (1, 0, 0, 0)


def test_the_way_back_keeps_the_jobs(migrate):
    pk = old_job(migrate("0001_initial"), "completed", "done")
    migrate()
    apps = migrate("0001_initial")
    assert apps.get_model("jobs", "Job").objects.get().pk == pk
    assert apps.get_model("jobs", "Item").objects.count() == 1
