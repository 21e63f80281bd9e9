"""Who did what, in one list: requests, sign-ins and changed rows; changes of guidelines; moves of jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import URLPattern
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from books.access import EVERY, open_books
from books.admin.guards import StaffRequest, route, screen
from books.admin.said import as_said
from books.models import AuditEntry, Book, Change
from books.numbers import number_of
from jobs.models import Event
from jobs.registry import handlers

SHOWN: Final = 50
# Titles that a search for a book may match.
BOOKS: Final = 100


def routes() -> list[URLPattern]:
    return [route("audit/", audit, "books_audit")]


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    who: str
    what: str
    book: int | None = None
    outcome: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """``person`` is a user name; ``books`` are numbers, None for all and for what belongs to none; ``open`` are
    those that whoever asks may open, None for all there ever were."""

    person: str
    books: list[int] | None
    since: datetime | None
    before: datetime | None
    open: QuerySet[Book] | None

    def rows(self, rows: QuerySet[Any], *, at: str, person: str, book: str) -> QuerySet[Any]:
        """The newest of ``rows``, whose fields have these names."""
        wanted = Q()
        if self.person:
            wanted &= Q(**{person: self.person})
        if self.books is not None:
            wanted &= Q(**{f"{book}__in": self.books})
        if self.open is not None:
            wanted &= Q(**{f"{book}__in": self.open}) | Q(**{f"{book}__isnull": True})
        if self.since:
            wanted &= Q(**{f"{at}__gte": self.since})
        if self.before:
            wanted &= Q(**{f"{at}__lt": self.before})
        return rows.filter(wanted).order_by("-pk")[: SHOWN + 1]


@screen("books.view_auditentry")
def audit(request: StaffRequest) -> HttpResponseBase:
    """``?person=&book=&since=&until=``; ``before`` is where the page above ended."""
    lines = sorted(_lines(_wanted(request.GET, request.user)), key=lambda line: line.at, reverse=True)
    shown = lines[:SHOWN]
    titles = dict(Book.objects.filter(pk__in={line.book for line in shown if line.book}).values_list("pk", "title"))
    older = request.GET.copy()
    older["before"] = shown[-1].at.isoformat() if shown else ""
    context = {
        **admin.site.each_context(request),
        "title": _("Audit"),
        "lines": [(line, titles.get(line.book or 0)) for line in shown],
        "people": User.objects.order_by("username").values_list("username", flat=True),
        "asked": request.GET,
        "older": older.urlencode() if len(lines) > SHOWN else "",
    }
    return render(request, "bookpipeline/audit.html", context)


def _wanted(asked: QueryDict, asking: User) -> Wanted:
    since, until = (parsed(asked.get(name, "")) for name in ("since", "until"))
    before = _datetime(asked.get("before", "")) or (until + timedelta(days=1) if until else None)
    book = asked.get("book", "").strip()
    seen = None if asking.has_perm(EVERY) else open_books(asking).order_by()
    return Wanted(asked.get("person", ""), _books(book) if book else None, since, before, seen)


def parsed(text: str) -> datetime | None:
    """The beginning of a day; None for what is none."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None


def _datetime(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and timezone.is_aware(moment) else None


def _books(text: str) -> list[int]:
    """By number, also of one that was deleted, or by words of the title."""
    number = number_of(text)
    if number is not None:
        return [number]
    return list(Book.objects.filter(title__icontains=text).values_list("pk", flat=True)[:BOOKS])


def _lines(wanted: Wanted) -> Iterator[Line]:
    for source in SOURCES:
        yield from source(wanted)


def _requests(wanted: Wanted) -> Iterable[Line]:
    for entry in wanted.rows(AuditEntry.objects.all(), at="at", person="name", book="book_number"):
        of_row = entry.about.startswith("“")
        what = (" " if of_row else ", ").join(filter(None, [_words(entry.action), entry.about]))
        who = _("{name}, by {token}").format(name=entry.name, token=entry.token) if entry.token else entry.name
        yield Line(entry.at, who, what, entry.book_number, entry.get_outcome_display(), entry.detail)


def _words(action: str) -> str:
    """ "admin:books_book_page_decide" and "api-1:read_pages" as words."""
    space, name = action.rpartition(":")[::2]
    words = name.removeprefix("books_book_").removeprefix("jobs_").replace("_", " ")
    words = words[:1].upper() + words[1:]
    return _("{words} (API)").format(words=words) if space.startswith("api") else words


def _changes(wanted: Wanted) -> Iterable[Line]:
    for made in wanted.rows(Change.objects.all(), at="made_at", person="name", book="book"):
        what = _("Guidelines: {change}").format(change=as_said(made.sentence))
        yield Line(made.made_at, made.name, what, made.book_id, _("Done"))


def _job_events(wanted: Wanted) -> Iterable[Line]:
    events = Event.objects.select_related("job")
    for event in wanted.rows(events, at="at", person="actor", book="job__book"):
        handler = handlers().get(event.job.kind)
        what = f"{_(handler.title) if handler else event.job.kind}: {as_said(event.to_status.capitalize()).lower()}"
        yield Line(event.at, event.actor, what, event.job.book_id, "", as_said(event.reason))


SOURCES: Final[tuple[Callable[[Wanted], Iterable[Line]], ...]] = (_requests, _changes, _job_events)
