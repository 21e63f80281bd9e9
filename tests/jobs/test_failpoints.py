"""kill -9 at each of the named points, in real processes: no item lost, none done twice, nobody's help."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs import failpoints, registry
from jobs.models import Item, Job
from jobs.states import JobStatus
from tests.jobs.effect_site.life import Death
from tests.jobs.effect_site.lives import live, started
from tests.jobs.effect_site.stages import EFFECTS, PAGES, effects, every_effect_once

pytestmark = pytest.mark.django_db(transaction=True)

# What makes a runner pass the point; elsewhere any job does.
PARAMS = {"in_fail": {"fails": "2"}, "in_release": {"interrupts": "2"}, "in_heartbeat": {"seconds": 0.5}}
SECONDS = {"before_hand_over": 0, "after_hand_over": 0}
# How often a runner passes where it passes more than once; the threads of the second stage claim their first together.
PASSES = {
    **dict.fromkeys(("after_claim", "after_work", "in_finish", "before_commit", "after_commit"), 2 * PAGES),
    "in_claim": PAGES + 1,
}


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    monkeypatch.setitem(registry._handlers, EFFECTS.kind, EFFECTS)


@dataclass
class Deaths:
    """What became of the jobs whose processes were killed."""

    killed: Counter[str]
    problems: list[str]

    def table(self) -> str:
        """Kills by point."""
        return "\n".join(f"{point:24}{count:>6} kills" for point, count in self.killed.items())


def kill_at(points: Sequence[str], media: Path, kills: int) -> Deaths:
    """``kills`` processes die at each of ``points``, each with a job of its own; one more serves what is left."""
    planned = {}
    for point in points:
        for number in range(kills):
            job = started(**PARAMS.get(point, {}))
            nth = 1 + number % PASSES.get(point, 1)
            planned[str(job.pk)] = Death(str(job.pk), point, nth, SECONDS.get(point, 10))
    file = media.parent / "deaths"
    file.write_text("\n".join(death.line() for death in planned.values()))
    # A busy machine must not look like a dead one: the sweep frees what the dead held, whatever their leases say.
    with live(media, "kills", str(file), JOB_LEASE_SECONDS="60") as process:
        output, errors = process.communicate(timeout=30 + 10 * len(planned))
    assert process.returncode == 0, errors[-5000:]
    killed = Counter(planned[line["job"]].point for line in map(json.loads, output.splitlines()) if line["killed"])
    return Deaths(killed, [problem for death in planned.values() if (problem := _problem(death))])


def _problem(death: Death) -> str:
    job = Job.objects.get(pk=death.job)
    found = effects(job)
    counts = (job.status, job.completed_items, job.failed_items, job.last_completed_item)
    if counts == (JobStatus.COMPLETED, 2 * PAGES, 0, 2 * PAGES) and found == every_effect_once():
        return ""
    items = list(Item.objects.filter(job=job).values_list("ordinal", "state", "attempts", "crashes"))
    return f"{death.point} pass {death.nth}: {counts}, {dict(found)}, {items}, {job.error_message}"


@pytest.mark.timeout(120)
def test_one_kill_at_each_point_loses_nothing_and_doubles_nothing(settings):
    deaths = kill_at(failpoints.NAMES, Path(settings.MEDIA_ROOT), kills=1)
    print("\n" + deaths.table())
    assert deaths.problems == []
    assert deaths.killed == Counter(failpoints.NAMES)


def test_an_environment_variable_arms_a_point(settings):
    job = started()
    with live(Path(settings.MEDIA_ROOT), "slice", str(job.pk), "10", JOB_FAILPOINT="before_commit:2") as process:
        assert process.wait(30) == -9
    assert sum(effects(job).values()) == 1
