"""The limits of a minute hold in every span of a minute, and are used up."""

from __future__ import annotations

import random
from bisect import bisect_right
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.throttle import Limits, recent, used, wait_within, with_call

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
GAPS = st.lists(st.floats(0, 40), min_size=1, max_size=120)


def calls_through(limits: Limits, gaps: list[float], tokens: list[int]) -> list[tuple[float, int]]:
    """(seconds since the beginning, tokens) of each call of a worker that waits as long as it is told."""
    window, now, made = [], BEGIN, []
    for gap, needed in zip(gaps, tokens, strict=True):
        now += timedelta(seconds=gap)
        while told := wait_within(window, now, limits, needed):
            now += timedelta(seconds=told)
        window = with_call(recent(window, now), now, needed)
        made.append(((now - BEGIN).total_seconds(), needed))
    return made


def most_in_a_minute(made: list[tuple[float, int]]) -> list[tuple[int, int]]:
    """(calls, tokens) of each span of 60 s that begins with a call; no other span holds more."""
    times = [at for at, _ in made]
    spans = [made[number : bisect_right(times, at + 60)] for number, at in enumerate(times)]
    return [(len(span), sum(tokens for _, tokens in span)) for span in spans]


@given(GAPS, st.integers(1, 12), st.integers(100, 500), st.data())
def test_no_span_of_a_minute_holds_more_than_the_limits(gaps, requests, budget, data):
    tokens = data.draw(st.lists(st.integers(0, 100), min_size=len(gaps), max_size=len(gaps)))
    spans = most_in_a_minute(calls_through(Limits(requests, budget), gaps, tokens))
    assert max(calls for calls, _ in spans) <= requests
    assert max(spent for _, spent in spans) <= budget


@pytest.mark.parametrize("limits", [Limits(30, 0), Limits(0, 3_000), Limits(500, 50_000)])
def test_a_worker_that_always_has_work_gets_nearly_all_of_the_limits(limits):
    chance = random.Random(7)
    made = calls_through(limits, [0.01] * 3_000, [chance.randint(50, 150) for _ in range(3_000)])
    minutes = made[-1][0] / 60
    shares = [
        len(made) / minutes / limits.requests if limits.requests else 0,
        sum(tokens for _, tokens in made) / minutes / limits.tokens if limits.tokens else 0,
    ]
    assert max(shares) > 0.95


def test_a_call_of_the_last_second_of_a_minute_still_counts_in_the_next():
    """What a minute that starts anew at its end would let through twice."""
    limits = Limits(2, 0)
    late = BEGIN + timedelta(seconds=59)
    window = with_call(with_call([], late, 0), late, 0)
    assert wait_within(window, late + timedelta(seconds=2), limits, 0) == 59
    assert wait_within(window, late + timedelta(seconds=61), limits, 0) == 0


def test_the_estimate_of_a_call_is_corrected_where_it_was_counted():
    window = with_call(with_call([], BEGIN, 90), BEGIN + timedelta(seconds=5), 10)
    assert used(with_call(window, BEGIN, -50, calls=0)) == (2, 50)
    assert used(with_call(window, BEGIN, -500, calls=0)) == (2, 10)
    gone = with_call(window, BEGIN - timedelta(hours=1), 40, calls=0)
    assert used(recent(gone, BEGIN)) == (2, 100)
