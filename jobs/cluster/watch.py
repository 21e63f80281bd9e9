"""Telling a cluster that hangs from one that is busy."""

from __future__ import annotations

import logging
import time
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection

from jobs.models import Cluster
from jobs.models.cluster import STARTING_FACTOR

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
