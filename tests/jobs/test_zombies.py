"""Workers that stop without dying, hang without being dead, and pages that take their worker along."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import pytest

from jobs import registry
from jobs.actions import start_job
from jobs.models import Item, Job
from jobs.runner import run_slice
from jobs.states import MAX_CRASHES, ItemState, JobStatus
from jobs.sweep import sweep
from tests.flow.real_cluster import running_cluster, until
from tests.jobs.effect_site.lives import QUICK, live, started, stopped
from tests.jobs.effect_site.stages import EFFECTS, KIND, book_of, effects, every_effect_once
from tests.jobs.rivals import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _quick(monkeypatch, settings):
    """This process keeps the same times as the processes it starts."""
    monkeypatch.setitem(registry._handlers, EFFECTS.kind, EFFECTS)
    for name, value in QUICK.items():
        if name.startswith("JOB_"):
            setattr(settings, name, float(value))


def leased(job: Job) -> Item | None:
    return Item.objects.filter(job=job, state=ItemState.LEASED).first()


def test_a_worker_stopped_for_three_lease_times_writes_nothing_when_it_goes_on(settings):
    job = started(seconds=0.3)
    with live(Path(settings.MEDIA_ROOT), "slice", str(job.pk), "20") as zombie:
        held = until(lambda: leased(job), "the zombie holds an item")
        with stopped(zombie, job):
            time.sleep(3 * settings.JOB_LEASE_SECONDS)
            assert sweep()["recovered"] == 1
            run_slice(job.pk, seconds=30)
            at_the_end = effects(job)
        _, log = zombie.communicate(timeout=30)
    job.refresh_from_db()
    assert job.status == JobStatus.COMPLETED
    assert effects(job) == at_the_end == every_effect_once()
    assert "late result thrown away" in log
    assert Item.objects.get(pk=held.pk).lease_token > held.lease_token


def test_a_call_that_hangs_while_the_heart_beats_is_not_a_death(settings):
    job = started(pages=1, seconds=2 * settings.JOB_STALE_SECONDS)

    def sweeps() -> Counter[str]:
        helped: Counter[str] = Counter()
        while not Job.objects.filter(pk=job.pk, status=JobStatus.COMPLETED).exists():
            helped.update(sweep())
            time.sleep(0.1)
        return helped

    helped, _ = together(sweeps, lambda: run_slice(job.pk, seconds=30))
    assert helped.total() == 0
    assert list(Item.objects.filter(job=job).values_list("attempts", "crashes")) == [(1, 0), (1, 0)]


@pytest.mark.timeout(500)
def test_a_page_that_kills_its_worker_is_set_aside_and_the_others_are_done(settings):
    site = {name: QUICK[name] for name in ("DJANGO_SETTINGS_MODULE", "JOB_HEARTBEAT_SECONDS")}
    job = start_job(book_of(5).pk, KIND, params={"kills": "3", "seconds": 0.05})
    settings.JOB_STALE_SECONDS = settings.JOB_LEASE_SECONDS = 2.5
    with running_cluster(Path(settings.MEDIA_ROOT), **site):
        until(lambda: sweep() and Job.objects.get(pk=job.pk).is_final, "the job is over", 400)
    job.refresh_from_db()
    assert (job.status, job.completed_items, job.failed_items) == (JobStatus.COMPLETED, 9, 1)
    written = {pair: 1 for pair in every_effect_once(5) if pair != (3, "first")}
    assert effects(job) == written
    fallen = Item.objects.filter(job=job, label="3", stage="first").values_list("state", "crashes", "error_code")
    assert set(fallen) == {(ItemState.FAILED, MAX_CRASHES, "worker_died")}
