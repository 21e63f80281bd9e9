"""A hundred kills at each of the named points."""

from collections import Counter
from pathlib import Path

import pytest

from jobs import failpoints
from tests.jobs.test_failpoints import _registered, kill_at_each_point  # noqa: F401

KILLS = 100


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(7200)
def test_a_hundred_kills_at_each_point(settings):
    deaths = kill_at_each_point(Path(settings.MEDIA_ROOT), KILLS)
    print("\n" + deaths.table())
    print(f"{deaths.killed.total()} kills; lost or doubled: {len(deaths.problems)}")
    assert deaths.problems == []
    assert deaths.killed == Counter(dict.fromkeys(failpoints.NAMES, KILLS))
