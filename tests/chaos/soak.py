"""Mixed work with random kills for as long as SOAK_MINUTES says, and whether anything grows meanwhile: `make soak`."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from django.db import connection

from benchmarks.ready_book import approved_book
from benchmarks.standin import StandIn
from books.extraction.engines import factory as guideline_factory
from books.extraction.job import start_extraction
from books.ledger import choices
from books.ocr.start import start_reading
from books.publishing.deletion import delete_book
from jobs import registry
from jobs.actions import start_job
from jobs.models import Item, Job
from jobs.states import FINAL, JobStatus
from tests.chaos.chaos_storms import TIMES
from tests.flow.real_cluster import until
from tests.flow.storm import Workers, trouble
from tests.flow.test_redis import book_of as scanned_book
from tests.jobs.effect_site.stages import EFFECTS, KIND, book_of, effects, every_effect_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(0)]
SECONDS = 60 * float(os.environ.get("SOAK_MINUTES", "60"))
LOOK_SECONDS, PAUSE = 5, (10, 25)
PAGES, SCANS = 15, 1
# Of what finished work leaves while its book is there, and of the queue. The ledger of calls is kept on purpose.
TABLES = ("jobs_job", "jobs_item", "jobs_event", "jobs_cluster", "django_q_ormq", "django_q_task", "books_reading")
# What the last quarter may have more than the second, and that much of a unit besides: a kill makes any of it jump.
MOST_GROWTH = {"MB a process": (0.10, 5), "connections": (0.15, 2), "open files": (0.15, 20), "files": (0.25, 20)}
MOST_GROWTH["rows"] = (0.35, 200)


def family(workers: Workers) -> list[psutil.Process]:
    with suppress(psutil.Error):
        supervisor = psutil.Process(workers._process.pid)
        return [supervisor, *supervisor.children(recursive=True)]
    return []


def looked(workers: Workers, folders: Sequence[Path]) -> dict[str, float]:
    """One row of what must not grow."""
    megabytes, opened = [], 0
    for process in family(workers):
        with suppress(psutil.Error):
            megabytes.append(process.memory_info().rss / 1e6)
            opened += process.num_fds()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        (connections,) = cursor.fetchone()
        cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in TABLES))  # noqa: S608
        rows = sum(count for (count,) in cursor.fetchall())
    files = sum(1 for folder in folders for path in folder.rglob("*") if path.is_file())
    return {
        "MB a process": max(megabytes, default=0.0),
        "connections": connections,
        "open files": opened,
        "files": files,
        "rows": rows,
    }


def quarter(rows: Sequence[dict[str, float]], number: int) -> dict[str, float]:
    """The medians of one quarter of the time, from 1."""
    size = len(rows) // 4
    part = rows[(number - 1) * size : number * size]
    return {name: statistics.median(row[name] for row in part) for name in part[0]}


@pytest.mark.skipif(connection.vendor == "sqlite", reason="A file has no connections.")
def test_mixed_work_with_kills_leaves_memory_connections_files_and_tables_flat(settings, monkeypatch, tmp_path, sample):
    monkeypatch.setitem(registry._handlers, EFFECTS.kind, EFFECTS)
    guideline_factory.guideline_engine.cache_clear()
    choices.ledger.cache_clear()
    settings.GUIDELINE_ENGINE, settings.OPENAI_API_KEY = "openai", "a-key"
    kinds = [
        lambda: start_job(book_of(PAGES).pk, KIND, params={"seconds": 0.2}),
        lambda: start_reading(scanned_book(sample, SCANS)),
        lambda: start_extraction(approved_book(f"A book at {time.time()}", 6)),
    ]
    (temporary := tmp_path / "tmp").mkdir()
    media, seen, done = Path(settings.MEDIA_ROOT), [], 0
    with StandIn(latency=0.5) as provider:
        asks = {"GUIDELINE_ENGINE": "openai", "OPENAI_API_KEY": "a-key", "OPENAI_BASE_URL": provider.url}
        with Workers(media, **TIMES, **asks, TMPDIR=str(temporary)) as workers:
            active, looked_at = [kind() for kind in kinds], 0.0
            until(lambda: Item.objects.filter(state="done").exists(), "work is under way", 300)
            began, whole = time.monotonic(), len(family(workers))
            # What is just beginning again would never get to work where the machine is busy.
            with trouble(lambda: workers.kill_one() if len(family(workers)) >= whole else "none", PAUSE) as killed:
                while time.monotonic() - began < SECONDS:
                    for at, job in enumerate(active):
                        job.refresh_from_db()
                        if job.status in FINAL:
                            put_away(job)
                            active[at], done = kinds[at](), done + 1
                    if time.monotonic() - looked_at > LOOK_SECONDS:
                        looked_at = time.monotonic()
                        seen.append(looked(workers, [media.parent, temporary]))
                    time.sleep(1)
    early, late = quarter(seen, 2), quarter(seen, 4)
    print(f"\n{SECONDS / 60:g} minutes, {done} jobs done, killed {dict(killed)} of {whole} processes")
    for name in early:
        series = " ".join(f"{quarter(seen, each)[name]:.0f}" for each in (1, 2, 3, 4))
        print(f"  {name}: {series} (medians of the quarters)")
    grown = {name for name, (share, more) in MOST_GROWTH.items() if late[name] > early[name] * (1 + share) + more}
    assert not grown, f"{grown} grew from {early} to {late}"
    assert done


def put_away(job: Job) -> None:
    """Right, and gone with its book."""
    assert job.status == JobStatus.COMPLETED, job.error_message
    assert not Item.objects.filter(job=job, state="failed").exists()
    assert job.kind != KIND or effects(job) == every_effect_once(PAGES)
    delete_book(job.book_id)
