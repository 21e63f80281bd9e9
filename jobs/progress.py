"""A job's counters: changed with each item that closes, by the difference, and what is derived from them for people."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import QuerySet

from jobs.constants import OPEN_ITEMS, ItemState
from jobs.handlers import handler_for
from jobs.models import Item, Job

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
