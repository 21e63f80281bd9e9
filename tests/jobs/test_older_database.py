"""A database from before 0.1.0 is refused with a sentence, not with an error about a table."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from jobs.database import require_migrated


@pytest.mark.django_db
@pytest.mark.parametrize("way", [require_migrated, lambda: call_command("migrate", verbosity=0)])
def test_an_older_database_is_refused(way):
    MigrationRecorder(connection).record_applied("books", "0009_changes_of_guidelines")
    with pytest.raises(CommandError, match="starts afresh"):
        way()
