"""What a runner tells others, its heartbeat, and what it is told: that its cluster is asked to stop."""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from contextvars import copy_context
from functools import partial
from types import TracebackType
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection

from jobs import clock
from jobs.database import locked_job
from jobs.failpoints import failpoint
from jobs.leases import extend_leases
from jobs.models import Cluster, Job
from jobs.states import JobStatus

logger = logging.getLogger(__name__)

CLUSTER_ID = "JOB_CLUSTER_ID"
DRAIN_FD = "JOB_DRAIN_FD"


class Heartbeat:
    """Beats while the ``with`` block runs: the job's heartbeat, the runner's leases, the cluster's sign of life.

    ``lost`` becomes true when the job is no longer running, or when no beat has succeeded for so long that the leases
    may run out; the runner must claim nothing more then.
    """

    def __init__(self, job_id: UUID | str, runner: str) -> None:
        self.job_id = job_id
        self.runner = runner
        self._stop = threading.Event()
        self._stopped_running = False
        self._beaten_at = time.monotonic()
        # In a copy of the slice's context, whose lines say which job they are of.
        run = partial(copy_context().run, self._run)
        self._thread = threading.Thread(target=run, name=f"heartbeat-{runner}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(timeout=5)

    @property
    def lost(self) -> bool:
        grace = settings.JOB_LEASE_SECONDS - settings.JOB_HEARTBEAT_SECONDS
        return self._stopped_running or time.monotonic() - self._beaten_at > grace

    def _run(self) -> None:
        try:
            while not self._stop.wait(settings.JOB_HEARTBEAT_SECONDS):
                self._beat_or_log()
        finally:
            connection.close()

    def _beat_or_log(self) -> None:
        try:
            self._stopped_running = not beat(self.job_id, self.runner)
            self._beaten_at = time.monotonic()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("heartbeat failed: %s", error)
            connection.close()


def beat(job_id: UUID | str, runner: str) -> bool:
    """One beat; returns whether the job is still running."""
    cluster_seen()
    with locked_job(job_id) as job:
        extend_leases(job, runner)
        if job.status != JobStatus.RUNNING:
            return False
        Job.objects.filter(pk=job.pk).update(heartbeat_at=clock.now())
        failpoint("in_heartbeat")
        return True


def cluster_seen() -> None:
    """Notes that work runs inside this process's cluster, where a supervisor started it."""
    cluster_id = os.environ.get(CLUSTER_ID)
    if cluster_id:
        Cluster.objects.filter(pk=int(cluster_id)).update(seen_at=clock.now())


def drain_requested() -> bool:
    """Whether the cluster is asked to stop: then its supervisor's end of a pipe closes, also where the supervisor is
    killed. Needs neither a signal (django-q2 uses those) nor a query."""
    fd = os.environ.get(DRAIN_FD)
    if not fd:
        return False
    readable, _, _ = select.select([int(fd)], [], [], 0)
    return bool(readable)
