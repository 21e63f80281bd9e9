"""Puts the database back as migrated after a test whose transactions were real, where Django empties every table.

Emptying all tables and making the permissions and roles again took longer than most of these tests.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from django.db import connection, transaction

_kept = sqlite3.connect(":memory:")


def as_migrated() -> Callable[[], None]:
    """Remembers the database as it is now; returns what puts it back so."""
    return _of_sqlite() if connection.vendor == "sqlite" else _of_postgresql()


def _of_sqlite() -> Callable[[], None]:
    connection.ensure_connection()
    connection.connection.backup(_kept)

    def put_back() -> None:
        connection.ensure_connection()
        _kept.backup(connection.connection)

    return put_back


def copy_to(path: Path) -> None:
    with closing(sqlite3.connect(path)) as copy:
        _kept.backup(copy)


def _of_postgresql() -> Callable[[], None]:
    quoted = connection.ops.quote_name
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        found = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {quoted(table)})" for table in tables)  # noqa: S608
        cursor.execute(found)
        filled = [table for (table,) in cursor.fetchall()]
        cursor.execute("CREATE SCHEMA kept")
        for table in filled:
            cursor.execute(f"CREATE TABLE kept.{quoted(table)} AS TABLE {quoted(table)}")

    def put_back() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # Neither foreign keys nor triggers: every row goes, and those that come back are whole.
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(found)
            for (table,) in cursor.fetchall():
                cursor.execute(f"DELETE FROM {quoted(table)}")  # noqa: S608
            for table in filled:
                cursor.execute(f"INSERT INTO {quoted(table)} SELECT * FROM kept.{quoted(table)}")  # noqa: S608

    return put_back
