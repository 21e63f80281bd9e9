"""The state of the machinery, as its page and the metrics read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max, Q
from django.db.models.functions import Coalesce

from jobs import clock, window
from jobs.admission import calls_in_flight
from jobs.constants import JobStatus, Load
from jobs.models import Cluster, Job, SweepRun, Throttle

# The sweep is due every minute and may be half a minute late; twice that is too late.
SWEEP_PATIENCE = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class ClusterView:
    """``canary_seconds`` since work last ran in the cluster, or since its start where none did yet."""

    cluster: Cluster
    canary_seconds: float
    is_alive: bool


@dataclass(frozen=True, slots=True)
class ThrottleView:
    """``state`` is open, full, cooling or away; ``cooling_seconds`` are left until the next call; ``requests`` and
    ``tokens`` are those of the last minute."""

    throttle: Throttle
    in_flight: int
    cooling_seconds: float
    requests: int
    tokens: int

    @property
    def state(self) -> str:
        if self.throttle.outage_since:
            return "away"
        if self.cooling_seconds:
            return "cooling"
        return "full" if self.in_flight >= self.throttle.limit else "open"


@dataclass(frozen=True, slots=True)
class SystemView:
    """``pending_since`` and ``oldest_pending`` belong together; ``missing_pools`` have no cluster at work."""

    now: datetime
    clusters: tuple[ClusterView, ...]
    missing_pools: tuple[str, ...]
    oldest_pending: Job | None
    pending_since: datetime | None
    throttles: tuple[ThrottleView, ...]
    sweep: SweepRun | None

    @property
    def is_sweep_late(self) -> bool:
        at = self.sweep.finished_at if self.sweep else None
        return at is None or self.now - at > SWEEP_PATIENCE


def system_view() -> SystemView:
    now = clock.now()
    clusters = tuple(_cluster_view(cluster, now) for cluster in Cluster.objects.with_is_alive())
    at_work = {view.cluster.pool for view in clusters if view.is_alive}
    pending = oldest_pending()
    return SystemView(
        now=now,
        clusters=clusters,
        missing_pools=tuple(str(pool.label) for pool in Load if pool not in at_work),
        oldest_pending=pending[0] if pending else None,
        pending_since=pending[1] if pending else None,
        throttles=tuple(_throttle_view(throttle, now) for throttle in Throttle.objects.all()),
        sweep=SweepRun.objects.exclude(finished_at=None).first(),
    )


def oldest_pending() -> tuple[Job, datetime] | None:
    """The job that waits longest for a worker, and since when it has been pending."""
    became = Max("events__at", filter=Q(events__to_status=JobStatus.PENDING))
    waiting = Job.objects.filter(status=JobStatus.PENDING).annotate(since=Coalesce(became, "created_at"))
    job = waiting.select_related("book").order_by("since").first()
    return (job, getattr(job, "since", job.created_at)) if job else None


def _cluster_view(cluster: Cluster, now: datetime) -> ClusterView:
    silent_for = now - (cluster.seen_at or cluster.started_at)
    return ClusterView(cluster, silent_for.total_seconds(), getattr(cluster, "is_alive", False))


def _throttle_view(throttle: Throttle, now: datetime) -> ThrottleView:
    cooling = (throttle.cool_until - now).total_seconds() if throttle.cool_until else 0
    used = window.used(window.recent(throttle.window, now))
    return ThrottleView(throttle, calls_in_flight(throttle.provider), max(0.0, cooling), *used)
