"""The measurements on one database, as JSON: ``python -m benchmarks.one_database`` with DATABASE_URL set."""

from __future__ import annotations

import json
import logging
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import django

from benchmarks.processor import processor_seconds

TASKS = 400
ROUNDS = 5
SIZES = (5, 500, 5000, 50000)
SAMPLE = 200


def main() -> None:
    django.setup()
    logging.disable(logging.CRITICAL)
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    rounds = [(bare_rate(), engine_rate()) for _ in range(ROUNDS)]
    found = {
        "database": connection.vendor,
        "bare": statistics.median(bare.rate for bare, _ in rounds),
        "engine": statistics.median(engine.rate for _, engine in rounds),
        "ratio": statistics.median(engine.rate / bare.rate for bare, engine in rounds),
        "bare_ms": statistics.median(bare.milliseconds for bare, _ in rounds),
        "engine_ms": statistics.median(engine.milliseconds for _, engine in rounds),
        "overhead": overheads(),
        "page_queries": {str(size): page_queries(size) for size in SIZES},
    }
    print(json.dumps(found))


@contextmanager
def one_worker() -> Iterator[int]:
    """A cluster as production runs it, with a single worker for the pool "cpu"; its process id."""
    environment = {**os.environ, "Q_CLUSTER_NAME": "cpu", "CPU_WORKERS": "1", "LOG_LEVEL": "ERROR"}
    with subprocess.Popen([sys.executable, "-m", "jobs.worker.cluster"], env=environment) as cluster:
        try:
            yield cluster.pid
        finally:
            cluster.send_signal(signal.SIGTERM)
            cluster.wait(30)


@dataclass(frozen=True)
class Pace:
    """Tasks a second by the clock, and milliseconds of processor that the cluster spends on each."""

    rate: float
    milliseconds: float


def bare_rate() -> Pace:
    """Of tasks that do nothing, from the first taken to the last acknowledged."""
    from django_q.models import OrmQ
    from django_q.tasks import async_task

    OrmQ.objects.all().delete()
    for _ in range(TASKS):
        async_task("benchmarks.apps.nothing", cluster="cpu")
    with one_worker() as cluster:
        while (left := OrmQ.objects.count()) == TASKS:
            time.sleep(0.005)
        began, spent = time.monotonic(), processor_seconds(cluster)
        while OrmQ.objects.exists():
            time.sleep(0.02)
        return Pace(left / (time.monotonic() - began), 1000 * (processor_seconds(cluster) - spent) / left)


def engine_rate() -> Pace:
    """Of the items of one job with one runner, from the first finished to the last."""
    from django.db.models import Max, Min

    from benchmarks.apps import KIND
    from books.models import Book
    from jobs.actions import start_job
    from jobs.models import Item, Job

    job = start_job(Book.objects.create(title="Nothing").pk, KIND, params={"items": TASKS})
    done = Item.objects.filter(job=job, state="done")
    with one_worker() as cluster:
        while not (before := done.count()):
            time.sleep(0.02)
        spent = processor_seconds(cluster)
        while not Job.objects.filter(pk=job.pk, status="completed").exists():
            time.sleep(0.02)
        spent = processor_seconds(cluster) - spent
    times = done.aggregate(first=Min("finished_at"), last=Max("finished_at"))
    return Pace((TASKS - 1) / (times["last"] - times["first"]).total_seconds(), 1000 * spent / (TASKS - before))


def overheads() -> dict[str, dict[str, float]]:
    """Of jobs of ``SIZES`` items, half way through: milliseconds by the clock and of this process, and queries, from
    one item to the next. Their items take turns, so that other work on the machine falls on all alike."""
    from django.db import connection

    found = {size: HalfDone(running_job(size), size) for size in SIZES}
    # As PostgreSQL does by itself while so many items are worked: else the marks of those done at once are in the way.
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE jobs_item" if connection.vendor == "postgresql" else "ANALYZE jobs_item")
    for turn in range(SAMPLE):
        for size, job in found.items():
            if turn < size - 3:
                job.go_on()
    return {str(size): job.spent() for size, job in found.items()}


class HalfDone:
    """A job that is half done, and what its items took since."""

    def __init__(self, job, size: int) -> None:
        from jobs.leases import claim
        from jobs.models import Item
        from jobs.progress import refresh_progress
        from jobs.registry import handler_for

        self.stage = handler_for(job.kind).stages[0]
        Item.objects.filter(job=job, ordinal__lte=size // 2 - SAMPLE // 2).update(state="done")
        refresh_progress(job)
        (self.item,) = claim(job.pk, self.stage.name, "bench")
        self.times: list[float] = []
        self.processor: list[float] = []

    def go_on(self) -> None:
        from jobs.outcomes import finish

        began, spent = time.perf_counter(), time.process_time()
        self.item = finish(self.item, self.stage, None, go_on_as="bench")
        self.times.append(time.perf_counter() - began)
        self.processor.append(time.process_time() - spent)

    def spent(self) -> dict[str, float]:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        ms, processor = (1000 * statistics.median(times) for times in (self.times, self.processor))
        with CaptureQueriesContext(connection) as queries:
            self.go_on()
        return {"ms": ms, "processor_ms": processor, "queries": len(queries)}


def page_queries(size: int) -> int:
    """Queries that the reader's view of a job of ``size`` items takes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from jobs.models import Job
    from jobs.views import job_view

    job = running_job(size)
    with CaptureQueriesContext(connection) as queries:
        job_view(Job.objects.get(pk=job.pk))
    return len(queries)


def running_job(size: int):
    from benchmarks.apps import KIND
    from books.models import Book
    from jobs.actions import start_job
    from jobs.models import Job
    from jobs.runner import _open

    job = start_job(Book.objects.create(title="Nothing").pk, KIND, params={"items": size})
    _open(job.pk)
    return Job.objects.get(pk=job.pk)


if __name__ == "__main__":
    main()
