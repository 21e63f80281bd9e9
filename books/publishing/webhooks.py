"""Webhooks: a row for each publish that outlives the book, and a job of the engine with a delivery an item."""

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
from django.db.models import F, Max
from django.dispatch import receiver
from django.utils.translation import gettext_noop

from books.errors import AddressRefused, DeliveryFailed
from books.models import (
    Announcement,
    Book,
    DeliveryState,
    Feed,
    Happening,
    PublishedGuideline,
    PublishedSet,
    WebhookDelivery,
    WebhookEndpoint,
)
from books.publishing.post import post, signed_headers
from jobs import clock
from jobs.actions import start_job
from jobs.errors import JobError
from jobs.models import Item, Job
from jobs.registry import Handler, PlannedItem
from jobs.states import ACTIVE, MAX_ATTEMPTS, Load
from jobs.sweep import swept

logger = logging.getLogger(__name__)


KIND = "webhook"


def announce(fresh: PublishedSet, happening: Happening, *, guidelines: int, written: int, removed: int) -> Announcement:
    """In the transaction that made the set ``fresh``: what is told is what was done, and it is told."""
    said = Announcement.objects.create(
        happening=happening,
        book_number=fresh.book_id,
        book_title=fresh.book.title,
        version=fresh.version,
        guidelines=guidelines,
        written=written,
        removed=removed,
        made_at=fresh.made_at,
    )
    deliveries = _deliveries(said)
    if deliveries:
        deliver_by_job(fresh.book_id, deliveries)
    return said


def announce_end(book: Book) -> None:
    """In the transaction that deletes a published ``book``. Its jobs go with it, so the sweep delivers."""
    newest = PublishedSet.objects.filter(book=book).aggregate(newest=Max("version"))["newest"]
    said = Announcement.objects.create(
        happening=Happening.WITHDRAWN,
        book_number=book.pk,
        book_title=book.title,
        version=newest + 1,
        guidelines=0,
        written=0,
        removed=PublishedGuideline.objects.filter(book=book).current().count(),
        made_at=Feed.move(clock.now()),
    )
    _deliveries(said)
    waiting = WebhookDelivery.objects.filter(announcement__book_number=book.pk, state=DeliveryState.WAITING)
    waiting.update(next_try=clock.now())


def _deliveries(said: Announcement) -> list[WebhookDelivery]:
    active = WebhookEndpoint.objects.filter(is_active=True)
    told = [each for each in active if not each.happenings or said.happening in each.happenings]
    return [WebhookDelivery.objects.create(endpoint=each, announcement=said) for each in told]


def deliver_by_job(book_id: int, deliveries: list[WebhookDelivery]) -> Job:
    job = start_job(book_id, KIND, params={"deliveries": [each.pk for each in deliveries]})
    WebhookDelivery.objects.filter(pk__in=[each.pk for each in deliveries]).update(job=job)
    return job


def deliver_again(deliveries: list[WebhookDelivery]) -> int:
    """Sends what no job is about to send once more, under the same id; returns how many."""
    count = 0
    for delivery in deliveries:
        is_over = WebhookDelivery.objects.filter(pk=delivery.pk).exclude(
            state=DeliveryState.WAITING, job__status__in=ACTIVE
        )
        book = Book.objects.filter(pk=delivery.announcement.book_number).first()
        again = {"state": DeliveryState.WAITING, "attempts": 0, "status_code": None, "error": ""}
        again["next_try"] = None if book else clock.now()
        if is_over.update(**again):
            count += 1
            if book:
                deliver_by_job(book.pk, [delivery])
    return count


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
    if not endpoint.secret:
        raise AddressRefused("Its secret cannot be read any more, since SECRET_KEY is another. Make a new one.")
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
    title = gettext_noop("Sending webhooks")
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


TELLING = Handler(kind=KIND, title=gettext_noop("Sending webhooks"), stages=(DeliverStage(),), is_exclusive=False)


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
