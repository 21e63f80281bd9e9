"""Whom to tell when what readers get has changed, and how that went."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q

from books.models.publication import Announcement, Happening
from jobs.models import Job


def _all_happenings() -> list[str]:
    return [str(value) for value in Happening.values]


class WebhookEndpoint(models.Model):
    """An address of another system. ``secret`` signs what is sent there, so it is kept as it is."""

    url = models.CharField(max_length=500, help_text="https://…")
    description = models.CharField(max_length=80, blank=True)
    happenings = models.JSONField(default=_all_happenings, verbose_name="is told of")
    secret = models.CharField(max_length=80, editable=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("url",)

    def __str__(self) -> str:
        return self.description or self.url

    def clean(self) -> None:
        """Whether the address may be reached is judged at each delivery: names point elsewhere tomorrow."""
        from django.conf import settings

        schemes = ["https", "http"] if settings.WEBHOOKS_MAY_STAY_INSIDE else ["https"]
        try:
            URLValidator(schemes)(self.url)
        except ValidationError as error:
            raise ValidationError({"url": f"Give a whole address that begins with {' or '.join(schemes)}."}) from error
        if "@" in self.url.split("/")[2]:
            raise ValidationError({"url": "No user name or password in the address: the signature takes their place."})


class DeliveryState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class WebhookDelivery(models.Model):
    """waiting -> delivered | failed, and back to waiting when a person asks for it again.

    ``job`` tries it; where the book is gone, and with it its jobs, the sweep does, at ``next_try``.
    """

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    announcement = models.ForeignKey(Announcement, on_delete=models.CASCADE, related_name="deliveries")
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try = models.DateTimeField(null=True)
    status_code = models.PositiveSmallIntegerField(null=True, help_text="What the other system answered.")
    error = models.CharField(max_length=300, blank=True)
    tried_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "webhook deliveries"
        constraints = (
            models.UniqueConstraint(fields=["endpoint", "announcement"], name="delivered_once_per_endpoint"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
        )
        indexes = (models.Index(fields=["next_try"], condition=Q(state="waiting"), name="delivery_to_try"),)

    def __str__(self) -> str:
        return f"{self.announcement} to {self.endpoint}"
