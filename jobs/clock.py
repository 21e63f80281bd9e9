"""The one clock the engine reads: the database's, where it has one, so that machines whose own clocks differ agree on
when a lease ends. A test can set it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

logger = logging.getLogger(__name__)
# So far apart are clocks that are kept right, and what it takes to ask.
AGREED: Final = timedelta(seconds=1)
_ahead = timedelta()


def now() -> datetime:
    return timezone.now() - _ahead


def compare_at_first(connection: Any, **_: object) -> None:
    """Before the first statement of a new connection, in its transaction, so that asking costs none of its own."""
    if _compare_before not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _compare_before)


def _compare_before(execute: Callable[..., Any], *statement: Any) -> Any:
    connection = statement[-1]["connection"]
    connection.execute_wrappers.remove(_compare_before)
    compare(connection)
    return execute(*statement)


def compare(connection: Any) -> None:
    """By how much this machine is ahead of PostgreSQL, as each connection begins. A file has no clock."""
    global _ahead
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        asked = timezone.now()
        cursor.execute("SELECT clock_timestamp()")
        told = cursor.fetchone()[0]
    ahead = max(asked - told, min(timezone.now() - told, timedelta()))  # an answer may take its time
    before, _ahead = _ahead, ahead if abs(ahead) > AGREED else timedelta()
    if abs(_ahead - before) > AGREED:
        logger.warning(
            "the clock of this machine is not the database's", extra={"seconds_ahead": round(ahead.total_seconds())}
        )
