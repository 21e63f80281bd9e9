"""What trouble between asking a model and saving its answer costs: calls in flight at most, never a second writer."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse

from benchmarks.ready_book import approved_book
from benchmarks.standin import StandIn
from books.extraction.job import start_extraction
from books.ledger.choices import model_of
from books.models import CallOutcome, ModelCall, PageDigest, Subtopic
from jobs import clock, failpoints
from jobs.models import Event, Item, Job, Throttle
from jobs.runner import run_to_end
from jobs.states import JobStatus
from jobs.sweep import sweep
from tests.answering import answering
from tests.flow.real_cluster import running_cluster, until
from tests.jobs.effect_site.lives import live, stopped

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
PAGES, IN_FLIGHT = 6, 3


@pytest.fixture
def provider(settings):
    settings.LLM_CONCURRENCY = IN_FLIGHT
    with answering(settings, latency=0.1) as running:
        yield running


@pytest.fixture
def book(provider, db):
    return approved_book("A book", PAGES, is_clean=False)


def a_slice(media: Path, provider: StandIn, job: Job, **more: str):
    """One in a process of its own."""
    return live(media, "slice", str(job.pk), "60", **{**ours(provider), **more})


def ours(provider: StandIn) -> dict[str, str]:
    return {
        "GUIDELINE_ENGINE": "openai",
        "OPENAI_API_KEY": "a-key",
        "OPENAI_BASE_URL": provider.url,
        "LLM_CONCURRENCY": str(IN_FLIGHT),
    }


def finished(job: Job) -> Job:
    job = run_to_end(job.pk)
    assert (job.status, job.failed_items) == (JobStatus.COMPLETED, 0), job.error_message
    assert PageDigest.objects.filter(page__book=job.book).count() == PAGES
    assert not Subtopic.objects.filter(guideline={}).exists()
    return job


def answered_twice() -> int:
    inputs = list(ModelCall.objects.filter(outcome=CallOutcome.ANSWERED).values_list("input_sha256", flat=True))
    return len(inputs) - len(set(inputs))


@pytest.mark.parametrize("point", failpoints.CALL_NAMES)
def test_a_kill_costs_no_more_calls_than_were_in_flight(provider, book, settings, point):
    job = start_extraction(book)
    with a_slice(Path(settings.MEDIA_ROOT), provider, job, JOB_FAILPOINT=f"{point}:4") as process:
        assert process.wait(120) == -9, process.stderr.read()[-3000:]
    until(lambda: not Item.objects.filter(lease_expires_at__gt=clock.now()).exists(), "its leases ended")
    settings.JOB_STALE_SECONDS = 0
    assert sweep()["recovered"] == 1
    finished(job)
    paid = provider.counts.outcomes["answer"]
    needed = ModelCall.objects.filter(outcome=CallOutcome.ANSWERED).values("input_sha256").distinct().count()
    print(f"\n{point}: {paid} calls paid for {needed} answers")
    assert paid - needed <= IN_FLIGHT
    assert answered_twice() == 0


def test_a_call_that_outlives_its_lease_makes_no_second_writer(provider, book, settings):
    """The worker is stopped dead with calls in hand, another does the work, and then the first one wakes up."""
    job = start_extraction(book)
    provider.behave(latency=1.0)
    with a_slice(Path(settings.MEDIA_ROOT), provider, job) as process:
        until(lambda: provider.counts.in_flight, "it asked")
        with stopped(process, job):
            until(lambda: not Item.objects.filter(lease_expires_at__gt=clock.now()).exists(), "its leases ended")
            provider.behave(latency=0.0)
            settings.JOB_STALE_SECONDS = 0
            sweep()
            finished(job)
            made = list(Subtopic.objects.values_list("pk", "guideline", "engine"))
        assert process.wait(60) == 0, process.stderr.read()[-3000:]
    assert list(Subtopic.objects.values_list("pk", "guideline", "engine")) == made
    assert Job.objects.get(pk=job.pk).status == JobStatus.COMPLETED
    assert Item.objects.filter(job=job).exclude(state="done").count() == 0


def test_a_call_may_last_longer_than_processor_work_may(provider, book, settings):
    """django-q2 ends a task that takes too long, with all calls in its hands."""
    provider.behave(latency=4.0)
    settings.JOB_TIMEOUT_SECONDS = 2
    times = {"JOB_SLICE_SECONDS": "1", "JOB_TIMEOUT_SECONDS": "2", "LLM_TIMEOUT_SECONDS": "20"}
    with running_cluster(Path(settings.MEDIA_ROOT), "io", **ours(provider), **times):
        job = start_extraction(book)
        until(lambda: provider.counts.calls > IN_FLIGHT, "the first calls were answered")
        provider.behave(latency=0.0)
        until(lambda: Job.objects.get(pk=job.pk).is_final, "the job is over", 60)
    assert Job.objects.get(pk=job.pk).status == JobStatus.COMPLETED
    assert set(Item.objects.filter(job=job).values_list("attempts", "crashes")) == {(1, 0)}


def test_an_outage_pauses_the_job_in_sight_and_it_goes_on_by_itself(provider, book, settings, monkeypatch):
    monkeypatch.setattr("jobs.throttle.OUTAGE_PAUSES_SECONDS", (2, 2, 2))
    provider.behave(away=True)
    job = run_to_end(start_extraction(book).pk)
    assert job.status == JobStatus.PAUSED
    assert 0 < (job.wake_at - clock.now()).total_seconds() <= 2
    assert f"Next try at {job.wake_at:%H:%M:%S} UTC" in Event.objects.filter(job=job).last().reason
    provider.behave(away=False)
    until(lambda: sweep()["woken"], "the pause was over")
    finished(job)


def test_a_storm_of_rate_limits_burns_no_attempt(provider, book):
    provider.behave(rate_limit_every=5, retry_after=0.2)
    job = start_extraction(book)
    provider.behave(latency=0.02)
    finished(job)
    assert provider.counts.outcomes["rate_limit"] >= 2
    assert set(Item.objects.filter(job=job).values_list("attempts", flat=True)) == {1}
    assert Throttle.objects.get().rate_limits == provider.counts.outcomes["rate_limit"]


def test_a_reasoning_model_has_room_to_think_and_is_cut_off_once_at_most(provider, book, admin, client):
    """Little effort for a digest; a model that thinks for as long as all of a limit is asked again with twice of it."""
    provider.behave(latency=0.0, thought=8_000)
    finished(start_extraction(book))
    assert set(ModelCall.objects.values_list("outcome", flat=True)) == {"answered"}
    effort = {each["response_format"]["json_schema"]["name"]: each.get("reasoning_effort") for each in provider.asked}
    assert effort == {"DigestForm": "low", "OutlineForm": None, "GuidelineForm": None, "VerifyForm": None}

    provider.behave(thought=16_000)
    finished(start_extraction(approved_book("Another", PAGES, is_clean=False)))
    cut_off = ModelCall.objects.filter(outcome="truncated").values_list("stage", flat=True)
    assert set(cut_off) == {"outline", "write", "verify"}

    client.force_login(admin)
    form = {"stage": "write", "provider": "openai", "model": "gpt-5-mini", "effort": "high"}
    assert client.post(reverse("admin:books_stagemodel_add"), form).status_code == 302
    assert (model_of("write").effort, model_of("digest").effort) == ("high", "low")
