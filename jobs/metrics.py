"""What Prometheus scrapes, computed from the rows at each scrape: right however many processes serve and work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min, Q
from django.db.models.functions import Coalesce
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from jobs import clock
from jobs.admission import calls_in_flight
from jobs.constants import ItemState, JobStatus, Load
from jobs.handlers import handlers
from jobs.models import Cluster, Item, Job, SweepRun, Throttle
from jobs.system import oldest_pending
from jobs.tally import SUPERSEDED, tally_of

PREFIX = "bookpipeline_"


def exposition() -> bytes:
    """The page in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(EngineCollector())
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


def _gauge(name: str, words: str, value: float | None = None, labels: tuple[str, ...] = ()) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, words, value=value, labels=labels or None)


def _counter(name: str, words: str, value: float | None = None, labels: tuple[str, ...] = ()) -> CounterMetricFamily:
    return CounterMetricFamily(PREFIX + name, words, value=value, labels=labels or None)


def _jobs() -> Metric:
    """Every status of every kind, also where there is none: an alert needs the zero before the one."""
    counts = dict.fromkeys(((kind, status) for kind in handlers() for status in JobStatus.values), 0)
    for row in Job.objects.order_by().values("kind", "status").annotate(count=Count("pk")):
        counts[row["kind"], row["status"]] = row["count"]
    family = _gauge("jobs", "Jobs by kind and status.", labels=("kind", "status"))
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
    family = _gauge("items_last_minute", "Items finished in the last minute.", labels=("outcome",))
    for outcome, count in finished.items():
        family.add_metric((outcome,), count)
    yield family
    yield _counter("superseded_results", "Late results that were thrown away.", tally_of(SUPERSEDED))


def _ages() -> Iterator[Metric]:
    """0 where there is no such job."""
    running = Job.objects.filter(status=JobStatus.RUNNING, wake_at=None)
    beat = running.aggregate(oldest=Min(Coalesce("heartbeat_at", "started_at", "created_at")))["oldest"]
    yield _gauge("oldest_heartbeat_age_seconds", "Of the running jobs that do not rest.", _age(beat))
    pending = oldest_pending()
    yield _gauge(
        "oldest_pending_age_seconds", "Of the jobs that wait for a worker.", _age(pending[1] if pending else None)
    )
    swept = SweepRun.objects.aggregate(at=Max("finished_at"))["at"]
    yield _gauge("sweep_age_seconds", "Since the sweep last ran.", _age(swept))


def _throttles() -> Iterator[Metric]:
    label = ("provider",)
    limit = _gauge("provider_call_limit", "Calls that may be in flight.", labels=label)
    in_flight = _gauge("provider_calls_in_flight", "Items under lease.", labels=label)
    cooling = _gauge("provider_cooling_seconds", "Until the next call may begin.", labels=label)
    outage = _gauge("provider_outage_seconds", "Since the provider went away.", labels=label)
    limited = _counter("provider_rate_limits", "Calls the provider refused for their rate.", labels=label)
    waits = _counter("throttle_waits", "Calls and slices that were turned away.", labels=label)
    for row in Throttle.objects.all():
        key = (row.provider,)
        limit.add_metric(key, row.limit)
        in_flight.add_metric(key, calls_in_flight(row.provider))
        cooling.add_metric(key, max(0.0, -_age(row.cool_until)))
        outage.add_metric(key, _age(row.outage_since))
        limited.add_metric(key, row.rate_limits)
        waits.add_metric(key, row.waits)
    yield from (limit, in_flight, cooling, outage, limited, waits)


def _clusters() -> Iterator[Metric]:
    count = _gauge("clusters", "Worker clusters that are alive, by pool.", labels=("pool",))
    age = _gauge("cluster_canary_age_seconds", "Since work last ran in it.", labels=("pool", "host", "pid"))
    clusters = list(Cluster.objects.alive())
    for pool in Load.values:
        count.add_metric((pool,), sum(cluster.pool == pool for cluster in clusters))
    for cluster in clusters:
        labels = (cluster.pool, cluster.host, str(cluster.pid))
        age.add_metric(labels, _age(cluster.seen_at or cluster.started_at))
    yield count
    yield age


def _age(at: datetime | None) -> float:
    """Seconds since ``at``, negative while it is to come; 0 for None."""
    return (clock.now() - at).total_seconds() if at else 0.0
