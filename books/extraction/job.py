"""The two jobs of extraction, and starting them."""

from __future__ import annotations

from dataclasses import replace

from django.contrib.auth.models import AbstractBaseUser

from books.extraction.stages.digest import DigestStage
from books.extraction.stages.finalise import CompareStage, MergeStage, NameStage, SubmitStage, TopicNameStage
from books.extraction.stages.order import OrderStage
from books.extraction.stages.outline import OutlineStage
from books.extraction.stages.write import SummariseStage, WriteStage
from books.models import Book
from books.stored.limits import Limits
from jobs.actions import resume, start_job
from jobs.database import locked_job
from jobs.models import Job
from jobs.registry import Handler
from jobs.states import JobStatus

EXTRACTION = Handler(
    kind="extraction",
    title="Generating guidelines",
    stages=(DigestStage(), OutlineStage(), WriteStage(), SummariseStage()),
)
FINALISATION = Handler(
    kind="finalisation",
    title="Finalising guidelines",
    stages=(
        NameStage(),
        TopicNameStage(),
        CompareStage(),
        MergeStage(),
        SummariseStage(),
        OrderStage(),
        SubmitStage(),
    ),
)


NO_LIMITS = Limits()


def start_extraction(book: Book, limits: Limits = NO_LIMITS, *, user: AbstractBaseUser | None = None) -> Job:
    """Begins anew; answers in the ledger are still not paid for again.

    Raises StageNotReady until every page of the job is approved, and JobAlreadyActive.
    """
    return start_job(book.pk, EXTRACTION.kind, params=limits.params, user=user)


def resume_extraction(book: Book, limits: Limits = NO_LIMITS, *, user: AbstractBaseUser | None = None) -> Job:
    """Goes on from the last job, with all that it finished from the same input: a paused one goes on itself.

    A cap that is given replaces the one the job had. Raises as ``start_extraction`` does.
    """
    last = last_extraction(book)
    if last is None or (last.is_active and not goes_on_from(last, limits)):
        return start_extraction(book, limits, user=user)
    params = last.params | limits.params if goes_on_from(last, limits) else limits.params
    if not last.is_active:
        return start_job(book.pk, EXTRACTION.kind, params=params, user=user, resumed_from=last)
    with locked_job(last.pk):
        Job.objects.filter(pk=last.pk).update(params=params)
    return resume(last.pk, user=user)


def last_extraction(book: Book) -> Job | None:
    return Job.objects.filter(book=book, kind=EXTRACTION.kind).first()


def goes_on_from(last: Job, limits: Limits) -> bool:
    """Whether a job with ``limits`` does the work of ``last`` further: the same pages or, of a paused one, any."""
    same = Limits.of(last.params).pages == limits.pages
    if last.is_active:
        return last.status == JobStatus.PAUSED and (same or limits.first_page is None)
    return same


def start_finalisation(book: Book, limits: Limits | None = None, *, user: AbstractBaseUser | None = None) -> Job:
    """Always of the whole book. Raises StageNotReady until every subtopic has a guideline, and JobAlreadyActive."""
    whole = replace(limits or Limits(), first_page=None, last_page=None)
    return start_job(book.pk, FINALISATION.kind, params=whole.params, user=user)
