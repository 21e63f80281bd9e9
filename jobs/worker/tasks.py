"""What a cluster runs: slices of jobs, the sweep by its schedule, and the canary."""

from __future__ import annotations

import os
import time
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.models import Schedule
from django_q.signing import SignedPackage

from jobs.heartbeat import cluster_seen
from jobs.runner import run_slice
from jobs.states import Load
from jobs.sweep import sweep_in_turn, turn_seconds


def run(job_id: str) -> None:
    """One slice of the job, limited to the stages of this worker's pool."""
    cluster_seen()
    pool = os.environ.get("Q_CLUSTER_NAME")
    run_slice(job_id, pool=Load(pool) if pool else None)


def sweep() -> None:
    cluster_seen()
    sweep_in_turn(turn_seconds())


def canary() -> None:
    """Proves that this cluster takes and runs tasks; ``CanaryBroker`` sends it."""
    cluster_seen()


class CanaryBroker:
    """A django-q2 broker with a canary task among its tasks every CANARY_SECONDS, which proves that pusher, queue and
    workers pass tasks on.

    It never goes through the shared queue. So it cannot pile up there while the cluster is busy or down, and no other
    machine's cluster of the same pool can answer for this one.
    """

    def __init__(self, broker: Any) -> None:
        self._broker = broker
        self._due_at = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)

    def dequeue(self) -> list[tuple[object, str]]:
        """Pairs of acknowledgement id and signed task. A canary has no id: there is no message to acknowledge."""
        tasks = list(self._broker.dequeue() or ())
        if time.monotonic() >= self._due_at:
            self._due_at = time.monotonic() + settings.CANARY_SECONDS
            tasks.append((None, _canary_package()))
        return tasks


def _canary_package() -> str:
    """A task as ``django_q.tasks.async_task`` would sign it, its result not kept."""
    task = {
        "id": "canary",
        "name": "canary",
        "func": "jobs.worker.tasks.canary",
        "args": (),
        "kwargs": {},
        "started": timezone.now(),
        "save": False,
    }
    package: str = SignedPackage.dumps(task)
    return package


SWEEP_NAME = "sweep jobs"


def setup_schedules() -> None:
    """Schedules the sweep for every minute, however often it is called.

    A schedule's name is not unique in the database, so two first calls at once could make two: the later is removed.
    """
    with transaction.atomic():
        present = Schedule.objects.filter(name=SWEEP_NAME).order_by("pk").values_list("pk", flat=True)
        Schedule.objects.filter(pk__in=list(present[1:])).delete()
        Schedule.objects.update_or_create(
            name=SWEEP_NAME,
            defaults={
                "func": "jobs.worker.tasks.sweep",
                "schedule_type": Schedule.CRON,
                "cron": "* * * * *",
                "cluster": str(Load.IO),
                "repeats": -1,
            },
        )
