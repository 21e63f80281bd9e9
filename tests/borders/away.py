"""A database that cannot be reached: connections are refused, those that are cut do not come back."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def no_new_connections() -> Iterator[None]:
    """In every thread of this process; those that are open stay so until they are closed."""
    wanted = "HOST" if connection.vendor == "postgresql" else "NAME"
    before = connection.settings_dict[wanted]
    connection.settings_dict[wanted] = "/nowhere/at/all"
    try:
        yield
    finally:
        connection.settings_dict[wanted] = before


class CutOffClient:
    """Asks as ``client`` does; once the first answer is here the database is away for ``seconds``."""

    def __init__(self, client: Any, seconds: float) -> None:
        self.client, self.provider, self.seconds = client, client.provider, seconds
        self.is_back = threading.Event()
        self._once = threading.Lock()
        self._begun = threading.Event()

    def complete(self, request: Any) -> Any:
        answer = self.client.complete(request)
        if self._once.acquire(blocking=False):
            threading.Thread(target=self._go_away).start()
        self._begun.wait()
        if not self.is_back.is_set():
            connection.close()
        return answer

    def _go_away(self) -> None:
        with no_new_connections():
            self._begun.set()
            time.sleep(self.seconds)
        self.is_back.set()
