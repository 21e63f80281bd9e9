"""Telling other systems: a job of the engine with a delivery an item, and the sweep for books that are gone."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import F
from django.dispatch import receiver

from books.errors import AddressRefused, DeliveryFailed
from books.models import Announcement, DeliveryState, WebhookDelivery, WebhookEndpoint
from books.publishing.announcing import KIND
from books.publishing.outbound import post
from books.publishing.signing import signed_headers
from jobs import clock
from jobs.constants import MAX_ATTEMPTS, Load
from jobs.errors import JobError
from jobs.handlers import Handler, PlannedItem
from jobs.models import Item, Job
from jobs.sweep import swept

logger = logging.getLogger(__name__)

# After each failed try; the job rests meanwhile and holds no worker.
PAUSES = (10, 60, 600, 3600)
# A sweep is one of many things that its worker does.
SWEEP_SECONDS = 30


def send(delivery: WebhookDelivery, tries: int) -> int:
    """Sends once and returns the status of the answer. Raises JobError, with how long to wait where that may help."""
    said = delivery.announcement
    try:
        return _post(delivery.endpoint, said.number, body_of(said))
    except DeliveryFailed as error:
        error.retry_after = float(PAUSES[min(tries, len(PAUSES)) - 1])
        raise


def send_test(endpoint: WebhookEndpoint) -> int:
    """Sends what changes nothing and returns the status of the answer. Raises JobError."""
    document = {"type": "webhook.test", "timestamp": clock.now().isoformat(), "data": {}}
    return _post(endpoint, uuid4(), json.dumps(document).encode())


def _post(endpoint: WebhookEndpoint, number: UUID, body: bytes) -> int:
    headers = signed_headers(endpoint.secret, f"msg_{number.hex}", int(time.time()), body)
    headers |= {"Content-Type": "application/json", "User-Agent": "bookpipeline"}
    return post(endpoint.url, body, headers, may_stay_inside=settings.WEBHOOKS_MAY_STAY_INSIDE)


def body_of(said: Announcement) -> bytes:
    """Says what changed and where to read it, an address relative to ours; nothing that needs to be kept from anybody
    who may read it."""
    read = {"book": said.book_number} | ({"version": said.version} if said.guidelines else {})
    document = {
        "type": said.happening,
        "timestamp": said.made_at.isoformat(),
        "data": {
            "book_id": said.book_number,
            "book": said.book_title,
            "version": said.version,
            "guidelines": said.guidelines,
            "written": said.written,
            "removed": said.removed,
            "url": f"/api/guidelines?{urlencode(read)}",
        },
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


class DeliverStage:
    """One item a delivery."""

    name = "deliver"
    title = "Sending webhooks"
    unit = "system"
    required = False
    weight = 1
    load = Load.IO
    concurrency = 4
    provider = ""

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        rows = WebhookDelivery.objects.filter(pk__in=job.params["deliveries"], state=DeliveryState.WAITING)
        return [PlannedItem(str(row.pk), str(row.endpoint)) for row in rows.select_related("endpoint")]

    def work(self, item: Item) -> int:
        delivery = WebhookDelivery.objects.select_related("endpoint", "announcement").filter(pk=item.key).first()
        if delivery is None:
            raise AddressRefused("Its endpoint was deleted.")
        return send(delivery, item.attempts)

    def save(self, item: Item, result: int) -> None:
        _note(item.key, DeliveryState.DELIVERED, item.attempts, status_code=result, error="")

    def save_failure(self, item: Item, message: str) -> None:
        _note(item.key, DeliveryState.FAILED, item.attempts, error=message[:300])


def _note(pk: int | str, state: DeliveryState, attempts: int, **facts: Any) -> None:
    rows = WebhookDelivery.objects.filter(pk=pk)
    rows.update(state=state, attempts=attempts, tried_at=clock.now(), next_try=None, **facts)


TELLING = Handler(kind=KIND, title="Sending webhooks", stages=(DeliverStage(),), is_exclusive=False)


@receiver(swept)
def deliver_for_books_that_are_gone(**_: Any) -> None:
    """Called after each sweep. Whoever moves ``next_try`` on has the delivery, so two sweeps send it once."""
    ends_at = time.monotonic() + SWEEP_SECONDS
    due = WebhookDelivery.objects.filter(state=DeliveryState.WAITING, next_try__lte=clock.now())
    for delivery in due.select_related("endpoint", "announcement")[:20]:
        if time.monotonic() >= ends_at:
            return
        tries = delivery.attempts + 1
        next_try = clock.now() + timedelta(seconds=PAUSES[min(tries, len(PAUSES)) - 1])
        mine = WebhookDelivery.objects.filter(pk=delivery.pk, next_try=delivery.next_try)
        if mine.update(next_try=next_try, attempts=F("attempts") + 1):
            _try(delivery, tries)


def _try(delivery: WebhookDelivery, tries: int) -> None:
    try:
        status = send(delivery, tries)
    except JobError as error:
        facts = {"error": error.message[:300], "tried_at": clock.now()}
        WebhookDelivery.objects.filter(pk=delivery.pk).update(**facts)
        if not error.retryable or tries >= MAX_ATTEMPTS:
            _note(delivery.pk, DeliveryState.FAILED, tries, error=error.message[:300])
        logger.warning("a webhook was not delivered", extra={"delivery": delivery.pk, "tries": tries})
        return
    _note(delivery.pk, DeliveryState.DELIVERED, tries, status_code=status, error="")
