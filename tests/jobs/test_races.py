"""Rivals: two transactions on one job at the same time, each ordered pair, exactly one of which may win."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction

from jobs import clock
from jobs import sweep as sweeping
from jobs.actions import cancel, extend, pause, restart, resume, retry_items, start_job
from jobs.errors import InvalidTransition, JobAlreadyActive, LeaseLost
from jobs.heartbeat import beat
from jobs.leases import claim
from jobs.models import Item, Job
from jobs.outcomes import finish
from jobs.runner import _open
from jobs.stages import advance
from jobs.states import FINAL, ItemState, JobStatus
from tests.jobs.rig import KIND
from tests.jobs.rivals import EVENTS, Scene, check, new_scene, one_after_the_other, silence, together

pytestmark = pytest.mark.django_db(transaction=True)


# ---- claims ---------------------------------------------------------------------------------------------------------
def test_sixteen_threads_claim_two_thousand_items_once_each(rig, book, stage):
    stage.keys = [str(n) for n in range(2000)]
    job = start_job(book.pk, KIND)
    _open(job.pk)

    def take_all() -> list[tuple[str, int]]:
        runner, taken = threading.current_thread().name[:40], []
        while items := claim(job.pk, "first", runner, limit=5):
            taken += [(item.key, item.lease_token) for item in items]
        return taken

    taken = Counter(pair for taken in together(*[take_all] * 16) for pair in taken)
    assert taken == Counter((key, 1) for key in stage.keys)


def test_fifty_starts_make_one_job(rig, book):
    answers = together(*[lambda: start_job(book.pk, KIND)] * 50)
    (job,) = Job.objects.all()
    assert [answer for answer in answers if isinstance(answer, Job)] == [job]
    refusals = [answer for answer in answers if isinstance(answer, JobAlreadyActive)]
    assert [refusal.job_id for refusal in refusals] == [str(job.pk)] * 49


@pytest.mark.parametrize("act", [resume, restart])
def test_a_finished_job_is_begun_again_once(rig, book, act):
    job = start_job(book.pk, KIND)
    cancel(job.pk)
    answers = together(*[lambda: act(job.pk)] * 8)
    (made,) = Job.objects.exclude(pk=job.pk)
    assert answers == [made] * 8


# ---- pairs ----------------------------------------------------------------------------------------------------------
@pytest.fixture
def scene(db, rig, stage) -> Scene:
    return new_scene(rig, stage)


@pytest.mark.parametrize("first", EVENTS)
def test_every_ordered_pair_leaves_a_job_that_adds_up(rig, stage, first):
    """The second waits for the lock while the first is at work; a silent job, so that the sweep takes part."""
    for second in EVENTS:
        stage.saved.clear()
        scene = new_scene(rig, stage)
        silence(scene)
        answers = one_after_the_other(getattr(scene, first), getattr(scene, second))
        errors = [answer for answer in answers if isinstance(answer, Exception)]
        assert all(isinstance(error, (LeaseLost, InvalidTransition)) for error in errors), (second, errors)
        check(scene)
        if {first, second} <= {"finish", "fail", "sweep", "release"}:
            token = Item.objects.get(pk=scene.item.pk).lease_token
            assert token == (1 if first in ("finish", "fail") else 2), second
        scene.job.delete()


@pytest.mark.parametrize(
    ("one", "other", "states_of_winner"),
    [
        ("finish", "sweep", {"finish": ItemState.DONE, "sweep": ItemState.PENDING}),
        ("finish", "cancel", {"finish": ItemState.DONE, "cancel": ItemState.LEASED}),
        ("finish", "fail", {"finish": ItemState.DONE, "fail": ItemState.FAILED}),
        ("finish", "release", {"finish": ItemState.DONE, "release": ItemState.PENDING}),
        ("fail", "sweep", {"fail": ItemState.FAILED, "sweep": ItemState.PENDING}),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_of_two_rivals_for_an_item_the_first_wins_alone(scene, one, other, states_of_winner, turned):
    silence(scene)
    names = [other, one] if turned else [one, other]
    answers = one_after_the_other(*(getattr(scene, name) for name in names))
    assert not isinstance(answers[0], Exception)
    _, states = check(scene)
    assert states[0] == states_of_winner[names[0]]
    if names[1] in ("finish", "fail"):
        assert isinstance(answers[1], LeaseLost)


@pytest.mark.parametrize("_", range(5))
@pytest.mark.parametrize("rival", ["sweep", "cancel", "fail", "release"])
def test_with_no_order_given_still_one_of_two_wins(scene, rival, _):
    silence(scene)
    finished, _answer = together(scene.finish, getattr(scene, rival))
    _, states = check(scene)
    assert (states[0] == ItemState.DONE) == (finished is None)
    assert finished is None or isinstance(finished, LeaseLost)


def test_a_claim_after_a_pause_gets_nothing_and_before_it_keeps_what_it_got(scene):
    assert one_after_the_other(scene.pause, scene.claim)[1] == []
    scene.resume()
    scene.open()
    claimed, paused = one_after_the_other(scene.claim, scene.pause)
    assert len(claimed) == 2
    assert paused.status == JobStatus.PAUSED
    finish(claimed[0], scene.stage, "kept")


@pytest.mark.parametrize("turned", [False, True])
def test_a_pause_that_ends_by_itself_and_by_hand_ends_once(scene, turned):
    scene.pause()
    Job.objects.filter(pk=scene.job.pk).update(wake_at=clock.now() - timedelta(seconds=1))
    one_after_the_other(*([scene.sweep, scene.resume] if turned else [scene.resume, scene.sweep]))
    job, _ = check(scene)
    assert job.status == JobStatus.PENDING
    assert job.events.filter(from_status=JobStatus.PAUSED).count() == 1


def test_a_late_beat_before_the_sweep_saves_the_job(scene):
    silence(scene)
    (seen,) = sweeping._silent_jobs()
    _, swept = one_after_the_other(scene.beat, lambda: sweeping._recover(seen))
    assert swept is False
    assert check(scene)[0].status == JobStatus.RUNNING


@pytest.mark.parametrize("turned", [False, True])
def test_a_page_that_comes_at_the_end_of_the_stage_is_in_the_job_or_refused(scene, turned):
    scene.finish()
    for item in scene.claim():
        finish(item, scene.stage, "result")
    scene.stage.keys = ["1", "2", "3", "late"]
    acts = [scene.extend, scene.advance]
    answers = one_after_the_other(*(reversed(acts) if turned else acts))
    extended, step = reversed(answers) if turned else answers
    assert extended is not turned
    assert step == ("stage" if turned else "wait")
    assert Item.objects.filter(key="late").exists() is extended


@pytest.mark.parametrize("turned", [False, True])
def test_a_retry_at_the_end_of_the_stage_is_taken_or_too_late(scene, turned):
    scene.fail()
    for item in scene.claim():
        finish(item, scene.stage, "result")
    acts = [scene.retry, scene.advance]
    answers = one_after_the_other(*(reversed(acts) if turned else acts))
    retried, step = reversed(answers) if turned else answers
    assert (retried, step) == ((0, "stage") if turned else (1, "wait"))
    check(scene)


def test_many_rivals_at_once_never_deadlock_nor_miscount(rig, book, stage):
    """Runners, beats, sweeps and people on one job, as fast as they can."""
    stage.keys = [str(n) for n in range(60)]
    job = start_job(book.pk, KIND)
    _open(job.pk)

    def runner() -> None:
        name = threading.current_thread().name[:40]
        while not Job.objects.filter(pk=job.pk, status__in=FINAL).exists():
            _open(job.pk)
            for item in claim(job.pk, "first", name, limit=3):
                beat(job.pk, name)
                try:
                    finish(item, stage, "result")
                except LeaseLost:
                    continue
            advance(job.pk)

    def person() -> None:
        for _ in range(10):
            for act in (pause, resume, retry_items, extend):
                with transaction.atomic():
                    try:
                        act(job.pk)
                    except InvalidTransition:
                        continue
            sweeping.sweep()
        if Job.objects.get(pk=job.pk).status == JobStatus.PAUSED:
            resume(job.pk)

    together(runner, runner, runner, runner, person)
    job.refresh_from_db()
    assert (job.status, job.completed_items, job.failed_items) == (JobStatus.COMPLETED, 60, 0)
    assert Counter(key for key, _ in stage.saved) == Counter(stage.keys)
