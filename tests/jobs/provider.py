"""A provider in this process that a test switches between answering, refusing and being away."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from books.errors import ProviderUnavailable, RateLimited
from jobs import clock
from jobs.models import Item
from jobs.states import Load
from jobs.throttle import call_slot
from tests.jobs.rig import RigStage

NAME = "acme"


@dataclass
class Provider:
    """``calls`` holds the time of each call that was let through to it."""

    seconds: float = 0.0
    is_away: bool = False
    refuses_from: int = 10**9
    retry_after: float = 1.0
    refusing_until: datetime | None = None
    calls: list[datetime] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def work(self, _item: Item) -> Any:
        with call_slot(NAME, tokens=10):
            with self._lock:
                self.calls.append(clock.now())
                self.in_flight += 1
                self.most_in_flight = max(self.most_in_flight, self.in_flight)
                is_refused = self._refuses()
            try:
                time.sleep(self.seconds)
            finally:
                with self._lock:
                    self.in_flight -= 1
            if self.is_away:
                raise ProviderUnavailable("No answer.")
            if is_refused:
                raise RateLimited("Too many calls.", retry_after=self.retry_after)
            return "an answer"

    def _refuses(self) -> bool:
        """From one call on everything is refused for ``retry_after`` seconds, and then nothing any more."""
        if self.refusing_until is None and len(self.calls) >= self.refuses_from:
            self.refusing_until = self.calls[-1] + timedelta(seconds=self.retry_after)
        return self.refusing_until is not None and self.calls[-1] < self.refusing_until


class CallingStage(RigStage):
    """Network work in eight threads, each item one call to ``provider``."""

    def __init__(self, provider: Provider, items: int) -> None:
        super().__init__("first", load=Load.IO, concurrency=8, provider=NAME)
        self.keys = [str(number) for number in range(1, items + 1)]
        self.scripts = dict.fromkeys(self.keys, provider.work)
