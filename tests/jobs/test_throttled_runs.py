"""Whole jobs against a provider that refuses calls or goes away."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from jobs import clock, runner, throttle
from jobs.actions import start_job
from jobs.errors import ProviderBusy
from jobs.models import Item, Throttle
from jobs.runner import run_slice, run_to_end
from jobs.states import ItemState, JobStatus
from jobs.sweep import sweep
from tests.jobs.provider import NAME, CallingStage, Provider
from tests.jobs.rig import KIND
from tests.jobs.rivals import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch, settings):
    settings.LLM_CONCURRENCY = 8
    monkeypatch.setattr(runner, "IDLE_SECONDS", 0.02)


@pytest.fixture
def set_ahead(monkeypatch):
    """Sets the engine's clock ahead; it goes on from there."""

    def ahead(seconds: float) -> None:
        real = clock.now
        monkeypatch.setattr(clock, "now", lambda: real() + timedelta(seconds=seconds))

    return ahead


@pytest.fixture
def coolings(monkeypatch) -> list[tuple]:
    """When each rate limit was known to all workers, until when, and the limit it left."""
    seen = []
    noted = throttle.rate_limited

    def note(*args) -> None:
        noted(*args)
        row = Throttle.objects.get()
        seen.append((clock.now(), row.cool_until, row.limit))

    monkeypatch.setattr(throttle, "rate_limited", note)
    return seen


def test_a_storm_of_rate_limits_stops_all_threads_and_burns_no_attempt(rig, book, coolings):
    provider = Provider(seconds=0.02, refuses_from=20, retry_after=1.5)
    rig(CallingStage(provider, items=60))
    job = run_to_end(start_job(book.pk, KIND).pk)
    assert (job.status, job.completed_items, job.failed_items) == (JobStatus.COMPLETED, 60, 0)
    assert set(Item.objects.values_list("attempts", flat=True)) == {1}
    # A thread may have been let through just before the first refusal was known.
    known_at, until, _ = coolings[0]
    assert not [call for call in provider.calls if known_at + timedelta(seconds=0.3) < call < until]
    assert [call for call in provider.calls if call > until]
    assert min(limit for *_, limit in coolings) < 8
    assert Throttle.objects.get().limit == 8


def test_no_more_calls_are_in_flight_than_the_setting_allows(rig, book, settings):
    settings.LLM_CONCURRENCY = 3
    provider = Provider(seconds=0.02)
    rig(CallingStage(provider, items=20))
    assert run_to_end(start_job(book.pk, KIND).pk).status == JobStatus.COMPLETED
    assert 2 <= provider.most_in_flight <= 3


@pytest.mark.timeout(25)  # The provider asks for 30 s.
def test_waiting_for_a_provider_holds_no_worker(rig, book, woken, monkeypatch):
    monkeypatch.setattr(runner, "PROVIDER_SECONDS", 0.1)
    stage = CallingStage(Provider(), items=5)
    rig(stage)
    job = start_job(book.pk, KIND)
    throttle.rate_limited(NAME, 30, clock.now())
    woken.clear()
    run_slice(job.pk)
    assert woken == [(str(job.pk), "io")]
    assert (stage.worked, Throttle.objects.get().waits) == ([], 1)


def test_a_short_wait_is_sat_out_in_the_same_slice(rig, book):
    rig(CallingStage(Provider(), items=5))
    job = start_job(book.pk, KIND)
    throttle.rate_limited(NAME, 0.5, clock.now())
    run_slice(job.pk)
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED


def test_an_outage_pauses_the_job_and_one_probe_sets_it_going_again(rig, book, set_ahead):
    provider = Provider(seconds=0.01, is_away=True)
    rig(CallingStage(provider, items=30))
    job = run_to_end(start_job(book.pk, KIND).pk)
    assert job.status == JobStatus.PAUSED
    assert job.wake_at > clock.now()
    assert sweep()["woken"] == 0

    set_ahead(31)
    provider.calls.clear()
    assert sweep()["woken"] == 1
    assert run_to_end(job.pk).status == JobStatus.PAUSED
    assert len(provider.calls) == 1

    set_ahead(61)
    provider.is_away = False
    provider.calls.clear()
    assert sweep()["woken"] == 1
    job = run_to_end(job.pk)
    assert (job.status, job.completed_items, job.failed_items) == (JobStatus.COMPLETED, 30, 0)
    assert len(provider.calls) == 30
    assert set(Item.objects.values_list("state", flat=True)) == {ItemState.DONE}
    assert max(Item.objects.values_list("attempts", flat=True)) <= 2


def test_the_probe_has_answered_before_the_others_begin(rig, book, set_ahead):
    provider = Provider(seconds=0.01, is_away=True)
    rig(CallingStage(provider, items=20))
    job = run_to_end(start_job(book.pk, KIND).pk)
    set_ahead(31)
    sweep()
    provider.is_away, provider.seconds = False, 0.3
    provider.calls.clear()
    run_to_end(job.pk)
    first, second = sorted(provider.calls)[:2]
    assert (second - first).total_seconds() >= 0.3


def test_workers_together_keep_the_limit_of_a_minute(settings):
    settings.LLM_REQUESTS_PER_MINUTE = 20

    def ask_ten_times() -> int:
        asked = 0
        for _ in range(10):
            with suppress(ProviderBusy), throttle.call_slot(NAME):
                asked += 1
        return asked

    assert sum(together(*[ask_ten_times] * 6)) == 20
