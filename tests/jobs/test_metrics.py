"""What Prometheus reads, and who may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from jobs import clock, runner
from jobs.actions import cancel, start_job
from jobs.leases import claim
from jobs.models import Cluster, Event, Item, Job, Throttle
from jobs.monitoring import exposition
from jobs.runner import run_to_end
from jobs.states import ItemState, JobStatus
from jobs.sweep import sweep
from tests.factories import BookFactory, ItemFactory, JobFactory
from tests.jobs.provider import NAME
from tests.jobs.rig import KIND, pass_time

pytestmark = pytest.mark.django_db


def samples() -> dict[tuple[str, ...], float]:
    """Name without prefix, then the labels' values, to value."""
    families = text_string_to_metric_families(exposition().decode())
    return {
        (sample.name.removeprefix("bookpipeline_"), *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def ago(seconds: float):
    return clock.now() - timedelta(seconds=seconds)


def test_jobs_are_counted_by_kind_and_status_zeros_included(rig):
    for status in (JobStatus.RUNNING, JobStatus.STALE, JobStatus.COMPLETED, JobStatus.COMPLETED):
        JobFactory(kind="ocr", status=status)
    read = samples()
    assert read["jobs", "ocr", "completed"] == 2
    assert read["jobs", "ocr", "stale"] == 1
    assert read["jobs", KIND, "stale"] == 0


def test_items_of_the_last_minute_are_counted_by_outcome():
    over = JobFactory(status=JobStatus.COMPLETED, completed_at=ago(5))
    ItemFactory(job=over, finished_at=ago(10))
    ItemFactory(job=over, finished_at=ago(70))
    live = JobFactory()
    ItemFactory(job=live, finished_at=ago(1))
    ItemFactory(job=live, finished_at=ago(2), state=ItemState.FAILED)
    read = samples()
    assert read["items_last_minute", "done"] == 2
    assert read["items_last_minute", "failed"] == 1


def test_the_oldest_heartbeat_is_that_of_running_jobs_and_may_be_missing():
    JobFactory(heartbeat_at=ago(5))
    JobFactory(heartbeat_at=None, started_at=ago(40))
    JobFactory(status=JobStatus.COMPLETED, heartbeat_at=ago(9000))
    assert samples()["oldest_heartbeat_age_seconds",] == pytest.approx(40, abs=5)


def test_the_oldest_pending_job_counts_from_when_it_became_pending():
    job = JobFactory(status=JobStatus.PENDING)
    Job.objects.update(created_at=ago(9000))
    event = Event.objects.create(job=job, to_status=JobStatus.PENDING, actor="sweep")
    Event.objects.filter(pk=event.pk).update(at=ago(30))
    assert samples()["oldest_pending_age_seconds",] == pytest.approx(30, abs=5)
    Event.objects.all().delete()
    assert samples()["oldest_pending_age_seconds",] == pytest.approx(9000, abs=5)


def test_ages_of_nothing_are_zero():
    read = samples()
    ages = ("oldest_heartbeat_age_seconds", "oldest_pending_age_seconds", "sweep_age_seconds")
    assert [read[name,] for name in ages] == [0, 0, 0]


@pytest.mark.django_db(transaction=True)
def test_a_late_result_is_counted_for_good(rig, book, stage, monkeypatch):
    monkeypatch.setattr(runner, "IDLE_SECONDS", 0.01)
    job = start_job(book.pk, KIND)
    stage.scripts["1"] = lambda item: cancel(job.pk) and "too late"
    run_to_end(job.pk)
    assert samples()["superseded_results_total",] == 1
    book.delete()
    assert samples()["superseded_results_total",] == 1


def test_throttles_say_their_limit_load_cooling_outage_and_waits(rig, book, stage):
    stage.provider = NAME
    job = start_job(book.pk, KIND)
    Job.objects.update(status=JobStatus.RUNNING)
    claim(job.pk, "first", "runner", limit=2)
    cool_until = clock.now() + timedelta(seconds=60)
    Throttle.objects.update(limit=4, cool_until=cool_until, outage_since=ago(20), rate_limits=3, waits=9)
    read = samples()
    assert read["provider_call_limit", NAME] == 4
    assert read["provider_calls_in_flight", NAME] == 2
    assert read["provider_cooling_seconds", NAME] == pytest.approx(60, abs=5)
    assert read["provider_outage_seconds", NAME] == pytest.approx(20, abs=5)
    assert read["provider_rate_limits_total", NAME] == 3
    assert read["throttle_waits_total", NAME] == 9


def test_clusters_show_their_canary(monkeypatch):
    Cluster.objects.create(pool="cpu", host="one", pid=7, seen_at=clock.now())
    Cluster.objects.create(pool="cpu", host="two", pid=8)
    pass_time(monkeypatch, 50)
    read = samples()
    assert (read["clusters", "cpu"], read["clusters", "io"]) == (2, 0)
    assert read["cluster_canary_age_seconds", "one", "7", "cpu"] == pytest.approx(50, abs=5)
    assert read["cluster_canary_age_seconds", "two", "8", "cpu"] == pytest.approx(50, abs=5)


def test_the_sweeps_age_is_known(monkeypatch):
    sweep()
    pass_time(monkeypatch, 90)
    assert samples()["sweep_age_seconds",] == pytest.approx(90, abs=5)


def test_a_scrape_costs_the_same_queries_for_any_number_of_rows():
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            exposition()
        return len(queries)

    few = cost()
    for _ in range(20):
        ItemFactory(job=JobFactory(book=BookFactory()))
    assert Item.objects.count() == 20
    assert cost() == few


def person(*permissions: str):
    user = get_user_model().objects.create_user("scraper")
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def test_nobody_reads_them_without_a_token(client, settings):
    settings.METRICS_TOKEN = ""
    for header in ("", "Bearer", "Bearer ", "Bearer guess"):
        response = client.get("/metrics", headers={"Authorization": header} if header else {})
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_only_the_right_token_opens_them(client, settings):
    settings.METRICS_TOKEN = "s3cret"
    given = {"s3cret": 200, "s3cre": 401, "": 401, "sécret": 401}
    assert {
        token: client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code for token in given
    } == given
    assert client.get("/metrics", headers={"Authorization": "Basic s3cret"}).status_code == 401


def test_people_need_the_permission_to_see_jobs(client):
    user = person()
    client.force_login(user)
    assert client.get("/metrics").status_code == 403
    user.user_permissions.set(Permission.objects.filter(codename="view_job"))
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    assert client.post("/metrics").status_code == 405
