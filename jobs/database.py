"""Riding out a database that goes away for a moment (a restart, a failover, a cut connection, a busy file), and the two
statements that run several times an item, for which Django's queries take longer than the database."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection, models

logger = logging.getLogger(__name__)

T = TypeVar("T")
Row = TypeVar("Row", bound=models.Model)

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


def row_where(model: type[Row], *, lock: bool = False, **where: Any) -> Row | None:
    """The one row whose fields have these values; with ``lock`` for the rest of the transaction, while rows that refer
    to it can be written (SQLite has no locks of rows: its transactions are immediate)."""
    words = " FOR NO KEY UPDATE" if lock and connection.features.has_select_for_no_key_update else ""
    columns, values = _columns(model, where)
    table = connection.ops.quote_name(model._meta.db_table)
    statement = f"SELECT * FROM {table} WHERE {' AND '.join(columns)}{words}"  # noqa: S608 - names of columns
    return next(iter(model._base_manager.raw(statement, values)), None)


def update_where(model: type[models.Model], changes: Mapping[str, Any], **where: Any) -> int:
    """Writes ``changes`` to the rows whose fields have these values; returns how many there are."""
    columns, values = _columns(model, changes)
    wanted, known = _columns(model, where)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {', '.join(columns)} WHERE {' AND '.join(wanted)}",  # noqa: S608 - names of columns
            [*values, *known],
        )
        return int(cursor.rowcount)


def _columns(model: type[models.Model], values: Mapping[str, Any]) -> tuple[list[str], list[Any]]:
    """Conditions or assignments by column, and the values as the database takes them."""
    fields = [(model._meta.get_field(name), value) for name, value in values.items()]
    columns = [f"{connection.ops.quote_name(field.column)} = %s" for field, _ in fields]
    return columns, [field.get_db_prep_save(value, connection) for field, value in fields]
