"""Whether the database has the tables that this code expects."""

from __future__ import annotations

from django.core.management.base import CommandError
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor


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
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
