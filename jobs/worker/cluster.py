"""The main process of one cluster: ``python -m jobs.worker.cluster``, started by a supervisor with its environment."""

from __future__ import annotations

import logging
import os
import signal
import sys
import uuid
from multiprocessing import get_context
from multiprocessing.process import BaseProcess

import django
from django_q.cluster import Sentinel

from jobs.worker.supervisor import tie_forks

logger = logging.getLogger(__name__)


class PoolSentinel(Sentinel):  # type: ignore[misc]  # django-q2 is untyped
    """A killed monitor takes the lock of the result queue with it: the next one would wait for it for ever, and every
    task would be delivered again and again. Instead the cluster ends, its slices first, and is replaced as a whole.
    """

    def reincarnate(self, process: BaseProcess) -> None:
        if process is self.monitor and (process.exitcode or 0) < 0:
            if not self.stop_event.is_set():
                logger.error("monitor killed, the cluster ends")
                self.stop_event.set()
            return
        super().reincarnate(process)


def main() -> int:
    """Runs the cluster until SIGTERM; 0 when it was asked to stop, 1 when it broke."""
    django.setup()
    from django_q.brokers import get_broker

    from jobs.worker.tasks import CanaryBroker

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
