"""Whether a book may take pages now: not while a job works from the pages it has."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from books.models import Book
from jobs.errors import JobAlreadyActive
from jobs.models import Job

# Reading takes new pages while it runs. The name is books.ocr.job.OCR.kind; that room lies above this one.
READING = "ocr"


def check_may_grow(book: Book) -> None:
    """Raises JobAlreadyActive while any job but reading holds ``book``."""
    _check(hindering(book.pk))


def hindering(book_id: int) -> QuerySet[Job]:
    """The jobs beside which the book may not grow."""
    return Job.objects.holding().filter(book=book_id).exclude(kind=READING)


def check_at_rest(book: Book) -> None:
    """Raises JobAlreadyActive while any job holds ``book``."""
    _check(Job.objects.holding().filter(book=book))


def _check(jobs: QuerySet[Job]) -> None:
    active = jobs.first()
    if active is not None:
        status = active.get_status_display().lower()
        sentence = _("{title} of this book is {status}: wait for it or cancel it, then change the pages.").format(
            title=_(active.title), status=status
        )
        raise JobAlreadyActive(sentence, job_id=str(active.pk))
