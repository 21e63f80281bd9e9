"""Random walks through every state of a job, on the model and on the database together."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import chain, product
from types import SimpleNamespace

import pytest
from django.dispatch import Signal
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from jobs import clock, outcomes, registry, sweep
from tests.jobs.coverage import LEGAL, STATUSES, Visits
from tests.jobs.machine import EngineMachine
from tests.jobs.model_throttle import CALLS_AT_ONCE

# `make chaos` walks longer: tests/chaos/chaos_machine.py.
RUNS, STEPS = 60, 50


@pytest.fixture
def machine(db, woken, settings, monkeypatch) -> Iterator[type[EngineMachine]]:
    """The machine with the engine's clock, jitter and queue in its hands."""
    settings.POOLS, settings.LLM_CONCURRENCY = {"cpu": 2, "io": 2}, CALLS_AT_ONCE
    monkeypatch.setattr(clock, "now", clock.now)
    monkeypatch.setattr(registry, "_handlers", {})
    # What books tidy after a sweep is none of the engine's.
    monkeypatch.setattr(sweep, "swept", Signal())
    monkeypatch.setattr(outcomes, "random", SimpleNamespace(uniform=lambda low, high: (low + high) / 2))
    monkeypatch.setattr(EngineMachine, "visits", Visits(), raising=False)
    logging.disable(logging.CRITICAL)
    yield EngineMachine
    logging.disable(logging.NOTSET)


def try_every_pair(machine: type[EngineMachine]) -> None:
    """Each event in each status at once, and those that look at the clock again when leases and patience are over."""
    late = product(STATUSES, ("claim", "open", "sweep"), (121,), (False,))
    calls = product(STATUSES, ("claim", "away", "rate_limit", "finish"), (1,), (True,))
    for status, event, seconds, has_provider in chain(product(STATUSES, LEGAL, (1,), (False,)), late, calls):
        one = machine(has_provider=has_provider)
        try:
            one.reach(status)
            one.clock_jumps(seconds)
            one.do(event)
            one.rows_are_as_the_model_says()
            one.counters_are_those_of_the_items()
            one.effects_happened_once()
        finally:
            one.teardown()


def try_an_outage(machine: type[EngineMachine]) -> None:
    """A provider asks to wait, goes away for longer than one probe, and comes back."""
    one = machine(has_provider=True)
    try:
        one.reach("running")
        one.do("extend")
        one.rate_limit(0)
        one.clock_jumps(41)
        for act in (lambda: one.falls_away(6, 21), lambda: one.probe("away"), lambda: one.probe("finish")):
            act()
            one.rows_are_as_the_model_says()
            one.counters_are_those_of_the_items()
            one.effects_happened_once()
        one.claim("ben", 2)
        one.claim("carl", 2)
        one.rows_are_as_the_model_says()
        one.counters_are_those_of_the_items()
    finally:
        one.teardown()


def try_a_rest(machine: type[EngineMachine]) -> None:
    """All that is left to do is due later."""
    one = machine()
    try:
        one.reach("running")
        one.do("not_yet")
        one.advance()
        one.rows_are_as_the_model_says()
        one.counters_are_those_of_the_items()
    finally:
        one.teardown()


def walk(machine: type[EngineMachine], runs: int, steps: int, *, always_the_same: bool) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    # Without shrinking, which takes minutes: a walk that fails is printed as it is.
    chosen = settings(
        phases=[Phase.generate],
        max_examples=runs,
        stateful_step_count=steps,
        deadline=None,
        derandomize=always_the_same,
        database=None,
        suppress_health_check=checks,
    )
    try_every_pair(machine)
    try_an_outage(machine)
    try_a_rest(machine)
    run_state_machine_as_test(machine, settings=chosen)
    print(f"\n{runs} runs of up to {steps} steps, {sum(machine.visits.met.values())} events")
    print(machine.visits.table())
    assert machine.visits.never_changed() == [], "legal pairs that no walk changed anything by"
    assert machine.visits.never_met() == [], "pairs that no walk met"
    assert machine.visits.never_said() == set(), "answers that no walk got"
    assert machine.visits.never_seen() == set(), "what no walk saw of a provider"


@pytest.mark.timeout(600)
def test_model_and_engine_never_differ(machine):
    walk(machine, RUNS, STEPS, always_the_same=True)
