"""The rows of a job as plain values that can be compared, from the model and from the database."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from jobs.models import Item, Job, Throttle
from tests.jobs.model_throttle import ModelThrottle
from tests.jobs.state_machine import Model


def model_rows(model: Model) -> list[Any]:
    job = model.job
    states = Counter(item.state for item in job.items)
    head = (job.status, job.stage, job.recoveries, job.wake, job.current, job.unbroken)
    times = (job.queued, job.beaten if job.status == "running" else None)
    counts = (len(job.items), states["done"], states["failed"])
    return [head, times, counts, [tuple(vars(item).values()) for item in job.items]]


def throttle_row(row: Throttle | None, began: datetime) -> ModelThrottle:
    """What the engine knows, as the model would: times become seconds since ``began``."""
    if row is None:
        return ModelThrottle()

    def seconds(at: datetime | None) -> float | None:
        return None if at is None else (at - began).total_seconds()

    times = {
        "cool": seconds(row.cool_until),
        "limited": seconds(row.limited_at),
        "failed_at": seconds(row.failed_at),
        "outage": seconds(row.outage_since),
    }
    counts = {name: getattr(row, name) for name in ("limit", "rate_limits", "refusals", "failures", "probes")}
    return ModelThrottle(**counts, **times)


def engine_rows(job: Job, items: list[Item], began: datetime) -> list[Any]:
    """Times become seconds since ``began``."""

    def seconds(at: datetime | None) -> float | None:
        return None if at is None else (at - began).total_seconds()

    def row(item: Item) -> tuple[Any, ...]:
        counts = (item.lease_token, item.attempts, item.crashes)
        times = (seconds(item.not_before) or 0, seconds(item.lease_expires_at))
        return (item.stage, item.key, str(item.state), *counts, *times, item.leased_by, seconds(item.started_at))

    wake = seconds(job.wake_at)
    head = (job.status, job.stage, job.attempt, wake, job.current_item, job.last_completed_item)
    times = (seconds(job.queued_at), seconds(job.heartbeat_at) if job.status == "running" else None)
    counts = (job.total_items, job.completed_items, job.failed_items)
    return [head, times, counts, [row(item) for item in items]]
