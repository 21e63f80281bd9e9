"""A job as a person or another program reads it. Never raises on old or malformed rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, IntegerField, Max, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from jobs.models import Item, Job
from jobs.progress import detail_of, pace_of, troubled_items
from jobs.registry import Handler, handlers
from jobs.states import ItemState, JobStatus


@dataclass(frozen=True, slots=True)
class StageView:
    """``state`` is waiting, running, paused, done, failed or stopped; ``total`` is 0 until the stage is planned.

    ``worked`` counts the items that were tried to their end by this job, not taken over from an earlier one; they
    began at ``started_at``, and the last of them so far ended at ``worked_until``.
    """

    name: str
    title: str
    unit: str
    weight: int
    total: int
    done: int
    failed: int
    state: str
    worked: int = 0
    started_at: datetime | None = None
    worked_until: datetime | None = None

    @property
    def finished_at(self) -> datetime | None:
        return None if self.state in ("waiting", "running", "paused") else self.worked_until

    @property
    def share(self) -> float:
        """0 to 1."""
        if self.state == "done":
            return 1.0
        return (self.done + self.failed) / self.total if self.total else 0.0

    @property
    def finished_share(self) -> float:
        return 1.0 if self.state == "done" else self.done / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class ItemError:
    """``is_final``: no further attempt will be made by itself."""

    ordinal: int
    label: str
    stage: str
    message: str
    code: str
    attempts: int
    is_final: bool


@dataclass(frozen=True, slots=True)
class JobView:
    """``eta_seconds`` is (least, most), None before it can be told and while the job is not at work;
    ``items_per_minute`` is that of the present or last stage. ``buttons`` are what a person may do now: none once a
    newer job, ``went_on_as``, took its place."""

    job: Job
    title: str
    percent: int
    headline: str
    stages: tuple[StageView, ...]
    errors: tuple[ItemError, ...]
    eta_seconds: tuple[int, int] | None
    items_per_minute: float | None
    buttons: tuple[str, ...]
    went_on_as: Job | None

    @property
    def is_active(self) -> bool:
        return self.job.is_active

    @property
    def is_cleared(self) -> bool:
        """Its items are gone: it is long over, and a later job took its place."""
        return self.job.is_final and bool(self.job.total_items) and not any(stage.total for stage in self.stages)

    def may_retry(self, error: ItemError) -> bool:
        """While the job runs the failed items of its present stage, when it is over all of them, by a new job."""
        return error.is_final and "retry" in self.buttons and (not self.is_active or error.stage == self.job.stage)


def job_view(job: Job) -> JobView:
    handler = handlers().get(job.kind)
    counts = _counts(job)
    stages = _stages(job, handler, counts) if handler else ()
    percent = _percent(job, stages)
    pace = pace_of(job, stages)
    errors = tuple(_errors(job))
    newer = None if job.is_active else Job.objects.after(job).last()
    return JobView(
        job=job,
        title=job.title,
        percent=percent,
        headline=_headline(job, stages),
        stages=stages,
        errors=errors,
        eta_seconds=pace.eta_seconds if job.is_at_work else None,
        items_per_minute=pace.items_per_minute,
        buttons=() if newer else _buttons(job, errors),
        went_on_as=newer,
    )


def _buttons(job: Job, errors: Sequence[ItemError]) -> tuple[str, ...]:
    retry = ("retry",) if any(error.is_final for error in errors) else ()
    return (*retry, *BUTTONS.get(job.status, ()))


BUTTONS: dict[str, tuple[str, ...]] = {
    JobStatus.PENDING: ("cancel",),
    JobStatus.RUNNING: ("pause", "cancel"),
    JobStatus.PAUSED: ("resume", "cancel"),
    JobStatus.STALE: ("cancel",),
    JobStatus.COMPLETED: ("restart",),
    JobStatus.FAILED: ("resume", "restart"),
    JobStatus.CANCELLED: ("resume", "restart"),
}


def _counts(job: Job) -> dict[str, dict[str, Any]]:
    """Of each stage, summed up here: a query that tells states apart takes longer to be written than to run."""
    rows = Item.objects.filter(job=job).order_by().values("stage", "state")
    rows = rows.annotate(
        total=Count("id"), worked=Count("finished_at"), first=Min("started_at"), last=Max("finished_at")
    )
    by_stage: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_stage[row["stage"]].append(dict(row))
    return {stage: _summed(states) for stage, states in by_stage.items()}


def _summed(states: Sequence[dict[str, Any]]) -> dict[str, Any]:
    totals = {row["state"]: row["total"] for row in states}
    return {
        "total": sum(totals.values()),
        "done": totals.get(ItemState.DONE, 0),
        "failed": totals.get(ItemState.FAILED, 0),
        "worked": sum(row["worked"] for row in states),
        "first": min((row["first"] for row in states if row["first"]), default=None),
        "last": max((row["last"] for row in states if row["last"]), default=None),
    }


def _stages(job: Job, handler: Handler, counts: dict[str, dict[str, Any]]) -> tuple[StageView, ...]:
    names = [stage.name for stage in handler.stages]
    present = names.index(job.stage) if job.stage in names else -1
    views = []
    for at, stage in enumerate(handler.stages):
        row = counts.get(stage.name, {})
        state = _stage_state(job, at, present)
        total, done, failed, worked = (int(row.get(name, 0)) for name in ("total", "done", "failed", "worked"))
        times = (row.get("first"), row.get("last"))
        facts = (stage.name, stage.title, stage.unit, stage.weight)
        views.append(StageView(*facts, total, done, failed, state, worked, *times))
    return tuple(views)


STAGE_STATES: dict[str, str] = {
    JobStatus.PAUSED: "paused",
    JobStatus.FAILED: "failed",
    JobStatus.CANCELLED: "stopped",
}


def _stage_state(job: Job, at: int, present: int) -> str:
    if job.status == JobStatus.COMPLETED or at < present:
        return "done"
    if at > present or job.status == JobStatus.PENDING:
        return "waiting"
    return STAGE_STATES.get(job.status, "running")


def _percent(job: Job, stages: tuple[StageView, ...]) -> int:
    """Of a job that failed or was cancelled only what it finished counts, before that also what was given up."""
    if job.status == JobStatus.COMPLETED:
        return 100
    weight = sum(stage.weight for stage in stages)
    done = sum(stage.weight * (stage.finished_share if job.is_final else stage.share) for stage in stages)
    return min(99, int(100 * done / weight)) if weight else 0


def _headline(job: Job, stages: tuple[StageView, ...]) -> str:
    """A sentence or two on where the job is."""
    if job.status == JobStatus.FAILED:
        return job.error_message
    failed = job.failed_items or 0
    if job.status == JobStatus.COMPLETED:
        return f"Completed, {failed} failed." if failed else "Completed."
    if job.status == JobStatus.CANCELLED:
        return f"Cancelled; {job.completed_items or 0} of {job.total_items or 0} were finished and are kept."
    present = next((stage for stage in stages if stage.name == job.stage), None)
    if present is None or job.status == JobStatus.PENDING:
        return f"{job.get_status_display()}: waiting for a worker."
    count = f"{present.done + present.failed} of {present.total}"
    words = {JobStatus.PAUSED: "Paused", JobStatus.STALE: "Worker lost, recovering"}.get(JobStatus(job.status))
    sentence = f"{words or present.title}: {count}" + (f", {failed} failed." if failed else ".")
    if job.status == JobStatus.PAUSED:
        return f"{sentence} {_reason(job)}".rstrip()
    return f"{sentence} {_rest_words(job)}" if job.wake_at else sentence


def _rest_words(job: Job) -> str:
    """What a running job with nothing to do waits for, and until when."""
    first = Item.objects.filter(job=job, stage=job.stage, not_before=job.wake_at).order_by("ordinal").first()
    return f"{first.error_message if first else ''} Next look at {job.wake_at:%Y-%m-%d %H:%M} UTC.".lstrip()


def _reason(job: Job) -> str:
    """Why the job moved to where it is, in words for a person."""
    return job.events.order_by("-pk").values_list("reason", flat=True).first() or ""


def with_stage_counts(jobs: QuerySet[Job]) -> QuerySet[Job]:
    """Adds what ``line_of`` needs, for a list of jobs in one query."""
    items = Item.objects.filter(job=OuterRef("pk"), stage=OuterRef("stage")).order_by()
    over = items.filter(state__in=[ItemState.DONE, ItemState.FAILED])
    return jobs.annotate(stage_total=_count(items), stage_over=_count(over))


def _count(items: QuerySet[Item]) -> Coalesce:
    counted = items.values("job").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0, output_field=IntegerField())


@dataclass(frozen=True, slots=True)
class JobLine:
    """An active job in one line: ``over`` of ``total`` items of its present stage are done or failed, 0 of 0 before the
    stage is planned. ``state`` is "" while it is at work."""

    stage: str
    over: int
    total: int
    state: str


def line_of(job: Job) -> JobLine:
    handler = handlers().get(job.kind)
    stage = next((stage for stage in handler.stages if stage.name == job.stage), None) if handler else None
    state = "" if job.is_at_work else "rests" if job.status == JobStatus.RUNNING else job.get_status_display().lower()
    counts = getattr(job, "stage_over", 0), getattr(job, "stage_total", 0)
    return JobLine(stage.title if stage else job.title, *counts, state)


def _errors(job: Job) -> list[ItemError]:
    """What failed or will be tried again, in order; at most as many as ``progress_detail`` keeps."""
    if not detail_of(job)["page_errors"]:
        return []
    return [
        ItemError(
            item.ordinal,
            item.label,
            item.stage,
            item.error_message,
            item.error_code,
            item.attempts,
            is_final=item.state == ItemState.FAILED,
        )
        for item in troubled_items(job)
    ]
