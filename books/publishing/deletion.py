"""Deleting a book with all that hangs on it: only while nothing works on it, and for published ones only by title."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from books.errors import DeletionRefused
from books.models import Book, ModelCall, Page, Reading, Source, Subtopic
from books.publishing.published import has_published, published_count
from books.publishing.webhooks import announce_end
from jobs.models import Job


@dataclass(frozen=True, slots=True)
class Losses:
    """What would be gone; ``cost`` in US dollars is what the calls came to."""

    pages: int
    files: int
    readings: int
    guidelines: int
    published: int
    jobs: int
    calls: int
    cost: Decimal


def losses_of(book: Book) -> Losses:
    calls = ModelCall.objects.filter(book=book)
    return Losses(
        pages=Page.every.filter(book=book).count(),
        files=Source.objects.filter(book=book).count(),
        readings=Reading.objects.filter(page__book=book).count(),
        guidelines=Subtopic.objects.filter(topic__book=book).count(),
        published=published_count(book),
        jobs=Job.objects.filter(book=book).count(),
        calls=calls.count(),
        cost=calls.aggregate(cost=Sum("cost"))["cost"] or Decimal(0),
    )


def job_in_the_way(book: Book) -> str:
    """A sentence on the job that works on ``book``, "" where none does."""
    job = Job.objects.holding().filter(book=book).first()
    if job is None:
        return ""
    return _("{book}: {title} is {status}. Cancel that job or wait for it, then delete.").format(
        book=book, title=_(job.title), status=job.get_status_display().lower()
    )


def delete_book(book_id: int, *, typed_title: str = "") -> None:
    """Deletes the rows, in one transaction; its files go after it, by books.intake.clearing.

    Raises DeletionRefused while a job of the book is active, and where it has published guidelines and
    ``typed_title`` is not its title. The lock on the row keeps jobs from starting meanwhile.
    """
    with transaction.atomic():
        book = Book.objects.select_for_update().get(pk=book_id)
        if sentence := job_in_the_way(book):
            raise DeletionRefused(sentence)
        if has_published(book) and typed_title.strip() != book.title.strip():
            raise DeletionRefused(
                _("“{book}” has published guidelines: type its title, exactly, to delete it.").format(book=book)
            )
        if has_published(book):
            announce_end(book)
        book.delete()
