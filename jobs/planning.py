"""Turning a stage's plan into items, once."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Max, Q, QuerySet

from jobs.constants import ItemState
from jobs.failpoints import pass_by
from jobs.handlers import PlannedItem, Stage
from jobs.models import Item, Job
from jobs.progress import open_items, refresh_progress

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
    pass_by("in_begin_stage")


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
