"""The sweep of a supervisor, so that recovery needs no cluster that works."""

from __future__ import annotations

import logging
import os
import signal
import time
from multiprocessing import get_context
from multiprocessing.context import ForkProcess

from django.db import connections

from jobs.states import SWEEP_SECONDS
from jobs.sweep import TURN_SECONDS, sweep_in_turn
from jobs.worker.process import die_with

logger = logging.getLogger(__name__)


class Sweeper:
    """A process that sweeps once, at the start and each minute. A fork of the supervisor: it has nothing to load.

    One that still sweeps when the next is due ten times over is killed.
    """

    def __init__(self) -> None:
        self._process: ForkProcess | None = None
        self._started_at = 0.0
        self._seconds_since = 0.0

    def tend(self) -> None:
        age = time.monotonic() - self._started_at
        if self._process and (not self._process.is_alive() or age > 10 * SWEEP_SECONDS):
            self.clear_away()
        if self._process is None and (age >= SWEEP_SECONDS or not self._started_at):
            self._start()

    def _start(self) -> None:
        # A connection that two processes share is good for neither.
        connections.close_all()
        self._started_at = time.monotonic()
        self._process = get_context("fork").Process(target=_sweep, args=(os.getpid(), self._seconds_since), daemon=True)
        self._process.start()
        self._seconds_since = TURN_SECONDS

    def is_alive(self) -> bool:
        return self._process is not None and self._process.is_alive()

    def ask_to_stop(self) -> None:
        """A sweep may end anywhere: each of its steps is a transaction of its own."""
        self.clear_away()

    def clear_away(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None


def _sweep(supervisor: int, seconds_since: float) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    die_with(supervisor)
    try:
        sweep_in_turn(seconds_since)
    except Exception:
        logger.exception("the sweep failed")
