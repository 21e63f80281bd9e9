"""Kills of every process of a real cluster: nothing is left behind, and work goes on."""

from __future__ import annotations

import signal
import socket
import time
from contextlib import closing
from http.client import HTTPConnection

import psutil
import pytest

from jobs import registry
from tests.jobs.cluster_site.apps import NAPS
from tests.jobs.cluster_site.site import CopiedSite, Site, gone, until

# One after the other: each needs a core for its processes.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("processes"), pytest.mark.timeout(240)]


@pytest.fixture
def site(tmp_path, migrate_file, transactional_db, monkeypatch):
    monkeypatch.setitem(registry._handlers, "naps", NAPS)
    made = CopiedSite(tmp_path)
    migrate_file(made.database)
    return made


@pytest.fixture(scope="module")
def running_site(tmp_path_factory, migrate_file):
    """One supervisor that outlives all the kills below, on its own site."""
    made = Site(tmp_path_factory.mktemp("running"))
    migrate_file(made.database)
    with made.running("work", "--pool", "io"):
        made.tree()
        yield made


@pytest.mark.parametrize("role", ["monitor", "sentinel", "main", "worker"])
def test_a_kill_that_breaks_the_cluster_replaces_it_whole(running_site, role):
    """The idle worker dies with the queue's lock in hand: only the canary's silence tells."""
    tree = running_site.tree()
    getattr(tree, role).kill()
    until(lambda: all(gone(process) for process in tree.all()), f"nothing is left after the {role} was killed")
    assert running_site.tree().main.pid != tree.main.pid
    assert len(running_site.rows("select id from jobs_cluster")) == 1


def test_a_killed_pusher_is_replaced_by_the_cluster_itself(running_site):
    tree = running_site.tree()
    tree.pusher.kill()
    until(lambda: gone(tree.pusher), "the pusher is dead")
    after = running_site.tree()
    assert (after.main, after.worker) == (tree.main, tree.worker)
    assert after.pusher != tree.pusher


def test_a_killed_supervisor_leaves_no_process(site):
    with site.running("work") as supervisor:
        until(lambda: len(site.processes()) == 11, "both clusters run")
        supervisor.kill()
        supervisor.wait()
        until(lambda: not site.processes(), "no process is left", seconds=5)


def test_a_worker_killed_at_work_is_replaced_and_only_its_own_item_suffers(site):
    site.start_naps(items=2, seconds=3)
    with site.running("work", "--pool", "io"):
        tree = site.tree()
        until(lambda: site.rows("select 1 from jobs_item where state = 'leased'"), "an item is in work")
        tree.worker.kill()
        after = site.tree()
    assert after.main == tree.main
    assert after.worker != tree.worker
    assert site.rows("select state from jobs_item where ordinal = 2") == [("pending",)]


def test_a_cluster_busy_beyond_the_patience_is_not_taken_for_hung(site):
    """The only worker is in one long call, so no canary can run; the slice's heartbeat speaks for the cluster."""
    site.start_naps(items=1, seconds=8)
    with site.running("work", "--pool", "io"):
        tree = site.tree()
        until(lambda: site.rows("select 1 from jobs_job where status = 'completed'"), "the job is done")
        assert site.rows("select attempts, crashes from jobs_item") == [(1, 0)]
        assert site.tree().main == tree.main
    assert "hangs" not in site.log.read_text()


def test_canaries_never_stand_in_the_queue(site):
    """Neither behind a busy worker nor before a cluster that is down."""
    site.start_naps(items=1, seconds=2)
    with site.running("work", "--pool", "io"):
        until(lambda: site.rows("select 1 from jobs_item where state = 'leased'"), "the worker is busy")
        time.sleep(1)
        assert len(site.rows("select id from django_q_ormq")) == 1


def test_sigterm_finishes_what_is_in_hand_and_gives_the_rest_back(site):
    site.start_naps(items=50, seconds=0.5)
    with site.running("work", "--pool", "io", "--grace", "30") as supervisor:
        until(lambda: site.rows("select 1 from jobs_item where state = 'done'"), "an item is done")
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(timeout=30) == 0
    assert "what has not stopped by itself is killed" not in site.log.read_text()
    assert not site.processes()
    states = dict(site.rows("select state, count(*) from jobs_item group by state"))
    assert set(states) == {"done", "pending"}
    assert site.rows("select sum(attempts), sum(crashes) from jobs_item") == [(states["done"], 0)]
    assert site.rows("select status from jobs_job") == [("running",)]
    assert len(site.rows("select id from django_q_ormq")) == 1, "the next slice is asked for"
    assert site.rows("select id from jobs_cluster") == []


@pytest.mark.parametrize(("grace", "signals"), [("1", [signal.SIGTERM]), ("60", [signal.SIGINT, signal.SIGINT])])
def test_what_does_not_end_is_killed_after_the_grace_or_at_the_second_sigint(site, grace, signals):
    site.start_naps(items=1, seconds=60)
    with site.running("work", "--pool", "io", "--grace", grace) as supervisor:
        until(lambda: site.rows("select 1 from jobs_item where state = 'leased'"), "the item is in work")
        for number in signals:
            supervisor.send_signal(number)
            time.sleep(0.3)
        assert supervisor.wait(timeout=30) == 0
    assert not site.processes()
    assert site.rows("select id from jobs_cluster") == []


def test_up_starts_what_dies_again_and_ctrl_c_stops_both(site):
    port = _free_port()
    with site.running("up", "--port", str(port)) as up:
        web, work = _children(site, up)
        until(lambda: _status(port) == 200, "the web server answers")
        web.kill()
        work.kill()
        until(lambda: gone(web) and gone(work), "both are dead")
        until(lambda: _status(port) == 200, "the web server answers again")
        assert not {web, work} & set(_children(site, up))
        up.send_signal(signal.SIGINT)
        assert up.wait(timeout=60) == 0
        assert not site.processes()


def test_a_killed_up_leaves_no_process(site):
    with site.running("up", "--port", str(_free_port())) as up:
        _children(site, up)
        up.kill()
        up.wait()
        until(lambda: not site.processes(), "no process is left")


def test_up_says_that_the_port_is_taken(site):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = site.manage("up", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "CommandError: Cannot listen on 127.0.0.1:" in done.stderr


def _children(site: Site, up) -> list[psutil.Process]:
    """gunicorn and the supervisor, once both clusters run below it: 1 + 2 for the web, 1 + 5 + 5 for the work."""
    until(lambda: len(site.processes()) == 14, "web and work run")
    children = psutil.Process(up.pid).children()
    return sorted(children, key=lambda child: "gunicorn" not in child.cmdline())


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _status(port: int) -> int | None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status
        except OSError:
            return None
