"""Starting the OCR job: by a person, or by itself after an upload."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, User
from django.db.models import Q

from books.errors import StageNotReady
from books.models import Book, Page
from books.ocr.factory import MODEL, available_engines, default_engine, installed_languages
from books.ocr.job import OCR, OCR_ELSEWHERE, handler_of
from jobs.errors import JobAlreadyActive
from jobs.models import Job
from jobs.starting import extend, start_job


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
    params: dict[str, Any] = {"pages": [str(page) for page in chosen]} if numbers or pages else {}
    if engine:
        params["engine"] = engine
    return start_job(book.pk, handler_of(engine).kind, params=params, user=user)


def read_new_pages(book: Book, *, user: AbstractBaseUser | None = None) -> Job | None:
    """After an upload: starts the job, or hands the new pages to the OCR job that runs.

    None where another kind of job runs; the pages then wait for a person to start the reading.
    """
    active = Job.objects.holding().filter(book=book).first()
    if active is not None and active.kind == OCR.kind and "pages" not in active.params and extend(active.pk):
        return active
    try:
        return start_reading(book, user=user)
    except JobAlreadyActive:
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
            f"Pages cannot be read with {engine or 'nothing'} here: {', '.join(available_engines())} can."
        )
    if lack := lack_of_language(language, engine):
        raise StageNotReady(lack)


def lack_of_language(language: str, engine: str = "") -> str:
    """Why books in ``language`` cannot be read here, by ``engine`` or the one in the settings; "" where they can."""
    absent = set(language.split("+")) - set(installed_languages())
    if not absent or (engine or default_engine()) == MODEL:
        return ""
    there = ", ".join(installed_languages())
    return f"There is no model to read {', '.join(sorted(absent))} with; installed: {there}."
