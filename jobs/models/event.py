"""The log of a job's moves."""

from __future__ import annotations

from django.db import models

from jobs.models.job import Job


class Event(models.Model):
    """One row per transition: from where, to where, by whom and why. Never changed."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    from_status = models.CharField(max_length=12, blank=True)
    to_status = models.CharField(max_length=12)
    actor = models.CharField(max_length=150)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.from_status or 'new'} to {self.to_status} by {self.actor}"
