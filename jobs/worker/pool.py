"""What a supervisor tends: a pool's cluster, telling one that hangs from one that is busy, and a sweep of its own,
so that recovery needs no cluster that works."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import time
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.context import ForkProcess

from django.conf import settings
from django.db import DatabaseError, connection, connections

from jobs.heartbeat import CLUSTER_ID, DRAIN_FD
from jobs.models import STARTING_FACTOR, Cluster
from jobs.sweep import sweep_in_turn, turn_seconds
from jobs.worker.supervisor import Child, die_with

logger = logging.getLogger(__name__)


class Watch:
    """Silent means: for CANARY_PATIENCE_SECONDS nothing that ran inside the cluster wrote ``Cluster.seen_at``.

    Until the first such sign, while a machine under load may still start it, STARTING_FACTOR times as long.

    An idle cluster writes with each canary, a busy one with each slice it begins and each heartbeat of a slice. The
    time is this process's own, so that no clock that jumps kills a cluster, and starts anew while the database is away.
    """

    def __init__(self, cluster_id: int) -> None:
        self._cluster_id = cluster_id
        self._seen_at: datetime | None = None
        self._patient_since = time.monotonic()
        self._look_at = 0.0

    def is_silent(self) -> bool:
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + settings.CANARY_SECONDS
            self._look(now)
        patience = settings.CANARY_PATIENCE_SECONDS * (1 if self._seen_at else STARTING_FACTOR)
        return now - self._patient_since > float(patience)

    def _look(self, now: float) -> None:
        try:
            seen_at = Cluster.objects.filter(pk=self._cluster_id).values_list("seen_at", flat=True).first()
        except DatabaseError as error:
            logger.warning("supervisor cannot reach the database: %s", error)
            connection.close()
            self._patient_since = time.monotonic()
            return
        if seen_at != self._seen_at:
            self._seen_at = seen_at
            self._patient_since = now


class PoolCluster(Child):
    """Has a Cluster row exactly while its process runs; a row that could not be removed is swept away later."""

    def __init__(self, pool: str) -> None:
        super().__init__(f"{pool} cluster", [sys.executable, "-m", "jobs.worker.cluster"])
        self.pool = pool
        self._row: Cluster | None = None
        self._watch: Watch | None = None
        self._drain_end: int | None = None

    def start(self) -> None:
        try:
            self._row = Cluster.objects.create(pool=self.pool, host=socket.gethostname(), pid=os.getpid())
            process_id = self._launch(self._row.pk)
            Cluster.objects.filter(pk=self._row.pk).update(pid=process_id)
        except DatabaseError as error:
            logger.warning("%s cannot start without the database: %s", self.name, error)
            connection.close()
            self.clear_away()
            return
        self._watch = Watch(self._row.pk)

    def _launch(self, cluster_id: int) -> int:
        read_end, self._drain_end = os.pipe()
        environment = {
            "Q_CLUSTER_NAME": self.pool,
            CLUSTER_ID: str(cluster_id),
            DRAIN_FD: str(read_end),
            # One thread in each worker: there are as many workers as cores already.
            "OMP_NUM_THREADS": "1",
            "OMP_THREAD_LIMIT": "1",
        }
        try:
            return self.spawn(environment, (read_end,))
        finally:
            os.close(read_end)

    def is_hung(self) -> bool:
        return self._watch is not None and self._watch.is_silent()

    def ask_to_stop(self) -> None:
        """Slices stop claiming and give back what they hold; the cluster takes nothing more and ends."""
        self._close_pipe()
        super().ask_to_stop()

    def clear_away(self) -> None:
        super().clear_away()
        self._close_pipe()
        self._remove_row()

    def _close_pipe(self) -> None:
        if self._drain_end is not None:
            os.close(self._drain_end)
            self._drain_end = None

    def _remove_row(self) -> None:
        self._watch = None
        if self._row is None:
            return
        try:
            self._row.delete()
        except DatabaseError as error:
            logger.warning("the row of a %s stays: %s", self.name, error, extra={"cluster": self._row.pk})
            connection.close()
        self._row = None


class Sweeper:
    """A process that sweeps once, at the start and each minute. A fork of the supervisor: it has nothing to load.

    One that still sweeps when the next is due ten times over is killed.
    """

    def __init__(self) -> None:
        self._process: ForkProcess | None = None
        self._started_at = 0.0
        self._seconds_since = 0.0

    def tend(self) -> None:
        age = time.monotonic() - self._started_at
        if self._process and (not self._process.is_alive() or age > 10 * settings.JOB_SWEEP_SECONDS):
            self.clear_away()
        if self._process is None and (age >= settings.JOB_SWEEP_SECONDS or not self._started_at):
            self._start()

    def _start(self) -> None:
        # A connection that two processes share is good for neither.
        connections.close_all()
        self._started_at = time.monotonic()
        self._process = get_context("fork").Process(target=_sweep, args=(os.getpid(), self._seconds_since), daemon=True)
        self._process.start()
        self._seconds_since = turn_seconds()

    def is_alive(self) -> bool:
        return self._process is not None and self._process.is_alive()

    def ask_to_stop(self) -> None:
        """A sweep may end anywhere: each of its steps is a transaction of its own."""
        self.clear_away()

    def clear_away(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None


def _sweep(supervisor: int, seconds_since: float) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    die_with(supervisor)
    try:
        sweep_in_turn(seconds_since)
    except Exception:
        logger.exception("the sweep failed")
