"""The main process of one cluster: ``python -m jobs.cluster.main``, started by a supervisor with its environment.

It stands in for ``django_q.cluster.Cluster``, which exits without a word when its sentinel is killed.
"""

from __future__ import annotations

import os
import signal
import sys
import uuid
from multiprocessing import get_context

import django

from jobs.cluster.tie import tie_forks


def main() -> int:
    """Runs the cluster until SIGTERM; 0 when it was asked to stop, 1 when it broke."""
    django.setup()
    from django_q.brokers import get_broker

    from jobs.cluster.canary import CanaryBroker
    from jobs.cluster.sentinel import PoolSentinel

    tie_forks()
    context = get_context("fork")
    stop, started = context.Event(), context.Event()
    asked = False

    def ask(*_: object) -> None:
        nonlocal asked
        asked = True
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    broker = CanaryBroker(get_broker(os.environ["Q_CLUSTER_NAME"]))
    sentinel = context.Process(target=PoolSentinel, args=(stop, started, uuid.uuid4(), broker))
    sentinel.start()
    sentinel.join()
    return 0 if asked else 1


if __name__ == "__main__":
    sys.exit(main())
