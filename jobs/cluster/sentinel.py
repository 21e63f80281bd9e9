"""django-q2's guard, with one change: it does not go on behind a monitor that was killed."""

from __future__ import annotations

import logging
from multiprocessing.process import BaseProcess

from django_q.cluster import Sentinel

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
