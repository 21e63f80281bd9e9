"""Turning a stage's plan into items, once."""

from __future__ import annotations

from django.db.models import Max

from jobs.constants import ItemState
from jobs.failpoints import pass_by
from jobs.handlers import PlannedItem, Stage
from jobs.models import Item, Job
from jobs.progress import open_items, refresh_progress


def begin_stage(job: Job, stage: Stage) -> int:
    """Plans ``stage`` and makes it the job's current one; returns how many of its items are open.

    Runs under the job's lock. Planning twice adds nothing: keys that exist are left alone. A resumed job takes over
    the items that the job before it finished from the same input.
    """
    planned = stage.plan(job)
    present = set(Item.objects.filter(job=job, stage=stage.name).values_list("key", flat=True))
    finished = finished_before(job, stage.name)
    after = Item.objects.filter(job=job).aggregate(last=Max("ordinal"))["last"] or 0
    fresh = [plan for plan in planned if plan.key not in present]
    items = [_item(job, stage, plan, after + n, finished) for n, plan in enumerate(fresh, start=1)]
    Item.objects.bulk_create(items, batch_size=500)
    pass_by("in_begin_stage")
    Job.objects.filter(pk=job.pk).update(stage=stage.name)
    job.stage = stage.name
    refresh_progress(job)
    return open_items(job, stage.name)


def _item(job: Job, stage: Stage, plan: PlannedItem, ordinal: int, finished: dict[str, str]) -> Item:
    kept = bool(plan.fingerprint) and finished.get(plan.key) == plan.fingerprint
    return Item(
        job=job,
        stage=stage.name,
        ordinal=ordinal,
        key=plan.key,
        label=plan.label[:80],
        lane=plan.lane,
        fingerprint=plan.fingerprint,
        state=ItemState.DONE if kept else ItemState.PENDING,
    )


def finished_before(job: Job, stage: str) -> dict[str, str]:
    """Key to fingerprint of the items that the job this one resumes has done in ``stage``."""
    if job.resumed_from_id is None:
        return {}
    done = Item.objects.filter(job_id=job.resumed_from_id, stage=stage, state=ItemState.DONE)
    return dict(done.values_list("key", "fingerprint"))
