"""The database as the engine relies on it: ridden out when it goes away for a moment (a restart, a failover, a cut
connection, a busy file), its rows locked, read and written by plain statements, and its tables those of this code."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError, InterfaceError, OperationalError, connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from jobs.models import Job

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
# The apps whose migrations are ours.
OURS = ("books", "jobs")


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
    fields: list[tuple[Any, Any]] = [(model._meta.get_field(name), value) for name, value in values.items()]
    columns = [f"{connection.ops.quote_name(field.column)} = %s" for field, _ in fields]
    return columns, [field.get_db_prep_save(value, connection) for field, value in fields]


@contextmanager
def locked_job(job_id: UUID | str) -> Iterator[Job]:
    """The job's row, locked until the block ends: a row lock on PostgreSQL, an immediate transaction on SQLite.

    Every transaction of the engine takes this lock first and items after it, so none can deadlock. Rows that refer to
    the job can be written meanwhile.
    """
    with transaction.atomic():
        job = row_where(Job, lock=True, id=job_id)
        if job is None:
            raise Job.DoesNotExist(f"There is no job {job_id}.")
        yield job


def require_migrated() -> None:
    """Raises CommandError, with the remedy, where the database does not answer or a migration is not applied."""
    if missing := missing_migrations():
        raise CommandError(f"The database lacks {missing} migrations. Run: manage.py migrate")


def missing_migrations() -> int:
    """How many are not applied; raises CommandError where the database does not answer."""
    try:
        executor = MigrationExecutor(connection)
    except OperationalError as error:
        raise CommandError(f"The database does not answer: {error}") from error
    refuse_older(executor.loader)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def refuse_older(loader: MigrationLoader) -> None:
    """Raises CommandError for a database that a newer release migrated, and for one from before 0.1.0, which had other
    tables."""
    ours = (name for name in loader.applied_migrations if name[0] in OURS)
    if unknown := [name for name in ours if name not in loader.disk_migrations]:
        raise CommandError(
            f"{len(unknown)} migrations of this database are unknown here, such as {'.'.join(unknown[0])}. A newer "
            "release made them: run that, or with it first `manage.py migrate APP NAME` to the last one known here. Or "
            "it is from before 0.1.0, and 0.1 starts afresh: use an empty database, and bring guidelines over as files."
        )


def refuse_older_before_migrating(**_: Any) -> None:
    refuse_older(MigrationLoader(connection))
