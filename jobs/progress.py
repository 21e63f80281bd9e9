"""A job's counters, always rewritten from its items, and what is derived from them for people."""

from __future__ import annotations

from typing import Any

from django.db import connection

from jobs.constants import OPEN_ITEMS, ItemState
from jobs.handlers import handler_for
from jobs.models import Item, Job

MAX_REPORTED_ERRORS = 500


# One statement, as it runs once an item: Django would take two, and longer to put them together than to run them.
COUNTERS = ("total_items", "completed_items", "failed_items", "current_item", "last_completed_item")
COUNT_AGAIN = """
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
        FROM jobs_item WHERE job_id = %s
    ) AS counted
    WHERE id = %s
    RETURNING total_items, completed_items, failed_items, current_item, last_completed_item
"""


def refresh_progress(job: Job, *, item_finished: bool = False) -> None:
    """Rewrites the counters of ``job`` from its items, in the caller's transaction and under its lock.

    ``item_finished`` also clears the count of recoveries: the job has made progress.
    """
    pk = Job._meta.pk.get_db_prep_value(job.pk, connection)
    with connection.cursor() as cursor:
        cursor.execute(COUNT_AGAIN, [pk, pk])
        ((*counts,),) = cursor.fetchall()
    changes = dict(zip(COUNTERS, counts, strict=True))
    # A finished item brings no error, but may take one away.
    if not item_finished or detail_of(job)["page_errors"]:
        changes["progress_detail"] = detail_of(job) | {"page_errors": _page_errors(job)}
    if item_finished and job.attempt:
        changes["attempt"] = 0
    for name, value in changes.items():
        setattr(job, name, value)
    if more := set(changes) - set(COUNTERS):
        job.save(update_fields=more)


def _page_errors(job: Job) -> dict[str, dict[str, Any]]:
    troubled = Item.objects.filter(job=job).exclude(error_code="").exclude(state=ItemState.DONE)
    return {
        item.label: {"error": item.error_message, "error_type": item.error_code, "attempts": item.attempts}
        for item in troubled.order_by("ordinal")[:MAX_REPORTED_ERRORS]
    }


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
