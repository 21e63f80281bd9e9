"""Where the engine meets a database, workers and a provider that come and go."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from django.db import DatabaseError, OperationalError, connection

from benchmarks.ready_book import approved_book
from books.extraction.job import start_extraction
from books.ledger import choices, kept
from books.models import Book, CallOutcome, ModelCall
from jobs import registry, runner
from jobs.actions import start_job
from jobs.database import is_away
from jobs.leases import claim
from jobs.models import Item, Job
from jobs.runner import run_slice, run_to_end
from jobs.states import JobStatus
from jobs.sweep import sweep
from tests.borders.away import CutOffClient
from tests.flow.real_cluster import until
from tests.flow.storm import Workers
from tests.jobs.effect_site.stages import EFFECTS, book_of, effects, every_effect_once
from tests.jobs.rig import KIND, new_book, pass_time

pytestmark = pytest.mark.django_db(transaction=True)


def lose_the_database() -> None:
    """What a cut connection, or a file that takes no writes, raises in this thread."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        else:
            cursor.execute("PRAGMA query_only = ON")
    Book.objects.create(title="Cannot be written")


def loses_it(times: int):
    """A script of an item's work, or what its result does when it is saved."""
    left = iter(range(times))

    def script(*_: object) -> str:
        if next(left, None) is not None:
            lose_the_database()
        return "written at last"

    return script


def shown(admin_client, job: Job) -> dict:
    return admin_client.get(f"/api/books/{job.book_id}/jobs/{job.pk}").json()


@pytest.mark.parametrize(("where", "losses"), [("work", 6), ("save", 30)])
def test_losing_the_database_is_never_a_pages_fault(rig, stage, monkeypatch, settings, admin_client, where, losses):
    """A connection cut in an item's work counted as the item's own attempt: after five cuts the page had failed for
    good, with "An unexpected error"."""
    monkeypatch.setattr(runner, "AWAY_SECONDS", 0, raising=False)
    monkeypatch.setattr("jobs.outcomes.BACKOFF_SECONDS", (0, 0, 0, 0))
    monkeypatch.setattr("jobs.database.PAUSE_SECONDS", 0.05)
    settings.JOB_DATABASE_PATIENCE_SECONDS = 0.2
    script = loses_it(losses)
    if where == "work":
        stage.scripts["2"] = script
    else:
        save = stage.save
        stage.save = lambda item, result: save(item, script() if item.key == "2" else result)
    job = run_to_end(start_job(new_book().pk, KIND).pk)
    assert (job.status, job.failed_items) == (JobStatus.COMPLETED, 0)
    assert shown(admin_client, job)["progress_detail"]["page_errors"] == {}
    assert Item.objects.get(job=job, key="2").attempts == 1
    assert sorted(key for key, _ in stage.saved) == ["1", "2", "3"]


def test_a_wrong_statement_is_not_a_database_that_is_away(db):
    with pytest.raises(DatabaseError) as raised, connection.cursor() as cursor:
        cursor.execute("SELECT nothing FROM nowhere")
    assert not is_away(raised.value)
    with pytest.raises(DatabaseError) as raised:
        lose_the_database()
    connection.close()
    assert is_away(raised.value)


def test_a_server_that_was_made_a_replica_is_away_until_another_takes_its_place(db):
    with pytest.raises(DatabaseError) as raised, connection.cursor() as cursor:
        is_postgresql = connection.vendor == "postgresql"
        cursor.execute("SET default_transaction_read_only = on" if is_postgresql else "PRAGMA query_only = ON")
        Book.objects.create(title="Cannot be written")
    connection.close()
    assert is_away(raised.value)


PAGES = 6


@pytest.mark.parametrize("process", ["lives", "dies", "has no disk"])
def test_an_answer_that_was_paid_for_outlives_a_database_that_is_away(asked, settings, tmp_path, process):
    """After 30 s without a database the answers of all calls in flight were thrown away, and paid for again."""
    settings.JOB_DATABASE_PATIENCE_SECONDS, settings.JOB_STALE_SECONDS = 0.3, 0
    if process == "has no disk":
        (tmp_path / "answers").touch()
    job = start_extraction(approved_book("A book", PAGES))
    ledger = choices.ledger()
    cut_off = CutOffClient(ledger.client_of("openai"), seconds=4)
    ledger.client_of = lambda _: cut_off
    with contextlib.suppress(OperationalError):
        run_slice(job.pk, seconds=1)
    assert cut_off.is_back.wait(30)
    assert not ModelCall.objects.exists()
    if process == "dies":
        kept._in_process.clear()
    Item.objects.filter(job=job, state="leased").update(lease_expires_at=job.created_at)
    sweep()
    job = run_to_end(job.pk)
    assert (job.status, job.failed_items) == (JobStatus.COMPLETED, 0)
    answered = ModelCall.objects.filter(outcome=CallOutcome.ANSWERED)
    assert asked.counts.outcomes["answer"] == answered.count() == answered.values("input_sha256").distinct().count()
    assert not list(tmp_path.glob("answers/*.json"))


def test_unrelated_deaths_fail_no_page_and_no_job(rig, stage, monkeypatch, admin_client):
    """Workers that are killed again and again, whatever they do, as on machines that are taken back: two deaths failed
    the page in hand, three the job."""
    stage.keys = [str(number) for number in range(1, 9)]
    job = start_job(new_book().pk, KIND)
    for death in range(8):
        runner._open(job.pk)
        taken = claim(job.pk, "first", f"worker {death}", limit=4)
        pass_time(monkeypatch, 1_000)
        sweep()
        sweep()
        assert taken or shown(admin_client, job)["status"] in ("pending", "paused")
    told = shown(admin_client, job)
    assert (told["failed_items"], told["error_message"]) == (0, "")
    until_awake(job, monkeypatch)
    job = run_to_end(job.pk)
    assert (job.status, job.failed_items) == (JobStatus.COMPLETED, 0)
    assert shown(admin_client, job)["completed_items"] == 8


def until_awake(job: Job, monkeypatch) -> None:
    pass_time(monkeypatch, 1_000)
    sweep()
    job.refresh_from_db()
    assert job.status == JobStatus.PENDING


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("processes")
def test_whichever_process_is_killed_the_job_goes_on_by_itself(settings, monkeypatch):
    """A short version of tests/chaos/chaos_storms.py, with real processes and the supervisors' own sweeps."""
    monkeypatch.setitem(registry._handlers, EFFECTS.kind, EFFECTS)
    job = start_job(book_of(12).pk, EFFECTS.kind, params={"seconds": 0.5})
    with Workers(Path(settings.MEDIA_ROOT), DJANGO_SETTINGS_MODULE="tests.jobs.effect_site.settings") as workers:
        for done in (2, 6, 12):
            until(lambda: Item.objects.filter(job=job, state="done").count() >= done, f"{done} are done", 90)  # noqa: B023
            workers.kill_one()
        until(lambda: Job.objects.get(pk=job.pk).is_final, "the job is over", 150)
    job.refresh_from_db()
    assert (job.status, job.failed_items) == (JobStatus.COMPLETED, 0)
    assert effects(job) == every_effect_once(12)
