"""Whether the database has the tables that this code expects."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

OURS = ("books", "jobs")


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
    """Raises CommandError for a database that was made before 0.1.0, whose tables came about otherwise."""
    ours = (name for name in loader.applied_migrations if name[0] in OURS)
    if unknown := [name for name in ours if name not in loader.disk_migrations]:
        raise CommandError(
            f"This database was made before 0.1.0 ({len(unknown)} migrations of it are unknown here), and 0.1 "
            "starts afresh: use an empty database, and bring guidelines over as files."
        )


def refuse_older_before_migrating(**_: Any) -> None:
    refuse_older(MigrationLoader(connection))
