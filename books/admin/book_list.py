"""The live cells of the book list: each visible book's status and the progress of its active job."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpResponse, HttpResponseBase
from django.http.response import HttpResponseBadRequest
from django.utils.translation import gettext as _

from books.access import of_open_books
from books.admin.guards import StaffRequest, screen, show
from books.admin.jobs import may_retry
from books.keys import fingerprint
from books.models import Book, BookStatus
from books.numbers import number_of
from books.publishing.published import with_published_version
from jobs.models import Job
from jobs.views import JobLine, line_of, with_stage_counts

# More than a list has.
MAX_ROWS = 100


def live_books(person: User) -> QuerySet[Book]:
    """Those that ``person`` may open, with ``status_now``, ``published_version``, ``page_count`` and ``last_jobs``:
    none, or the last that had the book to itself, with the counts of its stage."""
    last = Job.objects.filter(book=OuterRef("book"), is_exclusive=True).order_by("-created_at").values("pk")[:1]
    jobs = with_stage_counts(Job.objects.filter(pk=Subquery(last)))
    books = with_published_version(of_open_books(Book.objects.with_status().with_page_count(), person, "pk"))
    return books.prefetch_related(Prefetch("jobs", jobs, to_attr="last_jobs"))


@dataclass(frozen=True, slots=True)
class Row:
    """``job`` is the book's active one; ``troubled`` its last, where that completed but for some items."""

    pk: int
    status: BookStatus
    job: Job | None
    progress: JobLine | None
    troubled: Job | None = None
    may_retry: bool = False


def rows_of(books: Iterable[Book], user: User) -> list[Row]:
    return [row_of(book, user) for book in books]


def row_of(book: Book, user: User) -> Row:
    jobs: list[Job] = getattr(book, "last_jobs", [])
    last = jobs[0] if jobs else None
    job = last if last and last.is_active else None
    troubled = last if last and last.is_troubled else None
    return Row(
        book.pk,
        BookStatus(getattr(book, "status_now", "")),
        job,
        line_of(job) if job else None,
        troubled,
        may_retry=troubled is not None and may_retry(user, troubled),
    )


def mark_of(rows: Sequence[Row]) -> str:
    facts = [(row.pk, row.status, row.progress, row.troubled and row.troubled.pk) for row in rows]
    return fingerprint(facts)[:16]


@screen("books.view_book", "/books/book/progress/", "books_book_progress")
def progress(
    request: StaffRequest,
) -> HttpResponseBase:
    """One request for all the visible books that move: ``?book=1&book=2``. 204 while nothing has changed."""
    asked = request.GET.getlist("book")
    ids = [number for each in asked if (number := number_of(each)) is not None]
    if len(asked) > MAX_ROWS or len(ids) < len(asked):
        return HttpResponseBadRequest(_("Which books?"))
    rows = rows_of(live_books(request.user).filter(pk__in=ids).order_by("pk"), request.user)
    mark = mark_of(rows)
    if request.GET.get("mark") == mark:
        return HttpResponse(status=204)
    moving = [row for row in rows if row.job]
    return show(request, "_list_progress", {"rows": rows, "moving": moving, "mark": mark})
