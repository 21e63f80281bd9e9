"""The two jobs of extraction, starting them, and which of their results are stale."""

from __future__ import annotations

from dataclasses import replace

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext_noop

from books.extraction.base import PROMPTS
from books.extraction.stages.base import Call, GuidelineStage, Result
from books.extraction.stages.digest import DigestStage
from books.extraction.stages.duplicates import CompareStage, MergeStage
from books.extraction.stages.names import NameStage
from books.extraction.stages.order import OrderStage
from books.extraction.stages.outline import OutlineStage
from books.extraction.stages.submit import SubmitStage
from books.extraction.stages.verify import VerifyStage
from books.extraction.stages.write import WriteStage
from books.models import Book, PageDigest
from books.stored.limits import Limits
from jobs.actions import resume, start_job
from jobs.database import locked_job
from jobs.models import Job
from jobs.registry import Handler, handlers
from jobs.states import JobStatus

EXTRACTION = Handler(
    kind="extraction",
    title=gettext_noop("Generating guidelines"),
    stages=(DigestStage(), OutlineStage(), WriteStage(), VerifyStage()),
)
FINALISATION = Handler(
    kind="finalisation",
    title=gettext_noop("Tidying names and duplicates"),
    stages=(
        NameStage(),
        CompareStage(),
        MergeStage(),
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


def stages_of(*kinds: str) -> list[GuidelineStage]:
    """Of the jobs of these kinds, in order."""
    found = [stage for kind in kinds for stage in handlers()[kind].stages]
    return [stage for stage in found if isinstance(stage, GuidelineStage)]


def calls_by_name() -> dict[str, Call]:
    """Whatever a stage asks a model: what has a prompt, as some stages ask nothing."""
    stages = stages_of(EXTRACTION.kind, FINALISATION.kind)
    calls = [call for stage in stages for call in (stage.call, *stage.more_calls)]
    return {call.name: call for call in calls if (PROMPTS / f"{call.name}.md").exists()}


def stale_results(book: Book) -> list[tuple[GuidelineStage, list[Result]]]:
    """By stage, in their order: made with another prompt, model, form or engine than would make them now. Generating
    again redoes them, and what depends on them, and nothing else."""
    found = [(stage, stage.stale(book)) for stage in stages_of(EXTRACTION.kind)]
    return [(stage, results) for stage, results in found if results]


def generated_pages(book: Book) -> tuple[int, int] | None:
    """The first and the last page that results were made of; None where that is all of the book."""
    digests = PageDigest.objects.filter(page__book=book).order_by("page__number")
    numbers = list(digests.values_list("page__number", flat=True))
    return None if not numbers or len(numbers) == book.pages.count() else (numbers[0], numbers[-1])
