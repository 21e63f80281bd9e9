"""Starting the OCR job: by a person, or by itself after an upload."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser

from books.models import Book, Page
from books.ocr.job import OCR
from jobs.constants import ACTIVE
from jobs.errors import JobAlreadyActive
from jobs.models import Job
from jobs.starting import extend, start_job


def start_reading(book: Book, *, numbers: Sequence[int] = (), user: AbstractBaseUser | None = None) -> Job:
    """Reads the pages ``numbers`` (again), or by default every page that was not read yet.

    Raises JobAlreadyActive, and NothingToDo where every page was read.
    """
    chosen = Page.objects.filter(book=book, number__in=numbers).order_by("number").values_list("pk", flat=True)
    params = {"pages": [str(page) for page in chosen]} if numbers else {}
    return start_job(book.pk, OCR.kind, params=params, user=user)


def read_new_pages(book: Book, *, user: AbstractBaseUser | None = None) -> Job | None:
    """After an upload: starts the job, or hands the new pages to the OCR job that runs.

    None where another kind of job runs; the pages then wait for a person to start the reading.
    """
    active = Job.objects.filter(book=book, status__in=ACTIVE).first()
    if active is not None and active.kind == OCR.kind and "pages" not in active.params and extend(active.pk):
        return active
    try:
        return start_reading(book, user=user)
    except JobAlreadyActive:
        return None
