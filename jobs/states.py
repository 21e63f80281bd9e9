"""The engine's states, the one table of legal moves, and the one function that changes a job's status."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models

from jobs import clock
from jobs.errors import InvalidTransition
from jobs.logs import ids_of

if TYPE_CHECKING:
    from jobs.models import Job

logger = logging.getLogger(__name__)


class JobStatus(models.TextChoices):
    PENDING = "pending", "Pending"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    STALE = "stale", "Stale"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class ItemState(models.TextChoices):
    PENDING = "pending", "Waiting"
    LEASED = "leased", "In work"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Load(models.TextChoices):
    """What a stage mostly waits for; also the name of the worker pool that runs it."""

    CPU = "cpu", "Processor"
    IO = "io", "Network"


TRANSITIONS: dict[str, frozenset[str]] = {
    JobStatus.PENDING: frozenset({JobStatus.RUNNING, JobStatus.CANCELLED, JobStatus.FAILED}),
    JobStatus.RUNNING: frozenset(
        {JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.PAUSED, JobStatus.STALE}
    ),
    JobStatus.STALE: frozenset({JobStatus.PENDING, JobStatus.FAILED}),
    JobStatus.PAUSED: frozenset({JobStatus.PENDING, JobStatus.CANCELLED, JobStatus.FAILED}),
    JobStatus.COMPLETED: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}
ACTIVE = (JobStatus.PENDING, JobStatus.RUNNING, JobStatus.PAUSED, JobStatus.STALE)
FINAL = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)
OPEN_ITEMS = (ItemState.PENDING, ItemState.LEASED)
MAX_ATTEMPTS = 5
# A worker's death says little about what it had in hand: after so many an item is worked alone in its job, and only a
# death that it meets alone is its own doing. At the last of these it is quarantined.
DEATHS_IN_COMPANY = 2
MAX_CRASHES = 5
# So often a job is set going at once after its workers died; then it waits, longer each time.
RECOVERIES_AT_ONCE = 2
LONGEST_RECOVERY_PAUSE_SECONDS = 900
BACKOFF_SECONDS = (2, 4, 8, 16)
SWEEP_ROWS = 100
# A job with nothing to do for longer than this holds no worker; the sweep, once a minute, wakes it.
REST_ABOVE = timedelta(seconds=30)


def move(
    job: Job,
    to: JobStatus,
    *,
    actor: str,
    reason: str = "",
    error_message: str = "",
    wake_at: datetime | None = None,
) -> None:
    """Moves ``job``, whose row the caller holds locked, and logs the move.

    Raises InvalidTransition where the table has no such move, or where the row is no longer in the state the caller
    saw. ``error_message`` is required for a move to failed and refused for any other (the database checks it).
    ``wake_at`` is when the sweep ends a pause by itself; None leaves that to a person.
    """
    before = JobStatus(job.status)
    if to not in TRANSITIONS[before]:
        raise InvalidTransition(f"A {before.label.lower()} job cannot become {to.label.lower()}.")
    changes = _changes(job, to, error_message) | {"wake_at": wake_at}
    if type(job).objects.filter(pk=job.pk, status=before).update(**changes) != 1:
        raise InvalidTransition(f"The job was changed by somebody else before it became {to.label.lower()}.")
    for name, value in changes.items():
        setattr(job, name, value)
    job.events.create(from_status=before, to_status=to, actor=actor, reason=reason or error_message)
    logger.info("job moved", extra={**ids_of(job), "from": before.value, "to": to.value})


def _changes(job: Job, to: JobStatus, error_message: str) -> dict[str, Any]:
    now = clock.now()
    changes: dict[str, Any] = {"status": to, "error_message": error_message}
    if to == JobStatus.RUNNING:
        changes |= {"started_at": job.started_at or now, "heartbeat_at": now}
    if to in FINAL:
        changes |= {"completed_at": now, "current_item": None}
    return changes
