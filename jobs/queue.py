"""The edge to django-q2: a message is a hint to look at the rows, never the truth."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django_q.tasks import async_task

from jobs import clock
from jobs.models import Job
from jobs.states import Load


def wake(job: Job, load: Load, runners: int = 1) -> None:
    """Asks the pool of ``load`` to run slices of ``job`` once the surrounding transaction commits."""
    Job.objects.filter(pk=job.pk).update(queued_at=clock.now())
    for _ in range(max(1, runners)):
        transaction.on_commit(partial(enqueue_slice, job.pk, load))


def enqueue_slice(job_id: UUID, load: Load) -> None:
    timeout = settings.JOB_TIMEOUT_SECONDS if load == Load.CPU else settings.JOB_IO_TIMEOUT_SECONDS
    async_task("jobs.tasks.run", str(job_id), cluster=str(load), timeout=timeout)


def runners_for(load: Load, open_items: int) -> int:
    """How many runners a stage gets: one a worker for processor work, one with threads for network work."""
    return min(open_items, settings.POOLS[load]) if load == Load.CPU else 1
