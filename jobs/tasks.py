"""The functions that django-q2 calls inside a worker."""

from __future__ import annotations

import os

from jobs.heartbeat import cluster_seen
from jobs.runner import run_slice
from jobs.states import Load
from jobs.sweep import TURN_SECONDS, sweep_in_turn


def run(job_id: str) -> None:
    """One slice of the job, limited to the stages of this worker's pool."""
    cluster_seen()
    pool = os.environ.get("Q_CLUSTER_NAME")
    run_slice(job_id, pool=Load(pool) if pool else None)


def sweep() -> None:
    cluster_seen()
    sweep_in_turn(TURN_SECONDS)


def canary() -> None:
    """Proves that this cluster takes and runs tasks; ``jobs.worker.canary`` sends it."""
    cluster_seen()
