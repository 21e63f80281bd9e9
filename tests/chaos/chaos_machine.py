"""2,000 walks of 100 steps through the states of a job, new ones each time; in parts that share the cores."""

import pytest

from tests.jobs.test_machine import machine, walk  # noqa: F401

PARTS, RUNS, STEPS = 8, 250, 100


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("_part", range(PARTS))
def test_walks(machine, _part):  # noqa: F811
    walk(machine, RUNS, STEPS, always_the_same=False)
