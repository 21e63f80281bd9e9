"""A running worker cluster as its supervisor and its own tasks report it."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs import clock
from jobs.constants import Load

# Under load a cluster may take this many times the patience to come to life.
STARTING_FACTOR = 5


class ClusterQuerySet(models.QuerySet["Cluster"]):
    def with_is_alive(self) -> ClusterQuerySet:
        return self.annotate(is_alive=_is_alive())

    def alive(self) -> ClusterQuerySet:
        return self.filter(_is_alive())


def _is_alive() -> Q:
    patience = timedelta(seconds=settings.CANARY_PATIENCE_SECONDS)
    now = clock.now()
    return Q(seen_at__gt=now - patience) | Q(seen_at=None, started_at__gt=now - STARTING_FACTOR * patience)


class Cluster(models.Model):
    """``seen_at`` is written by work that ran inside the cluster (a canary task or a slice's heartbeat), so that a
    cluster which is alive as a process but takes no work grows old here.

    One rule for whoever counts or lists: alive is what was seen within CANARY_PATIENCE_SECONDS, and what still starts.
    The row of a cluster that was killed with its supervisor stays, silent, until the sweep forgets it.
    """

    pool = models.CharField(max_length=8, choices=Load)
    host = models.CharField(max_length=100)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    objects = ClusterQuerySet.as_manager()

    class Meta:
        ordering = ("pool", "id")

    def __str__(self) -> str:
        return f"{self.pool} cluster on {self.host} ({self.pid})"
