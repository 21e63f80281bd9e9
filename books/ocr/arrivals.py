"""What arrived is read: new pages start the OCR job or join the one that runs, while the rest is still on its way."""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.dispatch import receiver

from books.intake.deliveries import close, idle_deliveries
from books.models import Book, Delivery, OcrStatus, Page
from books.ocr.start import read_new_pages
from jobs.errors import JobAlreadyActive, NothingToDo
from jobs.models import Job
from jobs.sweep import swept

logger = logging.getLogger(__name__)

# Joining the job plans it anew, which is cheap but not free; so not at each file.
FILES_BETWEEN_STARTS = 20


def read_on_the_way(book_id: int, waiting: int | None, *, user: AbstractBaseUser | None) -> None:
    """Called after each file that arrived; ``waiting`` is how many are still to come, None where nothing is new."""
    if waiting is not None and waiting % FILES_BETWEEN_STARTS == 0:
        _read(Book.objects.get(pk=book_id), user)


def finish(delivery: Delivery, *, user: AbstractBaseUser | None = None) -> tuple[list[str], Job | None]:
    """Closes ``delivery`` and has its pages read; the names that never came, and the job that reads."""
    names = close(delivery)
    return names, _read(delivery.book, user)


@receiver(swept)
def finish_idle_deliveries(**_: Any) -> None:
    """Called after each sweep; where a job works from the book's pages, a later one does it."""
    for delivery in idle_deliveries():
        try:
            names, _job = finish(delivery, user=delivery.sent_by)
        except JobAlreadyActive:
            continue
        logger.warning("upload given up", extra={"book": delivery.book_id, "missing": len(names)})


def _read(book: Book, user: AbstractBaseUser | None) -> Job | None:
    if not Page.objects.filter(book=book, ocr_status=OcrStatus.WAITING).exists():
        return None
    try:
        return read_new_pages(book, user=user)
    except NothingToDo:  # a worker was quicker
        return None
