"""Closing an item: its effect and its state change in one transaction, or not at all."""

from __future__ import annotations

import logging
import random
from datetime import timedelta
from typing import Any

from jobs import clock
from jobs.constants import BACKOFF_SECONDS, FINAL, MAX_ATTEMPTS, ItemState
from jobs.errors import JobError, LeaseLost
from jobs.handlers import Stage
from jobs.models import Item, Job
from jobs.progress import refresh_progress
from jobs.transitions import locked_job

logger = logging.getLogger(__name__)

UNEXPECTED_MESSAGE = "An unexpected error stopped this; the log has the details."


class TookTooLong(JobError):
    """django-q2's timeout ended the task while the item was in hand."""

    code = "took_too_long"
    retryable = True

    @classmethod
    def after(cls, seconds: float) -> TookTooLong:
        return cls(f"This took longer than the {seconds:g} seconds a worker may spend.")


def finish(claimed: Item, stage: Stage, result: Any) -> None:
    """Saves ``result`` and marks the item done.

    Raises LeaseLost, and changes nothing, when the lease was taken away.
    """
    with locked_job(claimed.job_id) as job:
        item = _still_held(job, claimed)
        stage.save(item, result)
        item.error_kind = item.error_code = item.error_message = ""
        _close(item, ItemState.DONE)
        refresh_progress(job, item_finished=True)


def fail(claimed: Item, stage: Stage, error: Exception) -> None:
    """Counts a failed attempt: back to pending with a delay, or failed for good.

    Raises LeaseLost, and changes nothing, when the lease was taken away.
    """
    with locked_job(claimed.job_id) as job:
        item = _still_held(job, claimed)
        item.error_kind = "retryable" if _is_retryable(error) else "terminal"
        item.error_code = getattr(error, "code", "") or "unexpected_error"
        item.error_message = error.message if isinstance(error, JobError) else UNEXPECTED_MESSAGE
        if _is_retryable(error) and item.attempts < MAX_ATTEMPTS:
            item.not_before = clock.now() + timedelta(seconds=_delay(item, error))
            _close(item, ItemState.PENDING)
            logger.warning("item will be tried again", extra=_fields(item))
        else:
            stage.save_failure(item, item.error_message)
            _close(item, ItemState.FAILED)
            logger.error("item failed", extra=_fields(item))
        refresh_progress(job)


def _still_held(job: Job, claimed: Item) -> Item:
    item = Item.objects.select_related("job").get(pk=claimed.pk)
    if item.state != ItemState.LEASED or item.lease_token != claimed.lease_token or job.status in FINAL:
        raise LeaseLost(f"{item.label} was taken away from this worker; its result is thrown away.")
    return item


def _close(item: Item, state: ItemState) -> None:
    item.state = state
    item.lease_expires_at = None
    item.leased_by = ""
    item.finished_at = None if state == ItemState.PENDING else clock.now()
    item.save()


def _is_retryable(error: Exception) -> bool:
    """Errors that nobody classified get their five attempts: most are passing faults of the machine."""
    return error.retryable if isinstance(error, JobError) else True


def _delay(item: Item, error: Exception) -> float:
    wanted = getattr(error, "retry_after", None)
    if wanted is not None:
        return float(wanted)
    base = BACKOFF_SECONDS[min(item.attempts, len(BACKOFF_SECONDS)) - 1]
    return base * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret


def _fields(item: Item) -> dict[str, Any]:
    return {"job": str(item.job_id), "item": item.label, "attempts": item.attempts, "code": item.error_code}
