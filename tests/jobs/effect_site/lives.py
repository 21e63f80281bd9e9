"""Starts the processes of ``life`` over the test's own database."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import OperationalError, connection, transaction
from django_q.models import OrmQ

from jobs.actions import start_job
from jobs.models import Job
from tests.flow.real_cluster import ROOT, environment
from tests.jobs.effect_site.stages import KIND, book_of

QUICK = {
    "DJANGO_SETTINGS_MODULE": "tests.jobs.effect_site.settings",
    "JOB_HEARTBEAT_SECONDS": "0.2",
    "JOB_LEASE_SECONDS": "1",
    "JOB_STALE_SECONDS": "1.2",
    "JOB_SLICE_SECONDS": "5",
    "LOG_LEVEL": "WARNING",
}


def live(media: Path, *arguments: str, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.effect_site.life", *arguments],
        env=environment(media, **{**QUICK, **more}),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def stopped(process: subprocess.Popen[str], job: Job) -> Iterator[None]:
    """Keeps ``process``, which works on ``job``, from doing anything until the block ends.

    Not while it holds a lock: it would stop everyone else with it, as a machine that is switched off does not.
    """
    try:
        while True:
            process.send_signal(signal.SIGSTOP)
            time.sleep(0.05)
            if not _is_locked(job):
                break
            process.send_signal(signal.SIGCONT)
            time.sleep(0.01)
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def _is_locked(job: Job) -> bool:
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if is_sqlite:
            cursor.execute("PRAGMA busy_timeout = 0")
        try:
            with transaction.atomic():
                Job.objects.select_for_update(nowait=not is_sqlite).get(pk=job.pk)
        except OperationalError:
            return True
        finally:
            if is_sqlite:
                cursor.execute("PRAGMA busy_timeout = 20000")
    return False


def started(pages: int = 3, **params: object) -> Job:
    """A pending job whose first message is already in the hands of the process that a test starts."""
    job = start_job(book_of(pages).pk, KIND, params=params)
    OrmQ.objects.all().delete()
    return job
