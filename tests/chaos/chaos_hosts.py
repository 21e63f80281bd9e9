"""Three machines on one database, one bucket and one Redis: one dies, one loses the database for longer than a lease,
one is an hour ahead. Each has a tree, a data folder and a folder for temporary files of its own, and nothing else."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.db import connection

from benchmarks.ready_book import approved_book
from benchmarks.standin import StandIn
from books.extraction.engines import factory as guideline_factory
from books.extraction.job import start_extraction
from books.ledger import choices
from books.models import CallOutcome, ModelCall, Page, Reading
from books.ocr.start import start_reading
from jobs import registry
from jobs.actions import start_job
from jobs.models import Item, Job
from jobs.states import FINAL, JobStatus
from tests import s3
from tests.flow.real_cluster import ROOT, until
from tests.flow.storm import Proxy, Workers, through, to_postgresql
from tests.flow.test_redis import book_of as scanned_book
from tests.jobs.effect_site.stages import EFFECTS, KIND, book_of, effects, every_effect_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("storms"),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="A file is on one machine."),
]
# What a machine needs of the tree; each has a copy.
TREE = (
    *("bookpipeline", "books", "jobs", "locale", "static", "templates", "tests", "benchmarks"),
    *("manage.py", "gunicorn.conf.py"),
)
LEASE_SECONDS, CUT_SECONDS = 10, 25
TIMES = {
    "DJANGO_SETTINGS_MODULE": "tests.jobs.effect_site.settings",
    "JOB_HEARTBEAT_SECONDS": "2",
    "JOB_SLICE_SECONDS": "6",
    "JOB_LEASE_SECONDS": str(LEASE_SECONDS),
    "JOB_STALE_SECONDS": "15",
    "CPU_WORKERS": "1",
    "CANARY_PATIENCE_SECONDS": "60",
    "LOG_LEVEL": "WARNING",
}
PAGES, SCANS, READ, ASKED = 40, 3, 2, 40


@pytest.fixture
def shared(broker, queued_on, bucket, s3_server, settings, monkeypatch) -> Iterator[dict[str, str]]:
    """What all machines know of each other's work: the addresses of queue, bucket and provider."""
    queued_on(broker)
    monkeypatch.setitem(registry._handlers, EFFECTS.kind, EFFECTS)
    guideline_factory.guideline_engine.cache_clear()
    choices.ledger.cache_clear()
    settings.GUIDELINE_ENGINE, settings.OPENAI_API_KEY = "openai", "a-key"
    with StandIn(latency=1.0) as provider:
        yield {
            "BROKER_URL": broker,
            "STORAGE": "s3",
            "AWS_STORAGE_BUCKET_NAME": s3.BUCKET,
            "AWS_S3_ENDPOINT_URL": s3_server,
            "AWS_S3_REGION_NAME": "us-east-1",
            "GUIDELINE_ENGINE": "openai",
            "OPENAI_API_KEY": "a-key",
            "OPENAI_BASE_URL": provider.url,
        }


def machine(folder: Path, proxy: Proxy, shared: dict[str, str], **more: str) -> Workers:
    for name in TREE:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (folder / "tree").mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, folder / "tree" / name)
    for name in ("data", "tmp"):
        (folder / name).mkdir()
    more = {"TMPDIR": str(folder / "tmp"), **TIMES, **shared, **through(proxy), **more}
    return Workers(folder / "data" / "media", folder / "tree", **more)


def test_three_machines_of_which_one_dies_one_is_cut_off_and_one_is_an_hour_ahead(shared, sample, tmp_path):
    ahead = {"DJANGO_SETTINGS_MODULE": "tests.jobs.effect_site.ahead"}
    with ExitStack() as stack:
        proxies = [stack.enter_context(Proxy(to_postgresql)) for _ in range(3)]
        dying, cut_off, early = (
            stack.enter_context(machine(tmp_path / f"machine_{at}", proxy, shared, **(ahead if at == 2 else {})))
            for at, proxy in enumerate(proxies)
        )
        made = [start_job(book_of(PAGES).pk, KIND, params={"seconds": 0.3}) for _ in range(2)]
        made += [start_reading(scanned_book(sample, SCANS)) for _ in range(READ)]
        made.append(start_extraction(approved_book("A book", ASKED)))
        began = time.monotonic()
        until(lambda: Item.objects.filter(state="done").count() > 20, "work is under way", 120)
        dying.switch_off()
        proxies[1].is_away = True
        proxies[1].cut()
        time.sleep(CUT_SECONDS)
        proxies[1].is_away = False
        try:
            until(lambda: not Job.objects.exclude(status__in=FINAL).exists(), "every job is over", 500)
        finally:
            print(_told(made, time.monotonic() - began))
            for each in (cut_off, early):
                print(each.log, each.log.read_text()[-2000:])
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.COMPLETED}
    assert not Item.objects.filter(state="failed").exists()
    assert all(effects(job) == every_effect_once(PAGES) for job in made if job.kind == KIND)
    read = Page.objects.filter(book__in=[job.book_id for job in made if job.kind == "ocr"])
    assert set(read.values_list("ocr_status", flat=True)) == {"done"}
    assert Reading.objects.filter(page__in=read).count() == READ * SCANS


def _told(made: list[Job], seconds: float) -> str:
    items = Item.objects.filter(job__in=made)
    calls = ModelCall.objects.filter(outcome=CallOutcome.ANSWERED)
    facts = {
        "seconds": round(seconds),
        "jobs": len(made),
        "completed": Job.objects.filter(status=JobStatus.COMPLETED).count(),
        "items": items.count(),
        "met a death": items.filter(crashes__gt=0).count(),
        "claimed more than once": items.filter(lease_token__gt=1).count(),
        "most attempts": max(items.values_list("attempts", flat=True)),
        "paid again": calls.count() - calls.values("input_sha256").distinct().count(),
        "stale": sum(job.events.filter(to_status="stale").count() for job in made),
    }
    return ", ".join(f"{name} {value}" for name, value in facts.items())
