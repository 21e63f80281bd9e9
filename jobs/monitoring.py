"""The state of the machinery, as its page and Prometheus read it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.apps import apps
from django.db import OperationalError, connection
from django.db.models import Count, F, Max, Min, Q
from django.db.models.functions import Coalesce
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from jobs import clock
from jobs.leases import calls_in_flight
from jobs.models import Cluster, Item, Job, SweepRun, Tally, Throttle
from jobs.registry import handlers
from jobs.states import ItemState, JobStatus, Load
from jobs.throttle import recent, used

SUPERSEDED = "superseded_results"


def count_one(name: str) -> None:
    Tally.objects.get_or_create(name=name)
    Tally.objects.filter(name=name).update(count=F("count") + 1)


def tally_of(name: str) -> int:
    return Tally.objects.filter(name=name).values_list("count", flat=True).first() or 0


# SQLite reads through the whole file for sizes; above this it is not asked.
MOST_BYTES_READ: Final = 2 << 30
POSTGRESQL = """
    SELECT relname, GREATEST(reltuples, 0)::bigint, pg_total_relation_size(pg_class.oid) FROM pg_class
    JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = current_schema() AND relkind = 'r'
"""
SQLITE = """
    SELECT tbl_name, SUM(pgsize) FROM dbstat JOIN sqlite_master USING (name) WHERE aggregate = TRUE GROUP BY tbl_name
"""


@dataclass(frozen=True, slots=True)
class Table:
    """``size`` in bytes with its indexes, None where the database does not tell."""

    name: str
    rows: int
    size: int | None


def tables() -> list[Table]:
    """Ours and those of the packages, the largest first. PostgreSQL's count of rows is its own estimate."""
    found = _of_postgresql() if connection.vendor == "postgresql" else _of_sqlite()
    return sorted(found, key=lambda table: (-(table.size or 0), -table.rows, table.name))


def _of_postgresql() -> list[Table]:
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL)
        return [Table(*row) for row in cursor.fetchall()]


def _of_sqlite() -> list[Table]:
    sizes = _sizes_of_sqlite()
    models = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    return [Table(name, model._base_manager.count(), sizes.get(name)) for name, model in models.items()]


def _sizes_of_sqlite() -> dict[str, int]:
    """Empty where SQLite was built without the table that tells."""
    file = Path(str(connection.settings_dict["NAME"]))
    if file.exists() and file.stat().st_size > MOST_BYTES_READ:
        return {}
    try:
        with connection.cursor() as cursor:
            cursor.execute(SQLITE)
            return dict(cursor.fetchall())
    except OperationalError:
        return {}


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
    requests, tokens = used(recent(throttle.window, now))
    return ThrottleView(throttle, calls_in_flight(throttle.provider), max(0.0, cooling), requests, tokens)


PREFIX = "bookpipeline_"


def exposition(*others: Collector) -> bytes:
    """The page in Prometheus' text format, with what others have to say."""
    registry = CollectorRegistry()
    for collector in (EngineCollector(), *others):
        registry.register(collector)
    return generate_latest(registry)


class EngineCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        yield _jobs()
        yield from _items()
        yield from _ages()
        yield from _throttles()
        yield from _clusters()

    def describe(self) -> Iterator[Metric]:
        """Empty, so that registering asks nothing of the database."""
        return iter(())


def gauge(name: str, words: str, value: float | None = None, labels: tuple[str, ...] = ()) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, words, value=value, labels=labels or None)


def _counter(name: str, words: str, value: float | None = None, labels: tuple[str, ...] = ()) -> CounterMetricFamily:
    return CounterMetricFamily(PREFIX + name, words, value=value, labels=labels or None)


def _jobs() -> Metric:
    """Every status of every kind, also where there is none: an alert needs the zero before the one."""
    counts = dict.fromkeys(((kind, status) for kind in handlers() for status in JobStatus.values), 0)
    for row in Job.objects.order_by().values("kind", "status").annotate(count=Count("pk")):
        counts[row["kind"], row["status"]] = row["count"]
    family = gauge("jobs", "Jobs by kind and status.", labels=("kind", "status"))
    for key, count in counts.items():
        family.add_metric(key, count)
    return family


def _items() -> Iterator[Metric]:
    since = clock.now() - timedelta(minutes=1)
    # Through the jobs, whose few recent ones an index finds; finished items are many.
    recent = Q(job__completed_at__gte=since) | Q(job__completed_at=None)
    finished = Item.objects.filter(recent, finished_at__gte=since).aggregate(
        done=Count("pk", filter=Q(state=ItemState.DONE)), failed=Count("pk", filter=Q(state=ItemState.FAILED))
    )
    family = gauge("items_last_minute", "Items finished in the last minute.", labels=("outcome",))
    for outcome, count in finished.items():
        family.add_metric((outcome,), count)
    yield family
    yield _counter("superseded_results", "Late results that were thrown away.", tally_of(SUPERSEDED))


def _ages() -> Iterator[Metric]:
    """0 where there is no such job."""
    running = Job.objects.filter(status=JobStatus.RUNNING, wake_at=None)
    beat = running.aggregate(oldest=Min(Coalesce("heartbeat_at", "started_at", "created_at")))["oldest"]
    yield gauge("oldest_heartbeat_age_seconds", "Of the running jobs that do not rest.", seconds_since(beat))
    pending = oldest_pending()
    yield gauge(
        "oldest_pending_age_seconds",
        "Of the jobs that wait for a worker.",
        seconds_since(pending[1] if pending else None),
    )
    swept = SweepRun.objects.aggregate(at=Max("finished_at"))["at"]
    yield gauge("sweep_age_seconds", "Since the sweep last ran.", seconds_since(swept))


def _throttles() -> Iterator[Metric]:
    label = ("provider",)
    limit = gauge("provider_call_limit", "Calls that may be in flight.", labels=label)
    in_flight = gauge("provider_calls_in_flight", "Items under lease.", labels=label)
    cooling = gauge("provider_cooling_seconds", "Until the next call may begin.", labels=label)
    outage = gauge("provider_outage_seconds", "Since the provider went away.", labels=label)
    limited = _counter("provider_rate_limits", "Calls the provider refused for their rate.", labels=label)
    waits = _counter("throttle_waits", "Calls and slices that were turned away.", labels=label)
    for row in Throttle.objects.all():
        key = (row.provider,)
        limit.add_metric(key, row.limit)
        in_flight.add_metric(key, calls_in_flight(row.provider))
        cooling.add_metric(key, max(0.0, -seconds_since(row.cool_until)))
        outage.add_metric(key, seconds_since(row.outage_since))
        limited.add_metric(key, row.rate_limits)
        waits.add_metric(key, row.waits)
    yield from (limit, in_flight, cooling, outage, limited, waits)


def _clusters() -> Iterator[Metric]:
    count = gauge("clusters", "Worker clusters that are alive, by pool.", labels=("pool",))
    age = gauge("cluster_canary_age_seconds", "Since work last ran in it.", labels=("pool", "host", "pid"))
    clusters = list(Cluster.objects.alive())
    for pool in Load.values:
        count.add_metric((pool,), sum(cluster.pool == pool for cluster in clusters))
    for cluster in clusters:
        labels = (cluster.pool, cluster.host, str(cluster.pid))
        age.add_metric(labels, seconds_since(cluster.seen_at or cluster.started_at))
    yield count
    yield age


def seconds_since(at: datetime | None) -> float:
    """Seconds since ``at``, negative while it is to come; 0 for None."""
    return (clock.now() - at).total_seconds() if at else 0.0


def live_pools() -> set[str]:
    """The pools with a cluster that is alive and has taken work."""
    return set(Cluster.objects.alive().exclude(seen_at=None).values_list("pool", flat=True))


def silent_here() -> str:
    """What is wrong with the clusters of this machine, "" for nothing: one that starts takes no work yet either.

    Of each pool the newest counts; the row of one that was killed stays until the sweep forgets it.
    """
    here = Cluster.objects.filter(host=socket.gethostname())
    newest = {cluster.pool: cluster for cluster in here.order_by("pk")}
    at_work = set(here.alive().exclude(seen_at=None))
    if not newest:
        return "No cluster runs on this machine."
    return " ".join(f"The {each} takes no work." for each in newest.values() if each not in at_work)
