"""Telling people by mail or Slack what they asked for: once each, never in the way of what it tells of.

A row is written with what it tells of, or by the sweep from the moves of jobs, and the sweep sends it, all that is due
to one person by one channel together. A server that is away is asked again later; nothing else waits for it.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import groupby
from smtplib import SMTPException
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import EmailMessage
from django.db.models import F, Q
from django.dispatch import receiver
from django.urls import reverse

from books.access import open_books
from books.language import counted
from books.models import Assignment, Book, Channel, Notice, Page, PageReview, Preferences, ReviewStatus, Subtopic
from books.ocr.review import READ
from books.publishing.post import post
from jobs import clock
from jobs.errors import JobError
from jobs.models import Event
from jobs.states import JobStatus
from jobs.sweep import swept

logger = logging.getLogger(__name__)

TOLD: Final = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.PAUSED)
# The newest moves of jobs that a sweep looks at, and how old one may be to be told of.
LOOKED_AT, TOLD_FOR = 2000, timedelta(days=1)
# After each failed try; the last again and again, until GIVEN_UP_AFTER.
PAUSES: Final = (60, 300, 1800, 3600)
GIVEN_UP_AFTER: Final = timedelta(days=7)
# A sweep is one of many things that its worker does.
SWEEP_SECONDS, AT_ONCE = 30, 200


def tell(people: Iterable[User], key: str, sentence: str, path: str) -> None:
    """Leaves a notice for those of ``people`` who asked for some, by each channel; in the caller's transaction."""
    choices = Preferences.objects.filter(person__in=list(people)).select_related("person")
    rows = [
        Notice(person=each.person, channel=channel, key=key, sentence=sentence[:500], path=path, next_try=clock.now())
        for each in choices
        for channel in each.channels
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)


@receiver(swept)
def tell_of_jobs(**_: Any) -> None:
    """Of a job's end or pause: whoever asked for it, owns its book or was given some of it, and did not do it."""
    choices = Preferences.objects.filter(person__is_active=True).select_related("person")
    asked = [each for each in choices if each.channels]
    if not asked:
        return
    newest = Event.objects.order_by("-pk").values("pk")[:LOOKED_AT]
    moves = Event.objects.filter(pk__in=list(newest.values_list("pk", flat=True)), to_status__in=TOLD)
    moves = moves.filter(at__gt=clock.now() - TOLD_FOR, job__is_exclusive=True).select_related("job__book")
    # A pause that ends by itself needs nobody.
    ended = moves.exclude(Q(to_status=JobStatus.PAUSED) & (Q(job__wake_at__isnull=False) | ~Q(job__status="paused")))
    for choice in asked:
        person = choice.person
        mine = Q(job__requested_by=person) | Q(job__book__owner=person)
        mine |= Q(job__book__in=Assignment.objects.filter(person=person).values("book"))
        known = Notice.objects.filter(person=person, key__startswith="event ").values_list("key", flat=True)
        told = {int(key.removeprefix("event ")) for key in known}
        fresh = ended.filter(mine, at__gt=choice.since, job__book__in=open_books(person).order_by())
        for event in fresh.exclude(actor=person.get_username()).order_by("pk"):
            if event.pk not in told:
                tell([person], f"event {event.pk}", _sentence(event), _path(event))


def _sentence(event: Event) -> str:
    job = event.job
    said = f"{job.book.title}: {job.title}: {JobStatus(event.to_status).label.lower()}."
    if event.to_status == JobStatus.COMPLETED:
        failed = f" {counted(job.failed_items or 0, 'item')} failed." if job.failed_items else ""
        return f"{said}{failed} {_what_waits(job.book)}".strip()
    return f"{said} {event.reason or job.error_message}"


def _what_waits(book: Book) -> str:
    pages = Page.objects.filter(READ, book=book, review=PageReview.PENDING).count()
    guidelines = Subtopic.objects.filter(topic__book=book, status=ReviewStatus.PENDING_REVIEW).count()
    found = [counted(n, noun) for n, noun in ((pages, "page"), (guidelines, "guideline")) if n]
    return f"To review: {' and '.join(found)}." if found else ""


def _path(event: Event) -> str:
    if event.to_status == JobStatus.COMPLETED:
        return reverse("admin:books_book_overview", args=[event.job.book_id])
    return reverse("admin:jobs_job_change", args=[event.job_id])


# ---- sending --------------------------------------------------------------------------------------------------------


@receiver(swept)
def send_due(**_: Any) -> None:
    """Whoever moves ``next_try`` on has the notices: two sweeps send them once. Mail waits for who has its server."""
    ends_at = time.monotonic() + SWEEP_SECONDS
    due = Notice.objects.filter(next_try__lte=clock.now()).order_by("person", "channel", "pk")
    due = due if settings.HAS_MAIL else due.exclude(channel=Channel.MAIL)
    away: set[str] = set()
    for (person, channel), group in groupby(list(due[:AT_ONCE]), key=lambda each: (each.person_id, each.channel)):
        if time.monotonic() < ends_at and channel not in away:
            mine = [each for each in group if _take(each)]
            if mine and not _send(person, channel, mine) and channel == Channel.MAIL:
                away.add(channel)  # one server for all


def _take(notice: Notice) -> bool:
    next_try = clock.now() + timedelta(seconds=PAUSES[min(notice.attempts, len(PAUSES) - 1)])
    over = clock.now() - notice.made_at > GIVEN_UP_AFTER
    rows = Notice.objects.filter(pk=notice.pk, next_try=notice.next_try)
    return bool(rows.update(next_try=None if over else next_try, attempts=F("attempts") + 1))


def _send(person_id: int, channel: str, notices: Sequence[Notice]) -> bool:
    """Returns whether it went; what its person no longer wants, or may no longer see, is dropped."""
    rows = Notice.objects.filter(pk__in=[each.pk for each in notices])
    choice = Preferences.objects.filter(person=person_id, person__is_active=True).select_related("person").first()
    if choice is None or channel not in choice.channels:
        rows.delete()
        return True
    lines = [f"{each.sentence}\n{settings.SITE_URL}{each.path}" for each in notices]
    try:
        (_mail if channel == Channel.MAIL else _slack)(choice, lines)
    except (JobError, SMTPException, OSError) as error:
        rows.update(error=str(error)[:300])
        logger.warning("a notice was not sent", extra={"channel": channel, "error": str(error)[:300]})
        return False
    rows.update(sent_at=clock.now(), next_try=None, error="")
    return True


def _mail(choice: Preferences, lines: Sequence[str]) -> None:
    first = lines[0].splitlines()[0]
    subject = first if len(lines) == 1 else f"{len(lines)} notices"
    why = f"You asked for this: {settings.SITE_URL}{reverse('admin:books_account')}"
    # A subject has one line, whatever a book's title has.
    EmailMessage(" ".join(subject.split())[:150], "\n\n".join([*lines, why]), to=[choice.person.email]).send()


def _slack(choice: Preferences, lines: Sequence[str]) -> None:
    # Slack reads these three as its own signs, such as a mention of everybody.
    said = "\n".join(lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    body = json.dumps({"text": said}).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "bookpipeline"}
    post(choice.slack_url, body, headers, may_stay_inside=settings.WEBHOOKS_MAY_STAY_INSIDE)
