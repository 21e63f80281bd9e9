"""How many items a runner may claim for a stage that calls a provider: none, rather than hold them and wait."""

from __future__ import annotations

import math
from datetime import timedelta

from jobs import clock
from jobs.constants import ItemState, JobStatus
from jobs.handlers import Stage, handlers
from jobs.models import Item, Job, Throttle
from jobs.throttle import calls_at_once, locked_throttle, wait_of
from jobs.transitions import move

# A job whose provider asks for a longer wait than this is paused, so that people see why it stands.
PAUSE_ABOVE = timedelta(minutes=1)


def slots_for(job: Job, stage: Stage, wanted: int) -> int:
    """How many items of ``stage`` may be claimed now, at most ``wanted``; the caller holds the job's lock.

    Pauses the job, with the time of the next try, where the provider is away or asks for a long wait.
    """
    if not stage.provider:
        return wanted
    with locked_throttle(stage.provider) as row:
        free = _free(row)
    if not free:
        _pause_if_long(job, stage, row)
    return min(free, wanted)


def closed_for(provider: str) -> float:
    """Seconds in which no item may be claimed for a stage that calls ``provider``: 0 for none, infinite where a call in
    flight has to end first."""
    row = Throttle.objects.filter(provider=provider).first() if provider else None
    if row is None:
        return 0.0
    return wait_of(row) or (0.0 if _free(row) else math.inf)


def calls_in_flight(provider: str) -> int:
    """Items under lease in stages that call ``provider``; those of a killed worker count until their lease ends."""
    calling = {
        (handler.kind, stage.name)
        for handler in handlers().values()
        for stage in handler.stages
        if stage.provider == provider
    }
    leased = Item.objects.filter(state=ItemState.LEASED, lease_expires_at__gt=clock.now())
    return sum(stage in calling for stage in leased.values_list("job__kind", "stage"))


def _free(row: Throttle) -> int:
    if wait_of(row):
        return 0
    return max(0, calls_at_once(row) - calls_in_flight(row.provider))


def _pause_if_long(job: Job, stage: Stage, row: Throttle) -> None:
    now = clock.now()
    if row.cool_until is None or row.cool_until <= now:
        return
    if not (row.outage_since or row.cool_until - now > PAUSE_ABOVE):
        return
    if not Item.objects.filter(job=job, stage=stage.name, state=ItemState.PENDING).exists():
        return
    cause = f"does not answer ({row.failures + row.probes} calls in a row)" if row.outage_since else "asks us to wait"
    reason = f"{row.provider} {cause}. Next try at {row.cool_until:%H:%M:%S} UTC."
    move(job, JobStatus.PAUSED, actor="worker", reason=reason, wake_at=row.cool_until)
