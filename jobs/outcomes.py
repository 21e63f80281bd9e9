"""Closing an item: its effect and its state change in one transaction, or not at all."""

from __future__ import annotations

import logging
import random
from datetime import datetime, timedelta
from typing import Any

from jobs import clock
from jobs.database import locked_job, update_where
from jobs.errors import JobError, LeaseLost
from jobs.failpoints import failpoint
from jobs.leases import claim_next
from jobs.models import Item, Job
from jobs.progress import count_closed
from jobs.registry import Stage
from jobs.states import BACKOFF_SECONDS, FINAL, MAX_ATTEMPTS, ItemState, JobStatus, move
from jobs.throttle import failed as provider_failed

logger = logging.getLogger(__name__)


UNEXPECTED_MESSAGE = "An unexpected error stopped this; the log has the details."


class TookTooLong(JobError):
    """django-q2's timeout ended the task while the item was in hand."""

    code = "took_too_long"
    retryable = True

    @classmethod
    def after(cls, seconds: float) -> TookTooLong:
        return cls(f"This took longer than the {seconds:g} seconds a worker may spend.")


def finish(claimed: Item, stage: Stage, result: Any, *, go_on_as: str = "") -> Item | None:
    """Saves ``result`` and marks the item done; where ``go_on_as`` names a runner, leases it the next item at once.

    Raises LeaseLost, and changes nothing, when the lease was taken away.
    """
    with locked_job(claimed.job_id) as job:
        _close(job, claimed, ItemState.DONE)
        failpoint("in_finish")
        stage.save(claimed, result)
        following = claim_next(job, stage, go_on_as) if go_on_as else None
        count_closed(job, claimed)
        failpoint("before_commit")
    failpoint("after_commit")
    return following


def fail(claimed: Item, stage: Stage, error: Exception) -> None:
    """Counts a failed attempt: back to pending with a delay, or failed for good. A rate limit, the outage of a
    provider and a reached budget give the attempt back; a reached budget pauses the job.

    Raises LeaseLost, and changes nothing, when the lease was taken away.
    """
    why = _why(error)
    with locked_job(claimed.job_id) as job:
        probe_at = _next_probe(claimed, stage, error)
        attempts = claimed.attempts - (probe_at is not None or not getattr(error, "counts_attempt", True))
        if _is_retryable(error) and attempts < MAX_ATTEMPTS:
            not_before = (probe_at or clock.now()) + timedelta(seconds=_delay(attempts, error))
            _close(job, claimed, ItemState.PENDING, attempts=attempts, not_before=not_before, **why)
            logger.warning("item will be tried again", extra=_fields(claimed))
        else:
            _close(job, claimed, ItemState.FAILED, **why)
            stage.save_failure(claimed, claimed.error_message)
            logger.error("item failed", extra=_fields(claimed))
        if getattr(error, "pauses_job", False) and job.status == JobStatus.RUNNING:
            move(job, JobStatus.PAUSED, actor="worker", reason=claimed.error_message, wake_at=_looks_again_at(error))
        count_closed(job, claimed)
        failpoint("in_fail")


def _close(job: Job, item: Item, state: ItemState, **changes: Any) -> None:
    """Ends the lease under which ``item`` was claimed, or raises LeaseLost when it is no longer held."""
    changes = {
        "state": state,
        "lease_expires_at": None,
        "leased_by": "",
        "finished_at": None if state == ItemState.PENDING else clock.now(),
        "error_kind": "",
        "error_code": "",
        "error_message": "",
        **changes,
    }
    held = {"state": ItemState.LEASED, "lease_token": item.lease_token}
    if job.status in FINAL or update_where(Item, changes, id=item.pk, **held) != 1:
        raise LeaseLost(f"{item.label} was taken away from this worker; its result is thrown away.")
    item.job = job
    for name, value in changes.items():
        setattr(item, name, value)


def _is_retryable(error: Exception) -> bool:
    """Errors that nobody classified get their five attempts: most are passing faults of the machine."""
    return error.retryable if isinstance(error, JobError) else True


def _why(error: Exception) -> dict[str, str]:
    """The item's columns on its last failure."""
    message = error.message if isinstance(error, JobError) else UNEXPECTED_MESSAGE
    kind = "retryable" if _is_retryable(error) else "terminal"
    return {
        "error_kind": kind,
        "error_code": getattr(error, "code", "") or "unexpected_error",
        "error_message": message,
    }


def _next_probe(item: Item, stage: Stage, error: Exception) -> datetime | None:
    """When a provider that is away is tried next; None where it is not known to be away."""
    if not stage.provider or not getattr(error, "provider_away", False):
        return None
    return provider_failed(stage.provider, item.attempts, item.started_at or clock.now())


def _looks_again_at(error: Exception) -> datetime | None:
    """When a job that ``error`` paused goes on by itself; None where a person has to resume it."""
    seconds = getattr(error, "retry_after", None)
    return None if seconds is None else clock.now() + timedelta(seconds=seconds)


def _delay(attempts: int, error: Exception) -> float:
    wanted = 0 if getattr(error, "pauses_job", False) else getattr(error, "retry_after", None)
    if wanted is not None:
        return float(wanted)
    base = BACKOFF_SECONDS[min(max(attempts, 1), len(BACKOFF_SECONDS)) - 1]
    return base * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret


def _fields(item: Item) -> dict[str, Any]:
    return {"job": str(item.job_id), "item": item.label, "attempts": item.attempts, "code": item.error_code}
