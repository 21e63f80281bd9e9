"""The loop that tends children until it is told to stop, in one thread."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Sequence
from types import FrameType
from typing import Protocol

logger = logging.getLogger(__name__)


TICK_SECONDS = 0.2


class Tended(Protocol):
    """``jobs.worker.process`` says what each is to do."""

    def tend(self) -> None: ...

    def is_alive(self) -> bool: ...

    def ask_to_stop(self) -> None: ...

    def clear_away(self) -> None: ...


class Supervisor:
    """SIGTERM or SIGINT: asks every child to stop, waits up to ``grace`` seconds for all, kills the rest.

    A second SIGINT kills at once.
    """

    def __init__(self, children: Sequence[Tended], grace: float) -> None:
        self.children = children
        self.grace = grace
        self._stopping = False
        self._hurried = False

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        try:
            while not self._stopping:
                for child in self.children:
                    child.tend()
                time.sleep(TICK_SECONDS)
            self._drain()
        finally:
            for child in self.children:
                child.clear_away()

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._hurried |= self._stopping and number == signal.SIGINT
        self._stopping = True

    def _drain(self) -> None:
        logger.info("stopping", extra={"grace_seconds": self.grace})
        for child in self.children:
            child.ask_to_stop()
        gives_up_at = time.monotonic() + self.grace
        while self._any_left():
            if self._hurried or time.monotonic() > gives_up_at:
                logger.warning("what has not stopped by itself is killed")
                return
            time.sleep(TICK_SECONDS)

    def _any_left(self) -> bool:
        """Whether a child still runs; those that ended are cleared away at once, while their ids are theirs."""
        for child in self.children:
            if not child.is_alive():
                child.clear_away()
        return any(child.is_alive() for child in self.children)
