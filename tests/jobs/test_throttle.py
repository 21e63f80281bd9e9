"""A provider's limits, kept by all workers together without holding any."""

from __future__ import annotations

from datetime import timedelta

import pytest

from books.errors import AccountRefused, InvalidModelOutput, ProviderUnavailable, RateLimited
from jobs import clock, throttle
from jobs.actions import start_job
from jobs.errors import ProviderBusy
from jobs.leases import calls_in_flight, claim, closed_for
from jobs.models import Item, Job, Throttle
from jobs.outcomes import fail, finish
from jobs.states import ItemState, JobStatus
from jobs.throttle import Call, admit, answered, call_slot, rate_limited
from tests.jobs.provider import NAME, CallingStage, Provider
from tests.jobs.rig import KIND, new_book, pass_time

pytestmark = pytest.mark.django_db
AWAY = ProviderUnavailable("No answer.")


@pytest.fixture(autouse=True)
def _eight(settings):
    settings.LLM_CONCURRENCY = 8


@pytest.fixture
def stage(rig) -> CallingStage:
    stage = CallingStage(Provider(), items=12)
    rig(stage)
    return stage


@pytest.fixture
def job(stage, book) -> Job:
    return running(book)


def running(book) -> Job:
    job = start_job(book.pk, KIND)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING)
    job.refresh_from_db()
    return job


def known() -> Throttle:
    return Throttle.objects.get(provider=NAME)


def cool(seconds: float | None, began_ago: float = 0) -> None:
    rate_limited(NAME, seconds, clock.now() - timedelta(seconds=began_ago))


def answer() -> None:
    """Of a call that was let through a moment ago."""
    answered(Call(NAME, 0, clock.now()))


def claimed(job, wanted=20) -> list[Item]:
    return claim(job.pk, "first", "runner", limit=wanted)


def test_after_a_rate_limit_no_call_begins_until_its_time(monkeypatch):
    with pytest.raises(RateLimited), call_slot(NAME):
        raise RateLimited("Too many calls.", retry_after=30)
    with pytest.raises(ProviderBusy) as refusal, call_slot(NAME):
        pytest.fail("a call was let through")
    assert 29 < refusal.value.retry_after <= 30
    assert (known().rate_limits, known().waits) == (1, 1)
    pass_time(monkeypatch, 31)
    with call_slot(NAME):
        pass


def test_the_longer_of_two_waits_counts_and_none_is_longer_than_a_day():
    cool(40)
    cool(2)
    assert (known().cool_until - clock.now()).total_seconds() > 38
    cool(10**9)
    assert (known().cool_until - clock.now()).total_seconds() <= 86_400


def test_rate_limits_without_a_time_double_the_wait_until_an_answer_comes(monkeypatch):
    for wait in (5, 10, 20, 40, 80, 160, 300, 300):
        cool(None)
        assert wait - 1 < (known().cool_until - clock.now()).total_seconds() <= wait
        pass_time(monkeypatch, wait + 1)
    answer()
    cool(None)
    assert (known().cool_until - clock.now()).total_seconds() <= 5


def test_the_limit_falls_by_a_quarter_for_all_that_were_refused_together_down_to_one_call(monkeypatch):
    limits = []
    for _ in range(5):
        for _ in range(8):
            cool(1, began_ago=1)
        limits.append(known().limit)
        pass_time(monkeypatch, 2.5)
    assert limits == [6, 4, 3, 2, 1]


def test_each_answer_lets_one_more_call_be_in_flight_up_to_the_setting(job, stage, settings, monkeypatch):
    settings.LLM_CONCURRENCY = 5
    Throttle.objects.create(provider=NAME, limit=1)
    assert len(claimed(job)) == 1
    limits = []
    for _ in range(6):
        answer()
        limits.append(known().limit)
    assert limits == [2, 3, 4, 5, 5, 5]
    assert len(claimed(job)) == 4


def test_an_account_that_is_refused_is_tried_with_one_call_at_a_time(job):
    with pytest.raises(AccountRefused), call_slot(NAME):
        raise AccountRefused("No such key.")
    assert known().limit == 1


def test_a_refused_content_is_an_answer_like_any_other():
    cool(0)
    with pytest.raises(InvalidModelOutput), call_slot(NAME):
        raise InvalidModelOutput("No JSON.")
    assert (known().refusals, known().limit) == (0, 7)


def test_requests_a_minute_are_kept(settings, monkeypatch):
    settings.LLM_REQUESTS_PER_MINUTE = 2
    admit(NAME)
    admit(NAME)
    with pytest.raises(ProviderBusy) as refusal:
        admit(NAME)
    assert 59 < refusal.value.retry_after <= 61
    pass_time(monkeypatch, 61)
    admit(NAME)
    assert [calls for _, calls, _ in known().window] == [1]


def test_tokens_a_minute_are_kept_by_what_calls_really_used(settings):
    settings.LLM_TOKENS_PER_MINUTE = 100
    with call_slot(NAME, tokens=90) as call:
        call.tokens = 40
    admit(NAME, 60)
    with pytest.raises(ProviderBusy):
        admit(NAME, 1)
    assert sum(tokens for *_, tokens in known().window) == 100


def test_a_call_larger_than_a_minutes_tokens_goes_where_the_minute_is_empty(settings):
    settings.LLM_TOKENS_PER_MINUTE = 100
    admit(NAME, 500)
    with pytest.raises(ProviderBusy):
        admit(NAME, 1)


def test_nothing_is_claimed_while_the_provider_cools(job):
    cool(20)
    assert claimed(job) == []
    job.refresh_from_db()
    assert job.status == JobStatus.RUNNING
    assert 19 < closed_for(NAME) <= 20


def test_nothing_is_claimed_when_the_minute_is_used_up(job, settings):
    settings.LLM_REQUESTS_PER_MINUTE = 1
    admit(NAME)
    assert claimed(job) == []


def test_a_stage_that_calls_nobody_is_not_held_up(job, stage):
    stage.provider = ""
    cool(20)
    assert len(claimed(job)) == 12


def test_a_long_wait_pauses_the_job_and_says_until_when(job):
    cool(600)
    assert claimed(job) == []
    job.refresh_from_db()
    assert (job.status, job.wake_at) == (JobStatus.PAUSED, known().cool_until)
    assert job.events.last().reason == f"acme asks us to wait. Next try at {job.wake_at:%H:%M:%S} UTC."


def test_a_job_whose_last_item_is_in_hand_is_not_paused(job, stage):
    for _ in range(11):
        finish(claimed(job, 1)[0], stage, "an answer")
    claimed(job)
    cool(600)
    assert claimed(job) == []
    job.refresh_from_db()
    assert job.status == JobStatus.RUNNING


def test_jobs_share_the_slots(job, stage):
    assert len(claimed(job, 5)) == 5
    other = running(new_book())
    assert len(claimed(other)) == 3
    assert claimed(job) == []
    finish(Item.objects.filter(job=other, state=ItemState.LEASED)[0], stage, "an answer")
    assert len(claimed(job)) == 1


def test_a_finished_call_hands_its_slot_on_only_within_the_limit(job, stage):
    item, *_rest = claimed(job)
    Throttle.objects.update(limit=7)
    assert finish(item, stage, None, go_on_as="runner") is None
    Throttle.objects.update(limit=8)
    assert claimed(job, 1)[0].ordinal == 9


def test_a_finished_call_hands_nothing_on_while_the_provider_cools(job, stage):
    item, *_rest = claimed(job, 2)
    cool(20)
    assert finish(item, stage, None, go_on_as="runner") is None


def test_the_slots_of_a_killed_worker_come_back_with_its_leases(job, settings, monkeypatch):
    assert len(claimed(job)) == 8
    other = running(new_book())
    assert claimed(other) == []
    pass_time(monkeypatch, settings.JOB_LEASE_SECONDS + 1)
    assert calls_in_flight(NAME) == 0
    assert len(claimed(other)) == 8


@pytest.mark.parametrize("error", [RateLimited("Wait.", retry_after=7), ProviderBusy("Wait.", retry_after=7)])
def test_a_wait_gives_the_attempt_back_however_often(job, stage, error, monkeypatch):
    for _ in range(7):
        item = claimed(job, 1)[0]
        fail(item, stage, error)
        stored = Item.objects.get(pk=item.pk)
        assert (stored.state, stored.attempts) == (ItemState.PENDING, 0)
        assert 6 < (stored.not_before - clock.now()).total_seconds() <= 7
        pass_time(monkeypatch, 8)


def fall_away(job, stage) -> list[Item]:
    """Five items fail in a row."""
    items = claimed(job, 5)
    for item in items:
        fail(item, stage, AWAY)
    return items


def test_five_failures_in_a_row_are_an_outage_that_pauses_the_job_at_the_next_claim(job, stage):
    items = fall_away(job, stage)
    assert [Item.objects.get(pk=item.pk).attempts for item in items] == [1, 1, 1, 1, 0]
    assert claimed(job) == []
    job.refresh_from_db()
    assert (job.status, job.wake_at) == (JobStatus.PAUSED, known().cool_until)
    assert "acme does not answer (5 calls in a row)" in job.events.last().reason
    assert 29 < (job.wake_at - clock.now()).total_seconds() <= 30


def test_an_answer_between_failures_is_no_outage(job, stage):
    for item in claimed(job, 4):
        fail(item, stage, AWAY)
    answer()
    fail(claimed(job, 1)[0], stage, AWAY)
    assert known().outage_since is None
    assert known().failures == 1


def test_failures_far_apart_are_no_outage(job, stage, monkeypatch):
    for item in claimed(job, 4):
        fail(item, stage, AWAY)
    pass_time(monkeypatch, 16 * 60)
    fail(claimed(job, 1)[0], stage, AWAY)
    assert known().outage_since is None


def test_an_item_that_fails_alone_while_others_are_answered_is_no_outage(job, stage, monkeypatch):
    poison = claimed(job, 1)[0]
    for _ in range(4):
        fail(poison, stage, AWAY)
        answer()
        pass_time(monkeypatch, 20)
        poison = claimed(job, 1)[0]
    fail(poison, stage, AWAY)
    assert Item.objects.get(pk=poison.pk).state == ItemState.FAILED
    assert known().outage_since is None


def test_after_the_pause_one_probe_goes_first_and_its_answer_opens_all(job, stage, monkeypatch):
    fall_away(job, stage)
    pass_time(monkeypatch, 31)
    probe = claimed(job)
    assert len(probe) == 1
    assert claimed(job) == []
    assert claimed(running(new_book())) == []
    answer()
    finish(probe[0], stage, "an answer")
    assert len(claimed(job)) == 8


def test_a_failed_probe_pauses_again_for_longer_and_another_item_probes_next(job, stage, monkeypatch):
    fall_away(job, stage)
    probes = []
    for wait in (60, 120, 240, 480, 900, 900):
        until = (known().cool_until - clock.now()).total_seconds()
        pass_time(monkeypatch, until + 0.1)
        Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING)
        (probe,) = claimed(job)
        probes.append(probe.label)
        attempts = probe.attempts
        fail(probe, stage, AWAY)
        assert Item.objects.get(pk=probe.pk).attempts == attempts - 1
        assert (known().cool_until - clock.now()).total_seconds() == pytest.approx(wait)
    assert probes == ["1", "2", "1", "2", "1", "2"]


def test_calls_that_were_under_way_when_the_outage_showed_are_no_probes(job, stage):
    items = claimed(job, 8)
    for item in items:
        fail(item, stage, AWAY)
    assert known().probes == 0
    assert [Item.objects.get(pk=item.pk).attempts for item in items] == [1, 1, 1, 1, 0, 0, 0, 0]


def test_after_six_hours_a_failed_probe_costs_its_attempt(job, stage, monkeypatch):
    fall_away(job, stage)
    pass_time(monkeypatch, throttle.OUTAGE_PATIENCE.total_seconds() + 1)
    probe = claimed(job)[0]
    assert probe.attempts == 2
    fail(probe, stage, AWAY)
    assert Item.objects.get(pk=probe.pk).attempts == 2
