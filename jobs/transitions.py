"""The one function that changes a job's status, and the lock under which it does."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from jobs import clock
from jobs.database import row_where
from jobs.errors import InvalidTransition
from jobs.models import Event, Job
from jobs.states import FINAL, TRANSITIONS, JobStatus

logger = logging.getLogger(__name__)


@contextmanager
def locked_job(job_id: UUID | str) -> Iterator[Job]:
    """The job's row, locked until the block ends: a row lock on PostgreSQL, an immediate transaction on SQLite.

    Every transaction of the engine takes this lock first and items after it, so none can deadlock. Rows that refer to
    the job can be written meanwhile.
    """
    with transaction.atomic():
        job = row_where(Job, lock=True, id=job_id)
        if job is None:
            raise Job.DoesNotExist(f"There is no job {job_id}.")
        yield job


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
    if Job.objects.filter(pk=job.pk, status=before).update(**changes) != 1:
        raise InvalidTransition(f"The job was changed by somebody else before it became {to.label.lower()}.")
    for name, value in changes.items():
        setattr(job, name, value)
    Event.objects.create(job=job, from_status=before, to_status=to, actor=actor, reason=reason or error_message)
    logger.info("job moved", extra={"job": str(job.pk), "book": job.book_id, "from": before.value, "to": to.value})


def _changes(job: Job, to: JobStatus, error_message: str) -> dict[str, Any]:
    now = clock.now()
    changes: dict[str, Any] = {"status": to, "error_message": error_message}
    if to == JobStatus.RUNNING:
        changes |= {"started_at": job.started_at or now, "heartbeat_at": now}
    if to in FINAL:
        changes |= {"completed_at": now, "current_item": None}
    return changes
