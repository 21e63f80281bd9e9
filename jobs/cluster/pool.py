"""The cluster of one pool as its supervisor sees it: a process, a row, a pipe that says "drain"."""

from __future__ import annotations

import logging
import os
import socket
import sys

from django.db import DatabaseError, connection

from jobs.cluster.child import Child
from jobs.cluster.watch import Watch
from jobs.drain import DRAIN_FD
from jobs.heartbeat import CLUSTER_ID
from jobs.models import Cluster

logger = logging.getLogger(__name__)


class PoolCluster(Child):
    """Has a Cluster row exactly while its process runs; a row that could not be removed is swept away later."""

    def __init__(self, pool: str) -> None:
        super().__init__(f"{pool} cluster", [sys.executable, "-m", "jobs.cluster.main"])
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
