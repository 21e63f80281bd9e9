"""Starting the OCR job: by a person, or by itself when pages arrive, while the rest is still on its way."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, User
from django.db.models import Q
from django.dispatch import receiver
from django.utils.translation import gettext as _

from books.errors import StageNotReady
from books.intake.delivery import close, idle_deliveries
from books.models import Book, Delivery, OcrStatus, Page
from books.ocr.factory import MODEL, available_engines, default_engine, installed_languages
from books.ocr.job import OCR, OCR_ELSEWHERE, handler_of
from jobs.actions import extend, start_job
from jobs.errors import JobAlreadyActive, NothingToDo, QuotaReached
from jobs.models import Job
from jobs.sweep import swept

logger = logging.getLogger(__name__)


def start_reading(
    book: Book,
    *,
    numbers: Sequence[int] = (),
    pages: Sequence[UUID] = (),
    engine: str = "",
    user: AbstractBaseUser | None = None,
) -> Job:
    """Reads the pages with these ``numbers`` or ids (again), or by default every page that was not read yet.

    A page that was just changed is named by its id: its number may be another page's by now. ``engine`` is one of
    ``available_engines``, by default the one in the settings; earlier readings stay as history. Raises StageNotReady
    where the engine or the book's language is not installed, JobAlreadyActive, and NothingToDo where every page was
    read.
    """
    check_engine(engine or default_engine(), book.language)
    named = Page.objects.filter(Q(number__in=numbers) | Q(pk__in=pages), book=book)
    chosen = named.order_by("number").values_list("pk", flat=True)
    params: dict[str, object] = {"pages": [str(page) for page in chosen]} if numbers or pages else {}
    if engine:
        params["engine"] = engine
    return start_job(book.pk, handler_of(engine).kind, params=params, user=user)


def read_new_pages(book: Book, *, user: AbstractBaseUser | None = None) -> Job | None:
    """After an upload: starts the job, or hands the new pages to the OCR job that runs.

    None where another kind of job runs, or the person has as many as one may; the pages then wait for a person to start
    the reading.
    """
    active = Job.objects.holding().filter(book=book).first()
    if active is not None and active.kind == OCR.kind and "pages" not in active.params and extend(active.pk):
        return active
    try:
        return start_reading(book, user=user)
    except (JobAlreadyActive, QuotaReached):
        return None


def asks_model(engine: str) -> bool:
    """Whether a person who chooses ``engine`` spends more than the settings provide for reading."""
    return engine == MODEL and default_engine() != MODEL


def may_run_job(user: User, job: Job) -> bool:
    """Reading pages as the settings say costs what the installation provides for; all else asks a model."""
    reads_as_usual = job.kind in {OCR.kind, OCR_ELSEWHERE.kind} and not asks_model(job.params.get("engine", ""))
    return reads_as_usual or user.has_perm("books.ask_model")


def check_readable(book: Book) -> None:
    """To be asked before files are taken: raises StageNotReady where nothing here could read their pages."""
    check_engine(default_engine(), book.language)


def check_engine(engine: str, language: str) -> None:
    """Raises StageNotReady, with a sentence that says what to install or choose."""
    if engine not in available_engines():
        raise StageNotReady(
            _("Pages cannot be read with {engine} here: {others} can.").format(
                engine=engine or _("nothing"), others=", ".join(available_engines())
            )
        )
    if lack := lack_of_language(language, engine):
        raise StageNotReady(lack)


def lack_of_language(language: str, engine: str = "") -> str:
    """Why books in ``language`` cannot be read here, by ``engine`` or the one in the settings; "" where they can."""
    absent = set(language.split("+")) - set(installed_languages())
    if not absent or (engine or default_engine()) == MODEL:
        return ""
    there = ", ".join(installed_languages())
    return _("There is no model to read {languages} with; installed: {there}.").format(
        languages=", ".join(sorted(absent)), there=there
    )


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
