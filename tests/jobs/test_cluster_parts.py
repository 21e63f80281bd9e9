"""The cluster's parts one by one; tests/jobs/test_cluster_processes.py has them together."""

from __future__ import annotations

import sys
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django_q.cluster import Sentinel
from django_q.models import Schedule
from django_q.signing import SignedPackage

from jobs import clock
from jobs.models import Cluster
from jobs.monitoring import live_pools
from jobs.worker import pool, supervisor, tasks
from jobs.worker.cluster import PoolSentinel
from jobs.worker.pool import Watch
from jobs.worker.supervisor import Child
from jobs.worker.tasks import CanaryBroker, setup_schedules


@pytest.fixture
def ticking(monkeypatch):
    """The monotonic clock of the modules under test, to be set."""
    clock_face = SimpleNamespace(now=1000.0)
    for module in (tasks, supervisor, pool):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock_face.now))
    return clock_face


class Messages:
    """A broker with the given batches of messages."""

    list_key = "io"

    def __init__(self, *batches):
        self.batches = list(batches)

    def dequeue(self):
        return self.batches.pop(0) if self.batches else None


def test_a_canary_comes_with_the_tasks_once_in_its_time(ticking, settings):
    settings.CANARY_SECONDS = 10
    broker = CanaryBroker(Messages([(1, "a task")], [(2, "another")]))
    assert [ack for ack, _ in broker.dequeue()] == [1, None]
    assert broker.dequeue() == [(2, "another")]
    ticking.now += 9.9
    assert broker.dequeue() == []
    ticking.now += 0.1
    assert [ack for ack, _ in broker.dequeue()] == [None]
    assert broker.list_key == "io"


def test_the_canary_is_a_task_that_the_worker_can_run():
    ((_, package),) = CanaryBroker(Messages()).dequeue()
    task = SignedPackage.loads(package)
    assert (task["func"], task["args"], task["kwargs"], task["save"]) == ("jobs.worker.tasks.canary", (), {}, False)
    tasks.canary()


@pytest.mark.parametrize(("exit_code", "ends"), [(-9, True), (-15, True), (1, False), (0, False)])
def test_only_a_killed_monitor_ends_the_cluster(monkeypatch, exit_code, ends):
    replaced = []
    monkeypatch.setattr(Sentinel, "reincarnate", lambda self, process: replaced.append(process))
    sentinel = PoolSentinel.__new__(PoolSentinel)
    stop = SimpleNamespace(is_set=lambda: False, set=lambda: ended.append(True))
    ended: list[bool] = []
    sentinel.stop_event, sentinel.monitor = stop, SimpleNamespace(exitcode=exit_code)
    sentinel.reincarnate(sentinel.monitor)
    assert (bool(ended), bool(replaced)) == (ends, not ends)


def test_a_killed_worker_is_replaced_as_django_q2_does(monkeypatch):
    replaced = []
    monkeypatch.setattr(Sentinel, "reincarnate", lambda self, process: replaced.append(process))
    sentinel = PoolSentinel.__new__(PoolSentinel)
    sentinel.monitor, worker = SimpleNamespace(exitcode=None), SimpleNamespace(exitcode=-9)
    sentinel.reincarnate(worker)
    assert replaced == [worker]


@pytest.fixture
def watched(db, ticking, settings):
    settings.CANARY_SECONDS, settings.CANARY_PATIENCE_SECONDS = 10, 60
    row = Cluster.objects.create(pool="io", host="here", pid=1)
    return row, Watch(row.pk)


def pass_quietly(ticking, watching, seconds):
    """The verdicts over ``seconds``, one a second."""
    verdicts = []
    for _ in range(seconds):
        ticking.now += 1
        verdicts.append(watching.is_silent())
    return verdicts


def test_a_cluster_is_silent_after_the_patience_and_not_before(watched, ticking):
    row, watching = watched
    Cluster.objects.filter(pk=row.pk).update(seen_at=clock.now())
    assert watching.is_silent() is False
    assert not any(pass_quietly(ticking, watching, 60))
    assert watching.is_silent() is False
    ticking.now += 0.1
    assert watching.is_silent()


def test_patience_counts_from_the_first_sign_of_life(watched, ticking):
    """On a busy machine a cluster that was still starting was killed for its silence, and the next one too."""
    row, watching = watched
    assert not any(pass_quietly(ticking, watching, 300))
    Cluster.objects.filter(pk=row.pk).update(seen_at=clock.now())
    assert not any(pass_quietly(ticking, watching, 60))
    assert any(pass_quietly(ticking, watching, 11))


def test_a_cluster_that_never_comes_to_life_is_silent_in_the_end(watched, ticking):
    _, watching = watched
    assert not any(pass_quietly(ticking, watching, 300))
    assert pass_quietly(ticking, watching, 1) == [True]


def test_a_sign_of_life_renews_the_patience_whatever_the_wall_clock_says(watched, ticking):
    row, watching = watched
    pass_quietly(ticking, watching, 50)
    Cluster.objects.filter(pk=row.pk).update(seen_at=clock.now() - timedelta(days=3))
    assert not any(pass_quietly(ticking, watching, 60))
    assert any(pass_quietly(ticking, watching, 20))


def test_a_database_that_is_away_is_not_held_against_the_cluster(watched, ticking, monkeypatch):
    _, watching = watched

    class Away:
        def filter(self, **_):
            raise OperationalError("the server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(pool, "Cluster", SimpleNamespace(objects=Away()))
        patch.setattr(pool, "connection", SimpleNamespace(close=lambda: None))
        assert not any(pass_quietly(ticking, watching, 900))
    assert not any(pass_quietly(ticking, watching, 50))


def test_a_child_that_dies_young_is_started_after_longer_and_longer_pauses(ticking):
    doomed = Child("doomed", [sys.executable, "-c", ""])
    starts: list[float] = []
    doomed.start = lambda: starts.append(ticking.now)
    for _ in range(1200):
        doomed.tend()
        ticking.now += 0.1
    pauses = [round(after - before, 1) for before, after in pairwise(starts)]
    assert pauses[:6] == pytest.approx([0.5, 1, 2, 4, 8, 16], abs=0.11)
    assert max(pauses) == pytest.approx(30, abs=0.11)


def test_a_child_that_lived_long_is_started_at_once(ticking):
    steady = Child("steady", [sys.executable, "-c", ""])
    starts: list[float] = []
    steady.start = lambda: starts.append(ticking.now)
    for _ in range(3):
        steady.tend()
        ticking.now += 61
    assert starts == [1000, 1061, 1122]


def test_no_signal_is_asked_for_where_the_system_has_none(monkeypatch):
    monkeypatch.setattr(supervisor, "_libc", None)
    monkeypatch.setattr(supervisor.os, "kill", lambda *_: pytest.fail("killed"))
    supervisor.die_with(parent=-1)


def test_a_process_whose_parent_died_before_the_call_kills_itself(monkeypatch):
    killed = []
    monkeypatch.setattr(supervisor, "_libc", SimpleNamespace(prctl=lambda *_: 0))
    monkeypatch.setattr(supervisor.os, "kill", lambda pid, number: killed.append(number))
    supervisor.die_with(parent=-1)
    assert killed == [9]


def test_live_pools_are_those_seen_within_the_patience(db, settings):
    settings.CANARY_PATIENCE_SECONDS = 60
    for name, age in (("io", 59), ("cpu", 61)):
        Cluster.objects.create(pool=name, host="here", pid=1, seen_at=clock.now() - timedelta(seconds=age))
    Cluster.objects.create(pool="cpu", host="there", pid=2)
    assert live_pools() == {"io"}


def test_the_sweep_is_scheduled_once_however_often_it_is_set_up(db):
    setup_schedules()
    first = Schedule.objects.get()
    Schedule.objects.create(name=first.name, func="jobs.worker.tasks.sweep")
    Schedule.objects.filter(pk=first.pk).update(cron="0 0 1 1 *", cluster=None)
    setup_schedules()
    (schedule,) = Schedule.objects.all()
    assert (schedule.pk, schedule.func, schedule.cron, schedule.cluster) == (
        first.pk,
        "jobs.worker.tasks.sweep",
        "* * * * *",
        "io",
    )
    schedule.full_clean()
