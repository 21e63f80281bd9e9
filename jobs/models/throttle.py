"""What all workers know together about a provider outside this process."""

from __future__ import annotations

from django.db import models


class Throttle(models.Model):
    """One row a provider, written by ``jobs.throttle`` alone, under the row's lock.

    No call may begin before ``cool_until``. ``outage_since`` is set from the failure that showed the provider to be
    away until the first answer; meanwhile only one call at a time, the probe, may be made. Calls in flight are not
    counted here: they are the leased items of the provider's stages, so those of a killed worker end with its leases.
    """

    provider = models.CharField(max_length=60, unique=True)
    limit = models.PositiveSmallIntegerField(help_text="Calls that may be in flight.")
    answers = models.PositiveIntegerField(default=0, help_text="Since the limit was last raised.")
    cool_until = models.DateTimeField(null=True, blank=True)
    limited_at = models.DateTimeField(null=True, blank=True, help_text="When the last wave of calls was refused.")
    refusals = models.PositiveIntegerField(default=0, help_text="Rate limits in a row, without an answer between.")
    window = models.JSONField(default=list, blank=True, help_text="The last minute's calls; see jobs.window.")
    failures = models.PositiveIntegerField(default=0, help_text="In a row, without an answer between.")
    failed_at = models.DateTimeField(null=True, blank=True)
    outage_since = models.DateTimeField(null=True, blank=True)
    probes = models.PositiveIntegerField(default=0, help_text="Failed ones of the present outage.")
    rate_limits = models.PositiveBigIntegerField(default=0, help_text="Ever.")
    waits = models.PositiveBigIntegerField(default=0, help_text="Calls and slices turned away, ever.")

    class Meta:
        ordering = ("provider",)

    def __str__(self) -> str:
        return f"{self.provider}, {self.limit} calls at a time"
