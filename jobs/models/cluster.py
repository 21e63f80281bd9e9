"""A running worker cluster as its supervisor and its own tasks report it."""

from __future__ import annotations

from django.db import models

from jobs.constants import Load


class Cluster(models.Model):
    """``seen_at`` is written by work that ran inside the cluster (a canary task or a slice's heartbeat), so that a
    cluster which is alive as a process but takes no work grows old here."""

    pool = models.CharField(max_length=8, choices=Load)
    host = models.CharField(max_length=100)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("pool", "id")

    def __str__(self) -> str:
        return f"{self.pool} cluster on {self.host} ({self.pid})"
