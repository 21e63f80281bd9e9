"""One unit of a stage: a page, a window of pages, a subtopic."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from jobs.constants import DEATHS_IN_COMPANY, ItemState
from jobs.models.job import Job


class Item(models.Model):
    """pending -> leased -> done | failed, and back to pending for another attempt.

    ``lease_token`` grows with every claim and every taking away; only the holder of the present token may finish the
    item. ``attempts`` is counted at the claim and given back where the item was not tried to its end. ``crashes``
    counts the workers that died with the item in hand; a suspect met so many that it is worked alone.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="items")
    stage = models.CharField(max_length=40)
    ordinal = models.PositiveIntegerField()
    key = models.CharField(max_length=80, help_text="What the stage's plan calls it; stable from run to run.")
    label = models.CharField(max_length=80, help_text="What a person calls it: a page number, a title.")
    lane = models.CharField(max_length=40, blank=True, help_text="Items of one lane are worked in order.")
    fingerprint = models.CharField(max_length=64, blank=True, help_text="A resumed job keeps it while this is equal.")
    state = models.CharField(max_length=8, choices=ItemState, default=ItemState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    lease_token = models.PositiveBigIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    leased_by = models.CharField(max_length=40, blank=True)
    error_kind = models.CharField(max_length=12, blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("job", "ordinal")
        constraints = (
            models.UniqueConstraint(fields=["job", "stage", "key"], name="item_key_once_per_stage"),
            models.UniqueConstraint(fields=["job", "ordinal"], name="item_ordinal_once_per_job"),
            models.CheckConstraint(condition=Q(state__in=ItemState.values), name="item_state_known"),
            models.CheckConstraint(
                condition=(Q(state="leased") & Q(lease_expires_at__isnull=False))
                | (~Q(state="leased") & Q(lease_expires_at__isnull=True)),
                name="item_lease_exactly_when_leased",
            ),
        )
        indexes = (
            models.Index(fields=["job", "stage", "state", "ordinal"], name="item_in_order"),
            # The few leased items among all that were ever done; the condition is what a database can see to hold.
            models.Index(
                fields=["lease_expires_at"], condition=Q(lease_expires_at__isnull=False), name="item_under_lease"
            ),
            models.Index(fields=["job", "ordinal"], condition=~Q(error_code=""), name="item_with_an_error"),
        )

    def __str__(self) -> str:
        return f"{self.stage} {self.label}"

    @property
    def is_suspect(self) -> bool:
        return self.crashes >= DEATHS_IN_COMPANY
