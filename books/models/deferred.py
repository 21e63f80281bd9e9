"""Calls that a provider answers later for less."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from books.models.book import Book
from jobs.models import Item, Job


class Window(models.TextChoices):
    """Within which time the provider answers; what it takes off the price is in ``books.providers.economy``."""

    TWO_HOURS = "2h", "within 2 hours"
    EIGHT_HOURS = "8h", "within 8 hours"
    DAY = "24h", "within 24 hours"


class DeferredState(models.TextChoices):
    WAITING = "waiting", "Waiting to be sent"
    SENT = "sent", "Sent"


class ProviderBatch(models.Model):
    """A file of calls at the provider. Committed before it is sent, under an id that the provider repeats, so that
    one sent by a process that died then is found again and not sent twice."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider_id = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "provider batches"

    def __str__(self) -> str:
        return self.provider_id or str(self.pk)


class DeferredCall(models.Model):
    """waiting -> sent -> gone: its answer is then a ModelCall that was received. Back to waiting where none came.

    ``body`` is what Chat Completions would be sent. ``reserved`` counts as spent where a cap holds.
    """

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    window = models.CharField(max_length=3, choices=Window)
    state = models.CharField(max_length=8, choices=DeferredState, default=DeferredState.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    batch = models.ForeignKey(ProviderBatch, null=True, on_delete=models.SET_NULL, related_name="calls")
    provider_id = models.CharField(max_length=120, blank=True, help_text="Of a response in the background.")
    stage = models.CharField(max_length=40)
    model = models.CharField(max_length=80)
    prompt_version = models.CharField(max_length=20)
    schema_version = models.CharField(max_length=20)
    input_sha256 = models.CharField(max_length=64)
    body = models.JSONField()
    reserved = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["book", "input_sha256"], name="deferred_call_once_per_input"),
            models.CheckConstraint(condition=~Q(state="sent") | Q(sent_at__isnull=False), name="deferred_sent_time"),
        )
        indexes = (models.Index(fields=["state", "window"], name="deferred_state_window"),)

    def __str__(self) -> str:
        return f"{self.stage} call to {self.model}, {self.get_window_display()}"
