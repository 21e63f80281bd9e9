"""The same product with Redis as the queue: a real server, a real cluster."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest
import redis

from books.intake.store import Upload, add_files
from books.models import Book
from books.ocr.start import start_reading
from jobs.models import Item, Job
from jobs.sweep import sweep
from tests.flow.real_cluster import QUICK, running_cluster, until
from tests.install import redis_path

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240), pytest.mark.xdist_group("processes")]


@pytest.fixture
def broker(tmp_path):
    path = redis_path()
    assert path, "There is no redis-server; run: python -m tests.install"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [path, "--port", str(port), "--save", "", "--dir", str(tmp_path)], stdout=subprocess.DEVNULL
    )
    with redis.Redis(port=port) as client:
        until(lambda: _answers(client), "Redis answers")
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(10)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False


@pytest.fixture
def queued_on(monkeypatch, settings):
    """Has this process put its messages on the broker, as the cluster's processes do by BROKER_URL."""

    def use(broker: str) -> None:
        from django_q.brokers.redis_broker import Redis

        def connected(_list_key: str | None = None):
            return redis.Redis.from_url(broker)

        monkeypatch.setattr(Redis, "get_connection", staticmethod(connected))
        monkeypatch.setattr("django_q.tasks.get_broker", lambda list_key=None: Redis(list_key=list_key))

    return use


def book_of(sample: Path, pages: int) -> Book:
    book = Book.objects.create(title="A book")
    for path in sorted(sample.glob("page_*"))[:pages]:
        with path.open("rb") as file:
            add_files(book, [Upload(path.name, file)])
    return book


def test_a_job_runs_through_redis_and_survives_a_lost_message(broker, queued_on, sample, settings):
    queued_on(broker)
    settings.JOB_STALE_SECONDS = float(QUICK["JOB_STALE_SECONDS"])
    book = book_of(sample, 4)
    with running_cluster(Path(settings.MEDIA_ROOT), "cpu", BROKER_URL=broker) as cluster:
        job = start_reading(book)
        until(lambda: Item.objects.filter(job=job, state="done").exists(), "a page was read")
        for victim in cluster.workers():
            victim.kill()
        until(lambda: sweep() and Job.objects.get(pk=job.pk).status == "completed", "the job is over", 120)
    job.refresh_from_db()
    assert (job.completed_items, job.failed_items) == (4, 0)


def test_the_queue_is_in_redis_and_not_in_a_table(broker, queued_on, sample):
    from django_q.models import OrmQ

    queued_on(broker)
    start_reading(book_of(sample, 1))
    with redis.Redis.from_url(broker) as client:
        assert client.llen("django_q:cpu:q") == 1
    assert not OrmQ.objects.exists()
