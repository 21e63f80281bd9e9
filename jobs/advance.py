"""What happens when a stage has nothing left to claim: the next stage, the end, or waiting."""

from __future__ import annotations

from enum import Enum
from uuid import UUID

from django.db import transaction

from jobs import clock
from jobs.claims import idle_until
from jobs.constants import REST_ABOVE, ItemState, JobStatus
from jobs.errors import JobError
from jobs.failpoints import pass_by
from jobs.handlers import Stage, handler_for
from jobs.models import Item, Job
from jobs.planning import begin_stage
from jobs.progress import open_items, resume_point
from jobs.transitions import locked_job, move


class Step(Enum):
    """STAGE: another stage began; WAIT: items are in other hands or due soon; REST: none is due soon, so the sweep
    wakes the job when one is; STOP: nothing to do for a runner."""

    STAGE = "stage"
    WAIT = "wait"
    REST = "rest"
    STOP = "stop"


def advance(job_id: UUID | str) -> Step:
    """Moves a running job on when its stage is finished; only one of several runners does it."""
    with locked_job(job_id) as job:
        if job.status != JobStatus.RUNNING:
            return Step.STOP
        if open_items(job, job.stage):
            return Step.REST if _rest(job) else Step.WAIT
        step = _leave_stage(job)
        pass_by("in_advance")
        return step


def _rest(job: Job) -> bool:
    """Notes when the job is to be woken, where it has nothing to do until then."""
    until = idle_until(job, job.stage)
    if until is None or until - clock.now() <= REST_ABOVE:
        return False
    Job.objects.filter(pk=job.pk).update(wake_at=until)
    return True


def _leave_stage(job: Job) -> Step:
    handler = handler_for(job.kind)
    problem = _problem(job, handler.stage(job.stage))
    if problem:
        move(job, JobStatus.FAILED, actor="worker", error_message=problem)
        return Step.STOP
    following = handler.stage_after(job.stage)
    try:
        while following is not None:
            with transaction.atomic():
                opened = begin_stage(job, following)
            if opened:
                return Step.STAGE
            following = handler.stage_after(following.name)
    except JobError as error:
        move(job, JobStatus.FAILED, actor="worker", error_message=error.message)
        return Step.STOP
    move(job, JobStatus.COMPLETED, actor="worker", reason=_closing_words(job))
    return Step.STOP


def _problem(job: Job, stage: Stage) -> str:
    """The sentence with which the finished ``stage`` fails its job, or ""."""
    items = Item.objects.filter(job=job, stage=stage.name)
    failed = items.filter(state=ItemState.FAILED)
    count = failed.count()
    if not count or not (stage.required or count == items.count()):
        return ""
    first = failed.order_by("ordinal")[0]
    return (
        f"{stage.title}: {count} of {items.count()} failed, first {first.label} ({first.error_message}). "
        f"Everything finished is kept. {resume_point(job)}"
    )


def _closing_words(job: Job) -> str:
    failed = job.failed_items or 0
    return f"Completed, {failed} failed." if failed else "Completed."
