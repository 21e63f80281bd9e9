"""Taking items under lease, as many as a provider admits, keeping the leases alive and giving them back."""

from __future__ import annotations

import logging
import math
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet

from jobs import clock
from jobs.database import locked_job, row_where
from jobs.failpoints import failpoint
from jobs.logs import ids_of
from jobs.models import Item, Job, Throttle
from jobs.progress import refresh_progress
from jobs.registry import Stage, handler_for, handlers
from jobs.states import DEATHS_IN_COMPANY, MAX_CRASHES, OPEN_ITEMS, ItemState, JobStatus, move
from jobs.throttle import calls_at_once, locked_throttle, wait_of

logger = logging.getLogger(__name__)


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
    row = row_where(Throttle, provider=provider) if provider else None
    if row is None:
        return 0.0
    return wait_of(row) or (0.0 if _free(row) else math.inf)


def calls_in_flight(provider: str) -> int:
    """Items under lease in stages that call ``provider``; those of a killed worker count until their lease ends."""
    counting, facts = _in_flight(provider)
    with connection.cursor() as cursor:
        cursor.execute(counting, facts | {"now": _as_stored(clock.now())})
        return int(cursor.fetchone()[0])


def _in_flight(provider: str) -> tuple[str, dict[str, str]]:
    """The statement that counts the calls in flight, and by their names in it the stages that make such calls."""
    stages = [
        f"{kind} {stage.name}"
        for kind, handler in handlers().items()
        for stage in handler.stages
        if stage.provider == provider
    ]
    calling = {f"calling{at}": stage for at, stage in enumerate(stages or [""])}
    return IN_FLIGHT.format(calling=", ".join(f"%({name})s" for name in calling)), calling


def _as_stored(at: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(at)


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


SUSPECT = Q(crashes__gte=DEATHS_IN_COMPANY)
CRASH_MESSAGE = (
    f"The worker died {MAX_CRASHES} times while it had this in hand, {MAX_CRASHES - DEATHS_IN_COMPANY} of them while "
    "nothing else of this job was in work; the rest goes on without it."
)
IN_FLIGHT = """
    SELECT COUNT(*) FROM jobs_item AS item JOIN jobs_job AS job ON job.id = item.job_id
    WHERE item.state = 'leased' AND item.lease_expires_at > %(now)s AND job.kind || ' ' || item.stage IN ({calling})
"""
LEASE = """
    UPDATE jobs_item SET
        state = 'leased', lease_token = lease_token + 1, attempts = attempts + 1, leased_by = %(runner)s,
        lease_expires_at = %(until)s, started_at = %(now)s, not_before = NULL
    WHERE {which}
    RETURNING *
"""
NEXT_PLAIN = """id = (
    SELECT id FROM jobs_item WHERE job_id = %(job)s AND stage = %(stage)s AND state = 'pending' AND lane = ''
    AND crashes < %(suspect)s AND (not_before IS NULL OR not_before <= %(now)s) ORDER BY ordinal LIMIT 1
)"""


def claim(job_id: UUID | str, stage: str, runner: str, limit: int = 1) -> list[Item]:
    """Up to ``limit`` due items of ``stage``, leased to ``runner`` under new tokens; none unless the job is running.

    An item whose lease ran out is claimed again and its crash counted. One that met more than ``DEATHS_IN_COMPANY`` is
    a suspect: it comes after all others and is worked alone, so that of all that dying workers had in hand only the
    guilty one crashes again.
    """
    with locked_job(job_id) as job:
        if job.status != JobStatus.RUNNING or job.stage != stage:
            return []
        items = claimable(job, stage, limit)
        if any(item.state == ItemState.LEASED for item in items):
            for item in Item.objects.filter(_expired(), job=job, stage=stage):
                revoke(job, item)
            refresh_progress(job)
            items = claimable(job, stage, limit)
        items = items[: slots_for(job, handler_for(job.kind).stage(stage), len(items))]
        if items:
            items = _lease(job, runner, "id IN ({})".format(", ".join(str(item.pk) for item in items)))
            current = min(items[0].ordinal, job.current_item or items[0].ordinal)
            Job.objects.filter(pk=job.pk).update(current_item=current, wake_at=None)
            failpoint("in_claim")
        return items


def claim_next(job: Job, stage: Stage, runner: str) -> Item | None:
    """The next item, leased in the transaction that closes the one before it: half the commits for quick items.

    The caller holds the job's lock and rewrites its counters. Only plain items: None leaves to ``claim`` those that
    are suspects or in a lane.
    """
    if job.status != JobStatus.RUNNING or job.stage != stage.name:
        return None
    which, facts = NEXT_PLAIN, {"stage": stage.name, "suspect": DEATHS_IN_COMPANY}
    if stage.provider:
        with locked_throttle(stage.provider) as row:
            if wait_of(row):
                _pause_if_long(job, stage, row)
                return None
        counting, calling = _in_flight(stage.provider)
        which, facts = f"{which} AND ({counting}) < %(limit)s", facts | calling | {"limit": calls_at_once(row)}
    items = _lease(job, runner, which, **facts)
    if items:
        failpoint("in_claim")
    return items[0] if items else None


def _lease(job: Job, runner: str, which: str, **facts: Any) -> list[Item]:
    """Leases ``which`` items (a condition in SQL, which may name ``facts``) to ``runner``, in order.

    One statement, as it runs once an item: a query and a save take Django longer than all else that closes one.
    """
    now = clock.now()
    facts |= {
        "job": Job._meta.pk.get_db_prep_value(job.pk, connection),
        "runner": runner,
        "now": _as_stored(now),
        "until": _as_stored(now + timedelta(seconds=settings.JOB_LEASE_SECONDS)),
    }
    items = sorted(Item.objects.raw(LEASE.format(which=which), facts), key=lambda item: item.ordinal)
    for item in items:
        item.job = job
    return items


def has_loose(job: Job, stage: str) -> bool:
    """Whether ``stage`` has an item in nobody's hand, due or not."""
    loose = Q(state=ItemState.PENDING) | _expired()
    return Item.objects.filter(loose, job=job, stage=stage).exists()


def claimable(job: Job, stage: str, limit: int) -> list[Item]:
    """Items that may be claimed now: due ones, and ones whose lease ran out; of a lane only its first open one.

    Where there is none but suspects, one of them while nothing of the job is in work; nothing more while one is.
    """
    now = clock.now()
    due = Q(state=ItemState.PENDING) & (Q(not_before__isnull=True) | Q(not_before__lte=now))
    open_to_all = _first_of_lanes(job, stage).filter(due | _expired())
    in_work = Item.objects.filter(job=job, state=ItemState.LEASED, lease_expires_at__gt=now)
    plain = open_to_all.filter(~SUSPECT).exclude(Exists(in_work.filter(SUSPECT))).order_by("ordinal")
    suspects = open_to_all.filter(SUSPECT).exclude(Exists(in_work)).order_by("crashes", "ordinal")
    return list(plain[:limit]) or list(suspects[:1])


def _expired() -> Q:
    return Q(state=ItemState.LEASED, lease_expires_at__lte=clock.now())


def _first_of_lanes(job: Job, stage: str) -> QuerySet[Item]:
    """The open items of ``stage`` that wait for no other: all without a lane, and the first open one of each lane."""
    earlier_in_lane = Item.objects.filter(
        job=OuterRef("job"), stage=stage, lane=OuterRef("lane"), ordinal__lt=OuterRef("ordinal"), state__in=OPEN_ITEMS
    )
    opened = Item.objects.filter(job=job, stage=stage, state__in=OPEN_ITEMS)
    return opened.filter(Q(lane="") | ~Exists(earlier_in_lane))


def revoke(job: Job, item: Item) -> None:
    """Ends a lease whose worker is taken for dead; the caller holds the job's lock and counts again.

    The item goes back to pending under a new token and with its attempt, as deaths have a count of their own; at its
    last it is failed.
    """
    item.attempts -= 1
    item.crashes += 1
    item.lease_token += 1
    item.lease_expires_at = None
    item.leased_by = ""
    quarantined = item.crashes >= MAX_CRASHES
    item.state = ItemState.FAILED if quarantined else ItemState.PENDING
    item.error_kind, item.error_code = "crash", "worker_died"
    item.error_message = CRASH_MESSAGE if quarantined else "The worker died."
    item.finished_at = clock.now() if quarantined else None
    item.save()
    logger.warning("lease taken away", extra={**ids_of(job), "item": item.label, "crashes": item.crashes})
    if quarantined:
        handler_for(job.kind).stage(item.stage).save_failure(item, item.error_message)


def extend_leases(job: Job, runner: str) -> None:
    """Keeps every lease of ``runner`` on ``job`` alive for another lease time; the caller holds the job's lock."""
    until = clock.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)
    Item.objects.filter(job=job, leased_by=runner, state=ItemState.LEASED).update(lease_expires_at=until)


def release(job_id: UUID | str, runner: str) -> int:
    """Returns what ``runner`` still holds, and the attempts with it: nothing was tried to the end."""
    with locked_job(job_id) as job:
        held = Item.objects.filter(job=job, leased_by=runner, state=ItemState.LEASED)
        count = held.update(
            state=ItemState.PENDING,
            lease_token=F("lease_token") + 1,
            attempts=F("attempts") - 1,
            lease_expires_at=None,
            leased_by="",
        )
        if count:
            refresh_progress(job)
        failpoint("in_release")
        return count


def live_leases(job: Job, stage: str) -> int:
    """How many items of ``stage`` are in hands that, as far as is known, are alive."""
    return Item.objects.filter(job=job, stage=stage, state=ItemState.LEASED, lease_expires_at__gt=clock.now()).count()


def next_due_in(job: Job, stage: str) -> float | None:
    """Seconds until an item of ``stage`` that nobody holds may be claimed by its own time and its lane, 0 for now; None
    where there is none."""
    waiting = _first_of_lanes(job, stage).filter(state=ItemState.PENDING)
    times = waiting.aggregate(now=Count("pk", filter=Q(not_before=None)), next=Min("not_before"))
    if times["now"]:
        return 0.0
    return None if times["next"] is None else max(0.0, (times["next"] - clock.now()).total_seconds())


def idle_until(job: Job, stage: str) -> datetime | None:
    """When the first item of ``stage`` is due, where none is in hand and none can be claimed sooner; else None."""
    items = _first_of_lanes(job, stage)
    if items.filter(Q(state=ItemState.LEASED) | Q(not_before=None)).exists():
        return None
    return items.order_by("not_before").values_list("not_before", flat=True).first()
