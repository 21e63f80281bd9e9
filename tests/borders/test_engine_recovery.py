"""Recovery where no io cluster lives long enough for django-q2's schedule to fire."""

from __future__ import annotations

import pytest

from jobs import registry
from tests.jobs.cluster_site.apps import NAPS
from tests.jobs.cluster_site.site import CopiedSite, until

pytestmark = [pytest.mark.xdist_group("processes"), pytest.mark.timeout(300)]


def test_a_machine_with_only_the_processor_pool_recovers_jobs(tmp_path, transactional_db, monkeypatch):
    """Only the io pool's schedule swept, and only after its cluster had lived for 30 s."""
    monkeypatch.setitem(registry._handlers, "naps", NAPS)
    site = CopiedSite(tmp_path)
    site.start_naps(items=2, seconds=0)
    site.write(
        "UPDATE jobs_job SET status = 'running',"
        " heartbeat_at = datetime('now', '-1 hour'), queued_at = datetime('now', '-1 hour')"
    )
    with site.running("work", "--pool", "cpu"):
        until(lambda: site.rows("SELECT 1 FROM jobs_job WHERE status = 'pending'"), "the dead job was set going")
    moves = site.rows("SELECT to_status FROM jobs_event WHERE actor = 'sweep' ORDER BY id")
    assert moves == [("stale",), ("pending",)]
