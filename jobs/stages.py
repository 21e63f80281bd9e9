"""Turning a stage's plan into items, once, and what happens when none is left to claim."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q, QuerySet

from jobs import clock
from jobs.database import locked_job
from jobs.errors import JobError
from jobs.failpoints import failpoint
from jobs.leases import idle_until
from jobs.models import Item, Job
from jobs.progress import open_items, refresh_progress, resume_point
from jobs.registry import PlannedItem, Stage, handler_for
from jobs.states import REST_ABOVE, ItemState, JobStatus, move

TAKEN_OVER = ("state", "attempts", "crashes", "error_kind", "error_code", "error_message")


def begin_stage(job: Job, stage: Stage) -> int:
    """Plans ``stage`` and makes it the job's current one; returns how many of its items are open.

    Runs under the job's lock.
    """
    add_items(job, stage, stage.plan(job))
    Job.objects.filter(pk=job.pk).update(stage=stage.name)
    job.stage = stage.name
    refresh_progress(job)
    return open_items(job, stage.name)


def add_items(job: Job, stage: Stage, planned: Sequence[PlannedItem]) -> None:
    """Planning twice adds nothing: keys that exist are left alone. A resumed job takes over the items that the job
    before it finished from the same input, and those it gave up that nobody chose to retry.

    The caller holds the job's lock; a stage's ``save`` may so plan a later stage from what its work found.
    """
    present = set(Item.objects.filter(job=job, stage=stage.name).values_list("key", flat=True))
    earlier = {item.key: item for item in _closed_before(job, stage.name)}
    after = Item.objects.filter(job=job).aggregate(last=Max("ordinal"))["last"] or 0
    fresh = [plan for plan in planned if plan.key not in present]
    items = [_item(job, stage, plan, after + n, earlier.get(plan.key)) for n, plan in enumerate(fresh, start=1)]
    Item.objects.bulk_create(items, batch_size=500)
    failpoint("in_begin_stage")


def _item(job: Job, stage: Stage, plan: PlannedItem, ordinal: int, earlier: Item | None) -> Item:
    item = Item(
        job=job,
        stage=stage.name,
        ordinal=ordinal,
        key=plan.key,
        label=plan.label[:80],
        lane=plan.lane,
        fingerprint=plan.fingerprint,
    )
    if earlier is not None and plan.fingerprint and earlier.fingerprint == plan.fingerprint:
        for name in TAKEN_OVER:
            setattr(item, name, getattr(earlier, name))
    return item


def finished_before(job: Job, stage: str) -> set[str]:
    """The keys of the items that the job this one resumes has done in ``stage``."""
    return set(_closed_before(job, stage).filter(state=ItemState.DONE).values_list("key", flat=True))


def _closed_before(job: Job, stage: str) -> QuerySet[Item]:
    """The items of ``stage`` in the job this one resumes that need no work: done, or failed and not to be retried."""
    items = Item.objects.filter(job=job.resumed_from_id, stage=stage) if job.resumed_from_id else Item.objects.none()
    stays_failed = Q(pk__in=()) if job.retried is None else Q(state=ItemState.FAILED) & ~Q(ordinal__in=job.retried)
    return items.filter(Q(state=ItemState.DONE) | stays_failed)


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
        failpoint("in_advance")
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
