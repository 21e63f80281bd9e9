"""The queue as a table to which clusters listen: messages are taken at once, and idle clusters ask next to nothing."""

from __future__ import annotations

import select
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django_q.brokers.orm import ORM
from django_q.models import OrmQ

from jobs import clock

# A cluster whose clock is behind by less than this takes a message as soon as it hears of it.
CLOCKS_APART = timedelta(minutes=5)
# So long a call waits at most, so that a cluster that is asked to stop does.
WAIT_SECONDS = 0.5
LOOK_SECONDS = 0.1


class ListeningBroker(ORM):  # type: ignore[misc]  # django-q2 is untyped
    """django-q2's own, but it looks into the table only when something was enqueued, and every QUEUE_POLL_SECONDS in
    case that was not heard, and for messages whose worker died."""

    def __init__(self, list_key: str | None = None) -> None:
        super().__init__(list_key)
        self._line: Line | None = None
        self._look_at = 0.0

    def enqueue(self, task: str) -> int:
        """The message and the word of it are one transaction."""
        with transaction.atomic():
            message = OrmQ.objects.create(key=self.list_key, payload=task, lock=clock.now() - CLOCKS_APART)
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_notify(%s, '')", [channel(self.list_key)])
        return int(message.pk)

    def dequeue(self) -> list[tuple[object, str]] | None:
        if time.monotonic() < self._look_at and not self._is_called():
            return None
        tasks: list[tuple[object, str]] | None = super().dequeue()
        is_empty = tasks is None
        self._look_at = time.monotonic() + settings.QUEUE_POLL_SECONDS if is_empty else 0.0
        return tasks

    def _is_called(self) -> bool:
        """Waits a moment for a message. A line that broke is opened anew, and what was missed meanwhile looked for."""
        try:
            if self._line is not None:
                return self._line.rings()
            self._line = Line(channel(self.list_key))
        except DatabaseError:
            self._line = None
        return True


def channel(pool: str) -> str:
    return f"jobs_{pool}"


class Line:
    """A connection of its own on which nothing is asked: PostgreSQL calls by NOTIFY, and SQLite counts the writes of
    others, which can be seen without reading a table."""

    def __init__(self, name: str) -> None:
        self._connection = connection.copy()
        self._writes: int | None = None
        self._is_told = self._connection.vendor == "postgresql"
        if self._is_told:
            with self._connection.cursor() as cursor:
                cursor.execute(f"LISTEN {self._connection.ops.quote_name(name)}")

    def rings(self) -> bool:
        return self._is_notified() if self._is_told else self._is_written()

    def _is_notified(self) -> bool:
        raw: Any = self._connection.connection
        with self._connection.wrap_database_errors:
            select.select([raw], [], [], WAIT_SECONDS)
            raw.poll()
            heard = bool(raw.notifies)
            raw.notifies.clear()
        return heard

    def _is_written(self) -> bool:
        for _ in range(round(WAIT_SECONDS / LOOK_SECONDS)):
            with self._connection.cursor() as cursor:
                cursor.execute("PRAGMA data_version")
                before, (self._writes,) = self._writes, cursor.fetchone()
            if before != self._writes:
                return True
            time.sleep(LOOK_SECONDS)
        return False
