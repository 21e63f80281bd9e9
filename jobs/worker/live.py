"""Which pools have a cluster that works."""

from __future__ import annotations

from jobs.models import Cluster


def live_pools() -> set[str]:
    """The pools with a cluster that is alive and has taken work."""
    return set(Cluster.objects.alive().exclude(seen_at=None).values_list("pool", flat=True))
