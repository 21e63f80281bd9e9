"""A hundred kills at each of the named points."""

from pathlib import Path

import pytest

from jobs import failpoints
from tests.jobs.test_failpoints import _registered, kill_at  # noqa: F401

KILLS = 100


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("point", failpoints.NAMES)
def test_a_hundred_kills(settings, point):
    deaths = kill_at([point], Path(settings.MEDIA_ROOT), KILLS)
    print(f"\n{deaths.table()}; lost or doubled: {len(deaths.problems)}")
    assert deaths.problems == []
    assert deaths.killed == {point: KILLS}
