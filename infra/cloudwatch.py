"""What alarms and autoscaling need, in CloudWatch's embedded format; `python -m infra` prints it.

CloudWatch takes metrics out of log lines, so this asks for no permission and no connection.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from django.db.models import Count

from jobs.models import Cluster, Item, Job
from jobs.monitoring import PREFIX, EngineCollector
from jobs.registry import handler_for
from jobs.states import OPEN_ITEMS, JobStatus, Load

NAMESPACE: Final = "bookpipeline"
AGES: Final = {
    "HeartbeatAge": "oldest_heartbeat_age_seconds",
    "PendingAge": "oldest_pending_age_seconds",
    "SweepAge": "sweep_age_seconds",
}
# Paused jobs wait for a person or a provider: more workers would not help them.
WAITING: Final = (JobStatus.PENDING, JobStatus.RUNNING, JobStatus.STALE)


def lines() -> list[dict[str, object]]:
    """The ages in seconds; and for each pool its clusters that are alive, and open items for each of them, where a pool
    without one counts as one."""
    values = {family.name: family.samples[0].value for family in EngineCollector().collect() if family.samples}
    ages = {name: values[PREFIX + source] for name, source in AGES.items()}
    pools = [{"Pool": pool, "ClustersAlive": alive, "BacklogPerWorker": backlog} for pool, alive, backlog in _pools()]
    return [_line(ages, "Seconds"), *(_line(pool, "Count", ["Pool"]) for pool in pools)]


def backlog_per_worker() -> dict[str, float]:
    return {pool: backlog for pool, _, backlog in _pools()}


def _pools() -> Iterator[tuple[str, int, float]]:
    waiting = _waiting()
    clusters = Counter(Cluster.objects.alive().values_list("pool", flat=True))
    for pool in Load.values:
        yield pool, clusters[pool], waiting[pool] / max(1, clusters[pool])


def _waiting() -> Counter[str]:
    """Open items by pool; a job that has not planned its first stage counts as one."""
    waiting: Counter[str] = Counter()
    items = Item.objects.filter(state__in=OPEN_ITEMS, job__status__in=WAITING).order_by()
    for kind, stage, count in items.values_list("job__kind", "stage").annotate(count=Count("pk")):
        waiting[handler_for(kind).stage(stage).load] += count
    for kind in Job.objects.filter(status__in=WAITING, stage="").values_list("kind", flat=True):
        waiting[handler_for(kind).stages[0].load] += 1
    return waiting


def _line(values: Mapping[str, object], unit: str, dimensions: list[str] | None = None) -> dict[str, object]:
    metrics = [{"Name": name, "Unit": unit} for name in values if name not in (dimensions or ())]
    directive = {"Namespace": NAMESPACE, "Dimensions": [dimensions or []], "Metrics": metrics}
    return {"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}, **values}
