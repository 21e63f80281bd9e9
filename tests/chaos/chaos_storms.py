"""Ten minutes of kills, cut connections, terminated backends and dripping answers, and what they cost: a table."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from django.db import connection

from benchmarks.ready_book import approved_book
from benchmarks.standin import StandIn
from books.extraction.engines import factory as guideline_factory
from books.extraction.job import start_extraction
from books.ledger import choices
from books.models import CallOutcome, ModelCall
from jobs import registry
from jobs.actions import start_job
from jobs.models import Item, Job
from jobs.states import FINAL, JobStatus
from tests.flow.storm import Proxy, Workers, terminate_backends, through, to_postgresql, trouble
from tests.jobs.effect_site.stages import EFFECTS, KIND, book_of, effects, every_effect_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(5_400),
    pytest.mark.xdist_group("storms"),
]
SECONDS = float(os.environ.get("STORM_SECONDS", "600"))
# Times of a tenth of production's, so that ten minutes are a day.
TIMES = {
    "DJANGO_SETTINGS_MODULE": "tests.jobs.effect_site.settings",
    "JOB_HEARTBEAT_SECONDS": "2",
    "JOB_SLICE_SECONDS": "6",
    "JOB_LEASE_SECONDS": "10",
    "JOB_STALE_SECONDS": "15",
    "CANARY_PATIENCE_SECONDS": "60",
    "LOG_LEVEL": "WARNING",
}
# Seconds between two strokes. A file has no connections that could be cut.
STORMS = {"kill -9 of any process": (10, 25), "dripping provider": (10, 25)}
if connection.vendor == "postgresql":
    STORMS |= {"pg_terminate_backend": (2, 5), "connections cut": (2, 5)}


@pytest.mark.parametrize("storm", STORMS)
def test_a_storm_fails_no_item_and_no_job(storm, settings, monkeypatch):
    monkeypatch.setitem(registry._handlers, EFFECTS.kind, EFFECTS)
    guideline_factory.guideline_engine.cache_clear()
    choices.ledger.cache_clear()
    settings.GUIDELINE_ENGINE, settings.OPENAI_API_KEY = "openai", "a-key"
    with Proxy(to_postgresql) as proxy, StandIn(latency=1.0) as provider:
        asks = {"GUIDELINE_ENGINE": "openai", "OPENAI_API_KEY": "a-key", "OPENAI_BASE_URL": provider.url}
        times = {**TIMES, **asks, "LLM_TIMEOUT_SECONDS": "8", **through(proxy)}
        with Workers(Path(settings.MEDIA_ROOT), **times) as workers:
            causes = {
                "kill -9 of any process": workers.kill_one,
                "pg_terminate_backend": lambda: terminate_backends() and "terminated",
                "connections cut": proxy.cut,
                "dripping provider": lambda: _drip(provider),
            }
            began, made = time.monotonic(), []
            with trouble(causes[storm], STORMS[storm]) as counts:
                while time.monotonic() - began < SECONDS:
                    if all(Job.objects.get(pk=job.pk).status in FINAL for job in made):
                        made += [
                            start_job(book_of(60).pk, KIND, params={"seconds": 1.0}),
                            start_extraction(approved_book("A book", 40)),
                        ]
                    time.sleep(1)
            provider.behave(drip_every=0)
            _until_over(made)
    print("\n" + _row(storm, dict(counts), made, provider))
    assert not [job for job in made if Job.objects.get(pk=job.pk).status != JobStatus.COMPLETED]
    assert not Item.objects.filter(state="failed").exists()
    assert all(effects(job) == every_effect_once(60) for job in made if job.kind == KIND)
    connection.close()


def _drip(provider: StandIn) -> str:
    provider.behave(drip_every=0 if provider.behaviour.drip_every else 2)
    return "turned"


def _until_over(made: list[Job]) -> None:
    gives_up_at = time.monotonic() + 900
    while time.monotonic() < gives_up_at:
        if not Job.objects.filter(pk__in=[job.pk for job in made]).exclude(status__in=FINAL).exists():
            return
        time.sleep(1)


def _row(storm: str, counts: dict[str, int], made: list[Job], provider: StandIn) -> str:
    jobs = Job.objects.filter(pk__in=[job.pk for job in made])
    items = Item.objects.filter(job__in=jobs)
    answered = ModelCall.objects.filter(outcome=CallOutcome.ANSWERED)
    paid = provider.counts.outcomes["answer"] - answered.values("input_sha256").distinct().count()
    facts = {
        "trouble": counts,
        "jobs": jobs.count(),
        "jobs not completed": jobs.exclude(status=JobStatus.COMPLETED).count(),
        "items": items.count(),
        "items failed": items.filter(state="failed").count(),
        "met a death": items.filter(crashes__gt=0).count(),
        "most deaths": max(items.values_list("crashes", flat=True), default=0),
        "paid again": paid,
    }
    return f"{storm}: " + ", ".join(f"{name} {value}" for name, value in facts.items())
