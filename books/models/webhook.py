"""Whom to tell of what is published, and how telling them goes."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Cast
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from books.models.publication import Announcement
from books.sealing import SealedField
from jobs.models import Item, Job


class WebhookEndpoint(models.Model):
    """An address of another system. ``secret`` signs what is sent there, so it is kept, sealed.

    ``happenings`` are the events that it is told of; none means all.
    """

    url = models.CharField(_("url"), max_length=500, help_text="https://…")
    description = models.CharField(_("description"), max_length=80, blank=True)
    happenings = models.JSONField(default=list, verbose_name=_("events"))
    secret = SealedField(editable=False)
    is_active = models.BooleanField(_("is active"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("webhook endpoint"), _("webhook endpoints")
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
            raise ValidationError(
                {
                    "url": gettext("Give a whole address that begins with {schemes}.").format(
                        schemes=" or ".join(schemes)
                    )
                }
            ) from error
        if "@" in self.url.split("/")[2]:
            raise ValidationError(
                {"url": gettext("No user name or password in the address: the signature takes their place.")}
            )


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class Standing(NamedTuple):
    """How a delivery stands: as its ``state``, or "stopped" where its job ended before it arrived. ``tried_at`` and
    ``next_try`` are None where it was, or will be, never tried."""

    state: str
    attempts: int
    error: str
    tried_at: datetime | None
    next_try: datetime | None


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def with_item(self) -> WebhookDeliveryQuerySet:
        """Adds the columns of the item that tries each, as ``item_attempts`` and so on."""
        items = Item.objects.filter(job=OuterRef("job"), key=Cast(OuterRef("pk"), models.CharField()))
        names = ("attempts", "error_message", "started_at", "not_before")
        return self.annotate(**{f"item_{name}": Subquery(items.values(name)[:1]) for name in names})


class WebhookDelivery(models.Model):
    """waiting -> delivered | failed, and back to waiting when a person asks for it again.

    ``job`` tries it; where the book is gone, and with it its jobs, the sweep does, at ``next_try``. While a job tries,
    its item knows how it stands.
    """

    endpoint = models.ForeignKey(
        WebhookEndpoint, verbose_name=_("endpoint"), on_delete=models.CASCADE, related_name="deliveries"
    )
    announcement = models.ForeignKey(
        Announcement, verbose_name=_("announcement"), on_delete=models.CASCADE, related_name="deliveries"
    )
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try = models.DateTimeField(_("next try"), null=True)
    status_code = models.PositiveSmallIntegerField(
        _("status code"), null=True, help_text=_("What the other system answered.")
    )
    error = models.CharField(_("error"), max_length=300, blank=True)
    tried_at = models.DateTimeField(_("tried at"), null=True)

    objects = WebhookDeliveryQuerySet.as_manager()
    item_attempts: int | None  # and those below: on rows of with_item
    item_error_message: str | None
    item_started_at: datetime | None
    item_not_before: datetime | None

    class Meta:
        verbose_name, verbose_name_plural = _("webhook delivery"), _("webhook deliveries")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["endpoint", "announcement"], name="delivered_once_per_endpoint"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
        )
        indexes = (models.Index(fields=["next_try"], condition=Q(state="waiting"), name="delivery_to_try"),)

    def __str__(self) -> str:
        return gettext("{announcement} to {endpoint}").format(announcement=self.announcement, endpoint=self.endpoint)

    @property
    def standing(self) -> Standing:
        """Of a row of ``with_item``, its job at hand."""
        state = self.state
        if self.state != DeliveryState.WAITING or self.job is None or self.item_attempts is None:
            return Standing(state, self.attempts, self.error, self.tried_at, self.next_try)
        tried = self.item_attempts, self.item_error_message or "", self.item_started_at
        if not self.job.is_active:
            return Standing("stopped", *tried, None)
        return Standing(state, *tried, self.item_not_before)
