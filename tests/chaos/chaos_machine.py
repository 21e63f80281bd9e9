"""2,000 walks of 100 steps through the states of a job."""

import pytest

from tests.jobs.test_machine import machine, walk  # noqa: F401


@pytest.mark.timeout(7200)
def test_two_thousand_walks(machine):  # noqa: F811
    walk(machine, runs=2_000, steps=100)
