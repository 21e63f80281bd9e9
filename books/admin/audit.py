"""Who did what, in one list: requests, sign-ins and changed rows; changes of guidelines; moves of jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum, auto
from typing import Any, Final

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.http import HttpResponseBase, QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from books.access import EVERY, open_books
from books.admin.audit_words import MOVES, act_in_words, row_in_words
from books.admin.guards import StaffRequest, screen, show
from books.models import AuditEntry, Book, Change, Outcome
from books.numbers import number_of
from books.wording import in_language
from jobs.models import Event
from jobs.registry import handlers
from jobs.states import JobStatus

SHOWN: Final = 50
# From what a request did to its own note. Longer, and what somebody did before on another screen would seem its doing.
TOGETHER: Final = timedelta(seconds=3)
# Titles that a search for a book may match.
BOOKS: Final = 100


class Source(Enum):
    """What was asked for; what that made happen; and what is neither."""

    REQUEST = auto()
    EFFECT = auto()
    ALONE = auto()


@dataclass(slots=True)
class Line:
    """``words`` follow the name: "approved page 3". ``outcome`` is "" where it was done."""

    at: datetime
    who: str
    words: str
    book: int | None = None
    outcome: str = ""
    detail: str = ""
    url: str = ""
    token: str = ""
    source: Source = Source.ALONE


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


@screen("books.view_auditentry", "/books/book/audit/", "books_audit")
def audit(request: StaffRequest) -> HttpResponseBase:
    """``?person=&book=&since=&until=``; ``before`` is where the page above ended."""
    sources = [list(source(_wanted(request.GET, request.user))) for source in SOURCES]
    # Where one was not read to its end, what the others have from before that would stand there without its own.
    floor = max((rows[-1].at for rows in sources if len(rows) > SHOWN), default=None)
    told = _one_an_act(sorted((line for rows in sources for line in rows), key=lambda line: line.at, reverse=True))
    lines = [line for line in told if floor is None or line.at >= floor]
    shown = lines[:SHOWN]
    titles = dict(Book.objects.filter(pk__in={line.book for line in shown if line.book}).values_list("pk", "title"))
    older = request.GET.copy()
    older["before"] = shown[-1].at.isoformat() if shown else ""
    context = {
        "title": _("Audit"),
        "lines": [(line, titles.get(line.book or 0)) for line in shown],
        "people": User.objects.order_by("username").values_list("username", flat=True),
        "asked": request.GET,
        "older": older.urlencode() if floor or len(lines) > SHOWN else "",
    }
    return show(request, "audit", context)


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


def _one_an_act(lines: Iterable[Line]) -> list[Line]:
    """The newest first. A request is noted after what it made happen: the two are one line, in the words of what
    happened if that was one thing."""
    kept: list[Line] = []
    requests: dict[str, tuple[Line, list[Line]]] = {}
    for line in lines:
        asked, happened = requests.get(line.who, (None, []))
        is_effect = asked is not None and line.source == Source.EFFECT and asked.book in {None, line.book}
        if asked is not None and is_effect and asked.at - line.at < TOGETHER:
            happened.append(line)
        else:
            kept.append(line)
        if line.source == Source.REQUEST:
            requests[line.who] = line, []
            _tell(asked, happened)
    for asked, happened in requests.values():
        _tell(asked, happened)
    return kept


def _tell(asked: Line | None, happened: list[Line]) -> None:
    if asked is None or not happened:
        return
    asked.at = happened[-1].at  # where the next page begins
    asked.book = asked.book or next((each.book for each in happened if each.book), None)
    if len(happened) == 1:
        only = happened[0]
        asked.words, asked.detail, asked.url = only.words, only.detail, only.url or asked.url
    else:
        asked.detail = "; ".join(filter(None, (f"{each.words} {each.detail}".strip() for each in reversed(happened))))


def _requests(wanted: Wanted) -> Iterable[Line]:
    for entry in wanted.rows(AuditEntry.objects.all(), at="at", person="name", book="book_number"):
        is_done = entry.outcome == Outcome.DONE
        outcome = "" if is_done else entry.get_outcome_display()
        told = {"detail": entry.detail, "outcome": outcome, "token": entry.token}
        if entry.about.startswith("“"):
            words = f"{row_in_words(entry.action)} {entry.about}"
            yield Line(entry.at, entry.name, words, entry.book_number, source=Source.EFFECT, **told)
            continue
        about = dict(part.rsplit(" ", 1) for part in entry.about.split(", ") if " " in part)
        words = act_in_words(entry.action, about, is_done=is_done)
        source = Source.ALONE if entry.action.startswith("sign") or not is_done else Source.REQUEST
        url = _url_of(entry.book_number, about)
        yield Line(entry.at, entry.name, words, entry.book_number, url=url, source=source, **told)


def _url_of(book: int | None, about: dict[str, str]) -> str:
    """Of the page, guideline or job that an address named; "" for what has no screen."""
    for key, name in (("number", "books_book_page"), ("subtopic", "books_book_guideline"), ("job", "jobs_job_change")):
        if key in about:
            with suppress(NoReverseMatch):
                return reverse(f"admin:{name}", args=[about[key]] if key == "job" else [book, about[key]])
    return ""


def _changes(wanted: Wanted) -> Iterable[Line]:
    for made in wanted.rows(Change.objects.all(), at="made_at", person="name", book="book"):
        said = in_language(made.sentence)
        words, url = f"{said[:1].lower()}{said[1:]}", reverse("admin:books_book_changes", args=[made.book_id])
        yield Line(made.made_at, made.name, words, made.book_id, url=url, source=Source.EFFECT)


def _job_events(wanted: Wanted) -> Iterable[Line]:
    """Without the beginning of work, which follows each start by itself."""
    events = Event.objects.select_related("job").exclude(to_status=JobStatus.RUNNING)
    for event in wanted.rows(events, at="at", person="actor", book="job__book"):
        handler = handlers().get(event.job.kind)
        words = str(MOVES.get(event.to_status, "%s")) % (_(handler.title) if handler else event.job.kind)
        url = reverse("admin:jobs_job_change", args=[event.job_id])
        why = in_language(event.reason)
        yield Line(event.at, event.actor, words, event.job.book_id, detail=why, url=url, source=Source.EFFECT)


SOURCES: Final[tuple[Callable[[Wanted], Iterable[Line]], ...]] = (_requests, _changes, _job_events)
