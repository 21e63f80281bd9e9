"""Where the engine meets a database, workers and a provider that come and go."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection

from books.models import Book
from jobs import runner
from jobs.constants import JobStatus
from jobs.database import is_away
from jobs.models import Item, Job
from jobs.runner import run_to_end
from jobs.starting import start_job
from tests.jobs.rig import KIND, new_book

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
    monkeypatch.setattr("jobs.results.BACKOFF_SECONDS", (0, 0, 0, 0))
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
