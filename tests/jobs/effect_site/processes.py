"""Starts the processes of ``life`` over the test's own database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from django_q.models import OrmQ

from jobs.models import Job
from jobs.starting import start_job
from tests.flow.cluster import ROOT, environment
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


def started(pages: int = 3, **params: object) -> Job:
    """A pending job whose first message is already in the hands of the process that a test starts."""
    job = start_job(book_of(pages).pk, KIND, params=params)
    OrmQ.objects.all().delete()
    return job
