"""Starting, resuming, restarting, pausing and cancelling a job: what a person, a command or the API may ask for; and
asking the queue to run it: a message is a hint to look at the rows, never the truth."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django_q.tasks import async_task

from jobs import clock
from jobs.database import locked_job
from jobs.errors import InvalidTransition, JobAlreadyActive, NothingToDo, QuotaReached
from jobs.models import Event, Item, Job
from jobs.progress import open_items, refresh_progress
from jobs.registry import handler_for
from jobs.stages import begin_stage
from jobs.states import ACTIVE, FINAL, ItemState, JobStatus, Load, move


def start_job(
    book_id: int,
    kind: str,
    *,
    params: dict[str, Any] | None = None,
    user: AbstractBaseUser | None = None,
    resumed_from: Job | None = None,
    restarted_from: Job | None = None,
    retried: Sequence[int] | None = None,
) -> Job:
    """Makes a pending job with its first stage planned, and wakes the workers when the transaction commits.

    Raises JobAlreadyActive where the kind is exclusive and such a job of the book is active, NothingToDo where the plan
    is empty or the book was deleted at this moment, and QuotaReached where ``user`` has as many jobs as one may have.
    """
    handler = handler_for(kind)
    stage = handler.stages[0]
    if user is not None:
        _check_quota(user)
    try:
        with transaction.atomic():
            job = Job.objects.create(
                book_id=book_id,
                kind=kind,
                is_exclusive=handler.is_exclusive,
                params=params or {},
                requested_by_id=user.pk if user else None,
                resumed_from=resumed_from,
                restarted_from=restarted_from,
                retried=retried,
            )
            Event.objects.create(job=job, to_status=JobStatus.PENDING, actor=actor_name(user))
            begin_stage(job, stage)
            if not job.total_items:
                raise NothingToDo(f"{handler.title}: there is nothing to do.")
            wake(job, stage.load, runners_for(stage.load, open_items(job, stage.name)))
    except IntegrityError as error:
        active = Job.objects.holding().filter(book_id=book_id).first()
        if active is None:
            if Job.book.field.related_model._base_manager.filter(pk=book_id).exists():
                raise
            raise NothingToDo("This book was deleted.") from error
        raise _already_active(active) from error
    return job


def _check_quota(user: AbstractBaseUser) -> None:
    active = Job.objects.filter(requested_by_id=user.pk, status__in=ACTIVE).count()
    if active >= settings.QUOTA_JOBS:
        raise QuotaReached(
            f"You have {active} jobs under way, as many as one person may have. Wait until one ends, or cancel one."
        )


def _already_active(job: Job) -> JobAlreadyActive:
    sentence = f"{job.title} of this book is already {job.get_status_display().lower()}: wait for it or cancel it."
    return JobAlreadyActive(sentence, job_id=str(job.pk))


def resume(job_id: UUID | str, *, only: Sequence[int] | None = None, user: AbstractBaseUser | None = None) -> Job:
    """Lets a job go on: a paused one itself, a finished one as a new job that keeps every item already done.

    ``only`` are the ordinals of the failed items of a finished job to be tried again, by default all; the others stay
    failed. However often a job is resumed, it is by the same new job.
    """
    with locked_job(job_id) as job:
        if job.status == JobStatus.PAUSED:
            move(job, JobStatus.PENDING, actor=actor_name(user), reason="Resumed by hand.")
            wake_present_stage(job)
        if job.status in ACTIVE:
            return job
        chosen = None if only is None else sorted(only)
        if chosen and not _all_failed(job, chosen):
            raise NothingToDo("Not all of these failed in this job.")
        present = Job.objects.filter(resumed_from=job).first()
        if present is not None and present.retried == chosen:
            return present
        if Job.objects.after(job).exists():
            raise InvalidTransition("A newer job of this kind has run since; resume that one.")
        return start_job(job.book_id, job.kind, params=job.params, user=user, resumed_from=job, retried=chosen)


def _all_failed(job: Job, ordinals: Sequence[int]) -> bool:
    failed = Item.objects.filter(job=job, state=ItemState.FAILED, ordinal__in=ordinals)
    return failed.count() == len(set(ordinals))


def extend(job_id: UUID | str) -> bool:
    """Plans the first stage again, for input that came after the start; returns whether the job could still take it."""
    with locked_job(job_id) as job:
        first = handler_for(job.kind).stages[0]
        if job.status not in ACTIVE or job.stage != first.name:
            return False
        begin_stage(job, first)
        wake_present_stage(job)
        return True


def restart(job_id: UUID | str, *, user: AbstractBaseUser | None = None) -> Job:
    """Begins a finished job anew, with every item to do again; however often it is asked for, once.

    Raises JobAlreadyActive for an active one.
    """
    with locked_job(job_id) as job:
        if job.status in ACTIVE:
            raise _already_active(job)
        present = Job.objects.filter(restarted_from=job).first()
        return present or start_job(job.book_id, job.kind, params=job.params, user=user, restarted_from=job)


def pause(job_id: UUID | str, *, user: AbstractBaseUser | None = None, reason: str = "") -> Job:
    """Stops claims at once; what is in hand is still finished and kept."""
    with locked_job(job_id) as job:
        if job.status != JobStatus.PAUSED:
            move(job, JobStatus.PAUSED, actor=actor_name(user), reason=reason or "Paused by hand.")
        return job


def cancel(job_id: UUID | str, *, user: AbstractBaseUser | None = None) -> Job:
    """Ends the job for good; what is finished stays, what is in hand is thrown away."""
    with locked_job(job_id) as job:
        if job.status == JobStatus.STALE:
            move(job, JobStatus.PENDING, actor=actor_name(user), reason="About to be cancelled.")
        if job.status != JobStatus.CANCELLED:
            move(job, JobStatus.CANCELLED, actor=actor_name(user), reason="Cancelled by hand.")
        return job


def retry_items(job_id: UUID | str, ordinals: Sequence[int] | None = None) -> int:
    """Gives failed items of the present stage of an active job five fresh attempts; None means all of them.

    Returns how many. Raises InvalidTransition where the job is over: ``resume`` takes the same ordinals.
    """
    with locked_job(job_id) as job:
        if job.status not in ACTIVE:
            raise InvalidTransition("This job is over. Resume it: only what is not done will run.")
        failed = Item.objects.filter(job=job, stage=job.stage, state=ItemState.FAILED)
        if ordinals is not None:
            failed = failed.filter(ordinal__in=ordinals)
        count = failed.update(state=ItemState.PENDING, attempts=0, crashes=0, not_before=None, finished_at=None)
        refresh_progress(job)
        if count:
            wake_present_stage(job)
        return count


def retry(job_id: UUID | str, ordinals: Sequence[int] | None = None, *, user: AbstractBaseUser | None = None) -> Job:
    """Tries failed items again, all or those with these ordinals; where the job is over, by the job that goes on from
    it, which is returned. Raises NothingToDo where there is none."""
    if Job.objects.get(pk=job_id).status in FINAL:
        return resume(job_id, only=ordinals, user=user)
    if not retry_items(job_id, ordinals):
        raise NothingToDo("There was nothing left to try again.")
    return Job.objects.get(pk=job_id)


def wake_present_stage(job: Job) -> None:
    """Asks the pool of the job's stage for as many runners as the stage wants."""
    handler = handler_for(job.kind)
    stage = handler.stage(job.stage) if job.stage else handler.stages[0]
    wake(job, stage.load, runners_for(stage.load, open_items(job, stage.name)))


def actor_name(user: AbstractBaseUser | None) -> str:
    return user.get_username() if user else "command line"


def wake(job: Job, load: Load, runners: int = 1) -> None:
    """Asks the pool of ``load`` to run slices of ``job`` once the surrounding transaction commits."""
    Job.objects.filter(pk=job.pk).update(queued_at=clock.now())
    for _ in range(max(1, runners)):
        transaction.on_commit(partial(enqueue_slice, job.pk, load))


def enqueue_slice(job_id: UUID, load: Load) -> None:
    timeout = settings.JOB_TIMEOUT_SECONDS if load == Load.CPU else settings.JOB_IO_TIMEOUT_SECONDS
    async_task("jobs.worker.tasks.run", str(job_id), cluster=str(load), timeout=timeout)


def runners_for(load: Load, open_items: int) -> int:
    """How many runners a stage gets: one a worker for processor work, one with threads for network work."""
    return min(open_items, settings.POOLS[load]) if load == Load.CPU else 1
