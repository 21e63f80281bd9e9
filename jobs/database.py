"""Riding out a database that goes away for a moment: a restart, a failover, a cut connection, a busy file."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

logger = logging.getLogger(__name__)

T = TypeVar("T")

PAUSE_SECONDS = 0.5
# https://www.sqlite.org/rescode.html; SQLITE_ERROR, a statement that is wrong, raises the same exception.
SQLITE_AWAY = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
# https://www.postgresql.org/docs/current/errcodes-appendix.html: a server that was made a replica takes no writes;
# what is beyond the server's limits is the statement's own fault.
READ_ONLY, BEYOND_LIMITS = "25006", "54"


def with_reconnect(transact: Callable[[], T]) -> T:
    """The result of ``transact``, a whole transaction that is safe to run twice, tried for up to
    ``JOB_DATABASE_PATIENCE_SECONDS`` while the database is away. Other errors pass through."""
    gives_up_at = time.monotonic() + settings.JOB_DATABASE_PATIENCE_SECONDS
    while True:
        try:
            return transact()
        except (DatabaseError, InterfaceError) as error:
            if not is_away(error) or connection.in_atomic_block:
                raise
            connection.close()
            if time.monotonic() > gives_up_at:
                raise
            logger.warning("database away, trying again: %s", error)
            time.sleep(PAUSE_SECONDS)


def is_away(error: BaseException) -> bool:
    """Whether ``error``, or one that led to it, says that the database was away or busy, not that it was asked wrongly:
    never the fault of what was being worked on."""
    return any(_says_away(each) for each in _causes(error))


def _says_away(error: BaseException) -> bool:
    if not isinstance(error, DatabaseError | InterfaceError):
        return False
    sqlite_code = getattr(error.__cause__, "sqlite_errorcode", None)
    if sqlite_code is not None:
        return (sqlite_code & 0xFF) in SQLITE_AWAY
    state = getattr(error.__cause__, "pgcode", None) or ""
    is_operational = isinstance(error, OperationalError | InterfaceError) and not state.startswith(BEYOND_LIMITS)
    return is_operational or state == READ_ONLY


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
