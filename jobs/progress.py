"""A job's counters, its pace, and what is derived from them for people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import QuerySet

from jobs.models import Item, Job
from jobs.registry import handler_for
from jobs.states import OPEN_ITEMS, ItemState, JobStatus

if TYPE_CHECKING:
    from jobs.views import StageView


MAX_REPORTED_ERRORS = 500
# Written so because it is the condition of an index, which a database takes only where a query has the same words.
TROUBLED = ["NOT (error_code = '')"]
# Each one statement, as one of them runs once an item: Django would take two, and longer to put them together.
COUNTERS = ("total_items", "completed_items", "failed_items", "current_item", "last_completed_item")
COUNT_AGAIN = f"""
    UPDATE jobs_job SET
        total_items = counted.total, completed_items = counted.done, failed_items = counted.failed,
        current_item = counted.current, last_completed_item = COALESCE(counted.first_undone - 1, counted.total)
    FROM (
        SELECT
            COUNT(*) AS total,
            COUNT(*) FILTER (WHERE state = 'done') AS done,
            COUNT(*) FILTER (WHERE state = 'failed') AS failed,
            MIN(ordinal) FILTER (WHERE state = 'leased') AS current,
            MIN(ordinal) FILTER (WHERE state <> 'done') AS first_undone
        FROM jobs_item WHERE job_id = %(job)s
    ) AS counted
    WHERE id = %(job)s
    RETURNING {", ".join(COUNTERS)}
"""  # noqa: S608 - names of columns
# Looks at the items in hand alone, and at those after an unbroken run of done ones only when that run grows.
COUNT_ONE = f"""
    UPDATE jobs_job SET
        completed_items = completed_items + %(done)s, failed_items = failed_items + %(failed)s,
        current_item = (
            SELECT MIN(ordinal) FROM jobs_item WHERE job_id = %(job)s AND stage = %(stage)s AND state = 'leased'
        ),
        last_completed_item = CASE WHEN %(done)s = 1 AND last_completed_item = %(ordinal)s - 1 THEN COALESCE((
            SELECT ordinal - 1 FROM jobs_item WHERE job_id = %(job)s AND ordinal > %(ordinal)s AND state <> 'done'
            ORDER BY ordinal LIMIT 1
        ), total_items) ELSE last_completed_item END
    WHERE id = %(job)s
    RETURNING {", ".join(COUNTERS)}
"""  # noqa: S608 - names of columns


def count_closed(job: Job, item: Item) -> None:
    """Counts ``item``, which just left the hand that held it, in the caller's transaction and under its lock.

    An item that is done also clears the count of recoveries: the job has made progress.
    """
    is_done = item.state == ItemState.DONE
    if is_done and job.attempt:
        job.attempt = 0
        job.save(update_fields=["attempt"])
    if None in (job.total_items, job.completed_items, job.failed_items, job.last_completed_item):
        refresh_progress(job)
        return
    facts = {"done": int(is_done), "failed": int(item.state == ItemState.FAILED)}
    _count(job, COUNT_ONE, **facts, ordinal=item.ordinal, stage=item.stage)
    if not is_done or item.label in detail_of(job)["page_errors"]:
        _save_page_errors(job)


def refresh_progress(job: Job) -> None:
    """Rewrites the counters of ``job`` from its items, in the caller's transaction and under its lock: after a plan and
    after a recovery. Costs more the more items there are."""
    _count(job, COUNT_AGAIN)
    _save_page_errors(job)


def _count(job: Job, statement: str, **facts: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"job": Job._meta.pk.get_db_prep_value(job.pk, connection), **facts})
        ((*counts,),) = cursor.fetchall()
    for name, value in zip(COUNTERS, counts, strict=True):
        setattr(job, name, value)


def _save_page_errors(job: Job) -> None:
    detail = detail_of(job) | {"page_errors": page_errors(job)}
    if detail != job.progress_detail:
        job.progress_detail = detail
        job.save(update_fields=["progress_detail"])


def page_errors(job: Job) -> dict[str, dict[str, Any]]:
    """By label, what failed or is to be tried again."""
    return {
        item.label: {"error": item.error_message, "error_type": item.error_code, "attempts": item.attempts}
        for item in troubled_items(job)
    }


def troubled_items(job: Job) -> QuerySet[Item]:
    """The items with an error, in order; at most as many as are reported."""
    troubled = Item.objects.filter(job=job).exclude(state=ItemState.DONE).extra(where=TROUBLED)  # noqa: S610 - constant
    return troubled.order_by("ordinal")[:MAX_REPORTED_ERRORS]


def detail_of(job: Job) -> dict[str, Any]:
    """``progress_detail`` as a reader may rely on it, whatever an old row holds."""
    detail = job.progress_detail if isinstance(job.progress_detail, dict) else {}
    errors = detail.get("page_errors")
    stats = detail.get("stats")
    return {
        "page_errors": errors if isinstance(errors, dict) else {},
        "stats": stats if isinstance(stats, dict) else {},
    }


def resume_point(job: Job) -> str:
    """The sentence that names the first item not done: "Resume from page 7."; "" when there is none."""
    item = Item.objects.filter(job=job).exclude(state=ItemState.DONE).order_by("ordinal").first()
    if item is None:
        return ""
    return f"Resume from {handler_for(job.kind).stage(item.stage).unit} {item.label}."


def start_sentence(job: Job) -> str:
    """What a job that was just started or resumed will do, for the person who asked: "Resume from page 7. …"."""
    kept = Item.objects.filter(job=job, state=ItemState.DONE).count()
    if not kept:
        return f"{handler_for(job.kind).title} started."
    return f"{resume_point(job) or 'Nothing of this stage is left to do.'} {kept} already finished {_are_kept(kept)}."


def _are_kept(count: int) -> str:
    return "is kept" if count == 1 else "are kept"


def open_items(job: Job, stage: str) -> int:
    return Item.objects.filter(job=job, stage=stage, state__in=OPEN_ITEMS).count()


# An estimate from fewer items than this is noise.
LEAST_ITEMS = 3
# How far the true time may lie from the estimate: pages differ, and other jobs share the workers. While a later stage
# is not planned, its share is known only by its weight.
RANGE = (0.8, 1.4)
RANGE_BEFORE_THE_WHOLE_PLAN = (0.5, 2.5)


@dataclass(frozen=True, slots=True)
class Pace:
    """``eta_seconds`` is (least, most). Each None before it can be told."""

    items_per_minute: float | None = None
    eta_seconds: tuple[int, int] | None = None


def pace_of(job: Job, stages: Sequence[StageView]) -> Pace:
    if sum(stage.worked for stage in stages) < LEAST_ITEMS:
        return Pace()
    spans = _running_spans(job)
    return Pace(_rate(job, stages, spans), _eta(stages, spans))


def _rate(job: Job, stages: Sequence[StageView], spans: Sequence[Span]) -> float | None:
    """Of the present or last stage: items of different stages do not compare."""
    stage = next((stage for stage in stages if stage.name == job.stage), None)
    if stage is None or stage.worked < LEAST_ITEMS:
        return None
    seconds = _seconds_at_work([stage], spans)
    return round(60 * stage.worked / seconds, 1) if seconds else None


def _eta(stages: Sequence[StageView], spans: Sequence[Span]) -> tuple[int, int] | None:
    """From what this job worked itself: what it took over from an earlier one cost it no time."""
    worked = sum(stage.weight * stage.worked / stage.total for stage in stages if stage.total)
    left = sum(stage.weight * (1 - stage.share) for stage in stages)
    seconds = _seconds_at_work(stages, spans)
    if not worked or not seconds:
        return None
    estimate = seconds * left / worked
    is_planned = all(stage.total or stage.state == "done" for stage in stages)
    least, most = RANGE if is_planned else RANGE_BEFORE_THE_WHOLE_PLAN
    return round(estimate * least), round(estimate * most) + 1


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which the job ran; ``end`` is None while it does."""

    start: datetime
    end: datetime | None

    def seconds_within(self, start: datetime, end: datetime) -> float:
        return max(0.0, (min(self.end or end, end) - max(self.start, start)).total_seconds())


def _running_spans(job: Job) -> list[Span]:
    """By the job's log; none for a row older than its log."""
    moves = list(job.events.values_list("to_status", "at"))
    ends: list[datetime | None] = [at for _, at in moves[1:]]
    return [
        Span(at, end) for (status, at), end in zip(moves, [*ends, None], strict=False) if status == JobStatus.RUNNING
    ]


def _seconds_at_work(stages: Sequence[StageView], spans: Sequence[Span]) -> float:
    """From the first start to the last end among ``stages``, without the time in which the job rested."""
    starts = [stage.started_at for stage in stages if stage.started_at]
    ends = [stage.worked_until for stage in stages if stage.worked_until]
    if not starts or not ends:
        return 0.0
    start, end = min(starts), max(ends)
    return sum(span.seconds_within(start, end) for span in spans) if spans else (end - start).total_seconds()
