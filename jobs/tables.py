"""How large the database's tables are, as the database itself tells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.apps import apps
from django.db import OperationalError, connection

# SQLite reads through the whole file for sizes; above this it is not asked.
MOST_BYTES_READ: Final = 2 << 30
POSTGRESQL = """
    SELECT relname, GREATEST(reltuples, 0)::bigint, pg_total_relation_size(pg_class.oid) FROM pg_class
    JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = current_schema() AND relkind = 'r'
"""
SQLITE = """
    SELECT tbl_name, SUM(pgsize) FROM dbstat JOIN sqlite_master USING (name) WHERE aggregate = TRUE GROUP BY tbl_name
"""


@dataclass(frozen=True, slots=True)
class Table:
    """``size`` in bytes with its indexes, None where the database does not tell."""

    name: str
    rows: int
    size: int | None


def tables() -> list[Table]:
    """Ours and those of the packages, the largest first. PostgreSQL's count of rows is its own estimate."""
    found = _of_postgresql() if connection.vendor == "postgresql" else _of_sqlite()
    return sorted(found, key=lambda table: (-(table.size or 0), -table.rows, table.name))


def _of_postgresql() -> list[Table]:
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL)
        return [Table(*row) for row in cursor.fetchall()]


def _of_sqlite() -> list[Table]:
    sizes = _sizes_of_sqlite()
    models = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    return [Table(name, model._base_manager.count(), sizes.get(name)) for name, model in models.items()]


def _sizes_of_sqlite() -> dict[str, int]:
    """Empty where SQLite was built without the table that tells."""
    file = Path(str(connection.settings_dict["NAME"]))
    if file.exists() and file.stat().st_size > MOST_BYTES_READ:
        return {}
    try:
        with connection.cursor() as cursor:
            cursor.execute(SQLITE)
            return dict(cursor.fetchall())
    except OperationalError:
        return {}
