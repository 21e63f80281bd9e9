"""Saying that what readers get has changed: a row that outlives the book, and a delivery to each who wants to know."""

from __future__ import annotations

from django.db.models import Max

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
from jobs import clock
from jobs.constants import ACTIVE
from jobs.models import Job
from jobs.starting import start_job

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
    endpoints = [each for each in WebhookEndpoint.objects.filter(is_active=True) if said.happening in each.happenings]
    return [WebhookDelivery.objects.create(endpoint=each, announcement=said) for each in endpoints]


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
