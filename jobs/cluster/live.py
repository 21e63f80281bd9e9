"""Which pools have a cluster that works."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from jobs import clock
from jobs.models import Cluster


def live_pools() -> set[str]:
    """The pools with a cluster that took work within the canary's patience."""
    since = clock.now() - timedelta(seconds=settings.CANARY_PATIENCE_SECONDS)
    return set(Cluster.objects.filter(seen_at__gte=since).values_list("pool", flat=True))
