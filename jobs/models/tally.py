"""What the engine notes about itself: counts that outlive the rows they count, and the sweep's last pass."""

from __future__ import annotations

from django.db import models


class Tally(models.Model):
    """A number that only grows, whatever rows are deleted."""

    name = models.CharField(max_length=40, primary_key=True)
    count = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.count}"


class SweepRun(models.Model):
    """The latest pass of the sweep, in the one row with the key 1. ``helped`` counts jobs by what was done for them.

    A pass that began after the last one finished is under way: by this row there is one at a time.
    """

    begun_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    seconds = models.FloatField(default=0)
    helped = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"swept at {self.finished_at:%Y-%m-%d %H:%M:%S}" if self.finished_at else "not swept yet"
