"""Recovery without a hand: jobs whose runners died, that never started, or whose pause or rest is over."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.dispatch import Signal

from jobs import clock
from jobs.actions import wake_present_stage
from jobs.database import locked_job
from jobs.failpoints import failpoint
from jobs.leases import revoke
from jobs.logs import ids_of
from jobs.models import Item, Job, SweepRun
from jobs.progress import refresh_progress
from jobs.states import LONGEST_RECOVERY_PAUSE_SECONDS, RECOVERIES_AT_ONCE, SWEEP_ROWS, ItemState, JobStatus, move

logger = logging.getLogger(__name__)

# Sent after each pass, for what else is to be tidied by the clock.
swept = Signal()
# A sweep that did not end after this time has died.
DEAD_AFTER_SECONDS = 120
LAST_SIGN = Coalesce("heartbeat_at", "started_at", "created_at")


def turn_seconds() -> float:
    """Of the sweeps that all machines begin within this time one is made; a little less than how often each begins."""
    return float(settings.JOB_SWEEP_SECONDS) * 5 / 6


def sweep_in_turn(seconds_since: float = 0) -> dict[str, int] | None:
    """A pass, unless one is under way or began less than ``seconds_since`` ago, on any machine: then None."""
    now = clock.now()
    SweepRun.objects.get_or_create(pk=1)
    is_over = Q(finished_at__gte=F("begun_at"), begun_at__lte=now - timedelta(seconds=seconds_since))
    is_dead = Q(begun_at__lte=now - timedelta(seconds=DEAD_AFTER_SECONDS))
    turn = SweepRun.objects.filter(Q(begun_at=None) | is_over | is_dead, pk=1)
    return sweep() if turn.update(begun_at=now) else None


def sweep() -> dict[str, int]:
    """One pass over at most ``SWEEP_ROWS`` jobs of each kind of trouble; returns how many it helped, by kind.

    An error with one job is logged and never keeps the others from being looked at.
    """
    started = time.monotonic()
    helped = {
        "recovered": _each(_silent_jobs(), _recover),
        "requeued": _each(_stale_jobs(), _requeue),
        "woken": _each(_resting_jobs_due(), _wake),
        "started": _each(_forgotten_jobs(), _start),
    }
    facts = {"finished_at": clock.now(), "seconds": time.monotonic() - started, "helped": helped}
    SweepRun.objects.update_or_create(pk=1, defaults=facts)
    swept.send_robust(sender=None)
    return helped


def _each(jobs: Iterable[Job], help_one: Callable[[Job], bool]) -> int:
    helped = 0
    for job in jobs:
        try:
            helped += help_one(job)
        except Exception:
            logger.exception("sweep could not help a job", extra=ids_of(job))
    return helped


def _silent_jobs() -> Iterable[Job]:
    """Running jobs without a beat for the stale time; a job that never beat is judged by when it started.

    One that was queued after its last beat waits for a worker: see ``_forgotten_jobs``. One with a ``wake_at`` rests.
    """
    jobs = (
        Job.objects.filter(status=JobStatus.RUNNING, wake_at=None).alias(seen=LAST_SIGN).filter(seen__lt=_stale_limit())
    )
    return jobs.exclude(queued_at__gt=F("seen"))[:SWEEP_ROWS]


def _stale_jobs() -> Iterable[Job]:
    """Left behind by a sweep that died between its two moves."""
    return Job.objects.filter(status=JobStatus.STALE)[:SWEEP_ROWS]


def _resting_jobs_due() -> Iterable[Job]:
    """Paused ones, and running ones that have had nothing to do."""
    return Job.objects.filter(status__in=[JobStatus.PAUSED, JobStatus.RUNNING], wake_at__lte=clock.now())[:SWEEP_ROWS]


def _forgotten_jobs() -> Iterable[Job]:
    """Jobs that wait for a worker since the stale time: their wake-up may be lost, and one too many does no harm."""
    limit = _stale_limit()
    overdue = Q(queued_at__lt=limit) | Q(queued_at=None, created_at__lt=limit)
    return jobs_without_worker().filter(overdue)[:SWEEP_ROWS]


def jobs_without_worker() -> QuerySet[Job]:
    """The pending ones, and those that run but were queued after their last sign of life."""
    waiting = Q(status=JobStatus.PENDING) | Q(status=JobStatus.RUNNING, seen__lt=F("queued_at"))
    return Job.objects.alias(seen=LAST_SIGN).filter(waiting)


def _stale_limit() -> datetime:
    return clock.now() - timedelta(seconds=settings.JOB_STALE_SECONDS)


def _recover(seen: Job) -> bool:
    """Frees what the dead workers of a silent job held and sets it going again, unless it gave a sign after it was
    ``seen`` silent; at once the first times, and after a pause where that brought nothing to its end."""
    with locked_job(seen.pk) as job:
        signs = (job.heartbeat_at, job.queued_at, job.wake_at)
        if job.status != JobStatus.RUNNING or signs != (seen.heartbeat_at, seen.queued_at, seen.wake_at):
            return False
        failpoint("before_recovery")
        for item in Item.objects.filter(job=job, state=ItemState.LEASED):
            revoke(job, item)
        failpoint("in_recovery")
        Job.objects.filter(pk=job.pk).update(attempt=F("attempt") + 1)
        job.attempt += 1
        refresh_progress(job)
        if job.attempt > RECOVERIES_AT_ONCE:
            _pause(job)
        else:
            move(job, JobStatus.STALE, actor="sweep", reason=f"No sign of its workers since {_last_sign(job)}.")
            _set_going(job)
        failpoint("before_recovery_commit")
    failpoint("after_recovery")
    return True


def _requeue(seen: Job) -> bool:
    with locked_job(seen.pk) as job:
        return job.status == JobStatus.STALE and _set_going(job)


def _pause(job: Job) -> None:
    """A page that kills its workers is set aside one day, so what goes on is a fault of the machines: it needs time."""
    longer = 2 ** (job.attempt - RECOVERIES_AT_ONCE - 1)
    pause = timedelta(seconds=min(settings.JOB_STALE_SECONDS / 4 * longer, LONGEST_RECOVERY_PAUSE_SECONDS))
    until = clock.now() + pause
    reason = (
        f"Its workers were lost {job.attempt} times in a row before anything was finished, the last at "
        f"{_last_sign(job)}: killed, cut off from the database, or out of memory. Next try at {until:%H:%M:%S} UTC."
    )
    move(job, JobStatus.PAUSED, actor="sweep", reason=reason, wake_at=until)


def _last_sign(job: Job) -> str:
    return f"{job.heartbeat_at or job.started_at or job.created_at:%H:%M:%S} UTC"


def _set_going(job: Job) -> bool:
    move(job, JobStatus.PENDING, actor="sweep", reason=f"Set going again, for the {job.attempt}. time.")
    wake_present_stage(job)
    return True


def _wake(seen: Job) -> bool:
    with locked_job(seen.pk) as job:
        if (job.status, job.wake_at) != (seen.status, seen.wake_at):
            return False
        if job.status == JobStatus.PAUSED:
            move(job, JobStatus.PENDING, actor="sweep", reason="The pause is over.")
        Job.objects.filter(pk=job.pk).update(wake_at=None)
        wake_present_stage(job)
        return True


def _start(seen: Job) -> bool:
    with locked_job(seen.pk) as job:
        if (job.status, job.queued_at) != (seen.status, seen.queued_at):
            return False
        wake_present_stage(job)
        return True
