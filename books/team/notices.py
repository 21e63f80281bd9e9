"""Telling people by mail or Slack what they asked for: once each, never in the way of what it tells of.

A row is written with what it tells of, or by the sweep from the moves of jobs, and the sweep sends it, all that is due
to one person by one channel together. A server that is away is asked again later; nothing else waits for it.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
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
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from books.access import open_books
from books.models import Assignment, Book, Channel, Notice, Page, Preferences, ReviewStatus, Subtopic
from books.ocr.review import WAITING
from books.publishing.post import post
from books.sentences import Told, gettext_noop, joined, told, told_count, whole
from books.wording import in_language
from jobs import clock
from jobs.errors import JobError
from jobs.models import Event
from jobs.states import JobStatus
from jobs.sweep import swept

logger = logging.getLogger(__name__)

TOLD: Final[dict[str, str]] = {
    JobStatus.COMPLETED: gettext_noop("{book}: {job}: completed."),
    JobStatus.FAILED: gettext_noop("{book}: {job}: failed."),
    JobStatus.PAUSED: gettext_noop("{book}: {job}: paused."),
}
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
        Notice(person=each.person, channel=channel, key=key, sentence=sentence, path=path, next_try=clock.now())
        for each in choices
        for channel in each.channels
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=True)


@receiver(swept)
def tell_of_jobs(**_facts: Any) -> None:
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


def _sentence(event: Event) -> Told:
    job = event.job
    said: list[str] = [told(TOLD[event.to_status], book=job.book.title, job=whole(job.title))]
    if event.to_status == JobStatus.COMPLETED:
        if job.failed_items:
            said.append(told_count("{count} item failed.", "{count} items failed.", count=job.failed_items))
        said += _what_waits(job.book)
    else:
        said.append(whole(event.reason or job.error_message))
    return joined(said, " ")


def _what_waits(book: Book) -> Iterator[Told]:
    pages = Page.objects.filter(WAITING, book=book).count()
    guidelines = Subtopic.objects.filter(topic__book=book, status=ReviewStatus.PENDING_REVIEW).count()
    counts = (
        told_count("{count} page", "{count} pages", count=pages),
        told_count("{count} guideline", "{count} guidelines", count=guidelines),
    )
    found = [each for each in counts if each.parts["count"]]
    if found:
        yield told("To review: {what}.", what=joined(found))


def _path(event: Event) -> str:
    if event.to_status == JobStatus.COMPLETED:
        return reverse("admin:books_book_overview", args=[event.job.book_id])
    return reverse("admin:jobs_job_change", args=[event.job_id])


# ---- sending --------------------------------------------------------------------------------------------------------


@receiver(swept)
def send_due(**_facts: Any) -> None:
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
    try:
        with override(choice.language or settings.LANGUAGE_CODE):
            lines = [f"{in_language(each.sentence)}\n{settings.SITE_URL}{each.path}" for each in notices]
            (_mail if channel == Channel.MAIL else _slack)(choice, lines)
    except (JobError, SMTPException, OSError) as error:
        rows.update(error=str(error)[:300])
        logger.warning("a notice was not sent", extra={"channel": channel, "error": str(error)[:300]})
        return False
    rows.update(sent_at=clock.now(), next_try=None, error="")
    return True


def _mail(choice: Preferences, lines: Sequence[str]) -> None:
    first = lines[0].splitlines()[0]
    count = len(lines)
    subject = first if count == 1 else ngettext("{count} notice", "{count} notices", count).format(count=count)
    address = f"{settings.SITE_URL}{reverse('admin:books_account')}"
    why = _("You asked for this: {address}").format(address=address)
    # A subject has one line, whatever a book's title has.
    EmailMessage(" ".join(subject.split())[:150], "\n\n".join([*lines, why]), to=[choice.person.email]).send()


def _slack(choice: Preferences, lines: Sequence[str]) -> None:
    # Slack reads these three as its own signs, such as a mention of everybody.
    said = "\n".join(lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    body = json.dumps({"text": said}).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "bookpipeline"}
    post(choice.slack_url, body, headers, may_stay_inside=settings.WEBHOOKS_MAY_STAY_INSIDE)
