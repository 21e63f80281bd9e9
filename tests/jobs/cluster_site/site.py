"""Real processes over a database file of their own, and what a test may ask about them."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from django.db import connection

from books.models import Book
from jobs.actions import start_job
from tests.flow.real_cluster import until

ROOT = Path(__file__).resolve().parents[3]
START_NAPS = """
import django; django.setup()
from books.models import Book
from jobs.actions import start_job
start_job(Book.objects.create(title="Naps").pk, %r, params={"items": %d, "seconds": %r})
"""


@dataclass(frozen=True)
class Tree:
    """The processes of the io cluster with its single worker."""

    main: psutil.Process
    sentinel: psutil.Process
    worker: psutil.Process
    monitor: psutil.Process
    pusher: psutil.Process

    def all(self) -> list[psutil.Process]:
        return [self.main, self.sentinel, self.worker, self.monitor, self.pusher]


class Site:
    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.database = folder / "site.sqlite3"
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.jobs.cluster_site.settings",
            "DATA_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{self.database}",
            "IO_WORKERS": "1",
            "CPU_WORKERS": "1",
            "JOB_HEARTBEAT_SECONDS": "0.5",
            "CANARY_SECONDS": "0.3",
            "CANARY_PATIENCE_SECONDS": "6",
            **environment,
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, env=self.environment, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False
        )

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("manage.py", *arguments)

    def start_naps(self, items: int, seconds: float, kind: str = "naps") -> None:
        done = self.run("-c", START_NAPS % (kind, items, seconds))
        assert done.returncode == 0, done.stderr

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.database, timeout=20)) as connection:
            return connection.execute(sql).fetchall()

    def write(self, sql: str) -> None:
        with closing(sqlite3.connect(self.database, timeout=20)) as connection, connection:
            connection.execute(sql)

    def processes(self) -> list[psutil.Process]:
        """Whatever runs with this site's environment; the dead that nobody has collected do not count."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get("DATA_DIR") == str(self.folder) and process.status() != "zombie":
                    found.append(process)
        return found

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """``manage.py`` with a command that goes on until it is stopped; its output is appended to ``log``."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "manage.py", *arguments], env=self.environment, cwd=ROOT, stdout=log, stderr=log
            )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            for left in self.processes():
                with suppress(psutil.NoSuchProcess):
                    left.kill()

    @property
    def log(self) -> Path:
        return self.folder / "log.txt"

    def tree(self) -> Tree:
        """The present cluster once it has shown a sign of life later than now."""
        before = self.rows("select id, seen_at from jobs_cluster")
        process_id = until(lambda: self._seen_since(dict(before)), "a cluster works")
        main = psutil.Process(process_id)
        (sentinel,) = main.children()
        children = until(lambda: len(sentinel.children()) == 3 and sentinel.children(), "the cluster is complete")
        return Tree(main, sentinel, *sorted(children, key=lambda child: (child.create_time(), child.pid)))

    def _seen_since(self, before: dict[int, str]) -> int | None:
        for cluster_id, process_id, seen_at in self.rows("select id, pid, seen_at from jobs_cluster"):
            if seen_at and seen_at != before.get(cluster_id):
                return int(process_id)
        return None


class CopiedSite(Site):
    """Its jobs are started in the test's own database, of which it gets a copy: one process less."""

    def start_naps(self, items: int, seconds: float, kind: str = "naps") -> None:
        book = Book.objects.create(title="Naps")
        start_job(book.pk, kind, params={"items": items, "seconds": seconds})
        with closing(sqlite3.connect(self.database)) as copy:
            connection.connection.backup(copy)


def gone(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == "zombie"
    except psutil.NoSuchProcess:
        return True
