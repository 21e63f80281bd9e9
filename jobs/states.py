"""The engine's states and the one table of legal moves."""

from __future__ import annotations

from datetime import timedelta

from django.db import models


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
SWEEP_SECONDS = 60
# A job with nothing to do for longer than this holds no worker; the sweep, once a minute, wakes it.
REST_ABOVE = timedelta(seconds=30)
