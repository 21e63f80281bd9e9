"""What real clusters ask of a database server when there is nothing to do, counted by the server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg2
import pytest

from tests.jobs.cluster_site.site import Site, until
from tests.own_environment import postgresql_server

pytestmark = pytest.mark.timeout(400)

# As the product comes; the site of the other tests is quicker to notice.
DEFAULTS = {"JOB_HEARTBEAT_SECONDS": "30", "CANARY_SECONDS": "10", "CANARY_PATIENCE_SECONDS": "60"}
WATCHED_SECONDS = 12


class ServedSite(Site):
    """A site whose database is a server."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(psycopg2.connect(self.environment["DATABASE_URL"])) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return cursor.fetchall() if cursor.description else []

    def transactions_a_second(self) -> float:
        began, before = time.monotonic(), self._transactions()
        time.sleep(WATCHED_SECONDS)
        return (self._transactions() - before) / (time.monotonic() - began)

    def asks_next_to_nothing(self) -> bool:
        """A minute's sweep may fall into a look on a busy machine, never into five."""
        return any(self.transactions_a_second() <= 3 for _ in range(5))

    def _transactions(self) -> int:
        ((count,),) = self.rows(
            "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(count)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[ServedSite]:
    server = postgresql_server(tmp_path_factory.mktemp("server"))
    made = ServedSite(tmp_path_factory.mktemp("site"), DATABASE_URL=server.get_uri(), LLM_CONCURRENCY="1", **DEFAULTS)
    migrated = made.manage("migrate", "--verbosity=0")
    assert migrated.returncode == 0, migrated.stderr
    try:
        with made.running("work"):
            until(lambda: len(made.rows("SELECT 1 FROM jobs_cluster WHERE seen_at IS NOT NULL")) == 2, "both work", 120)
            yield made
    finally:
        server.cleanup()


def test_an_idle_installation_asks_next_to_nothing_and_a_new_job_begins_at_once(site):
    """22 transactions a second were made to find nothing; the queue is looked at every ten seconds, and when called."""
    assert site.asks_next_to_nothing()
    site.start_naps(items=1, seconds=0)
    until(lambda: site.rows("SELECT 1 FROM jobs_job WHERE status = 'completed'"), "the job is done")
    ((waited,),) = site.rows("SELECT EXTRACT(EPOCH FROM started_at - created_at) FROM jobs_job")
    assert waited < 5, "it was found by looking, not by listening"


def test_a_job_that_waits_for_its_provider_asks_next_to_nothing(site):
    """46 transactions a second were made by eight threads that each looked three times a second for a free call."""
    site.start_naps(items=20, seconds=30, kind="calls")
    until(lambda: site.rows("SELECT 1 FROM jobs_item WHERE stage = 'call' AND state = 'leased'"), "a call is in flight")
    time.sleep(5)
    assert site.asks_next_to_nothing()
