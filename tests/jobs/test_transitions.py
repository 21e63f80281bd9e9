"""The table of moves, tried pair by pair."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from jobs.database import locked_job
from jobs.errors import InvalidTransition
from jobs.models import Event, Job
from jobs.states import FINAL, TRANSITIONS, JobStatus, move
from tests.jobs.rig import KIND

PAIRS = [(before, after) for before in JobStatus for after in JobStatus]


def job_in(book, status: JobStatus) -> Job:
    return Job.objects.create(book=book, kind=KIND, status=status, error_message="!" if status == "failed" else "")


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_every_pair_is_either_in_the_table_or_refused(book, before, after):
    job = job_in(book, before)
    words = "It broke." if after == JobStatus.FAILED else ""
    if after in TRANSITIONS[before]:
        with locked_job(job.pk) as held:
            move(held, after, actor="test", reason="why", error_message=words)
        job.refresh_from_db()
        event = Event.objects.get(job=job)
        assert (job.status, job.error_message) == (after, words)
        assert (event.from_status, event.to_status, event.actor, event.reason) == (before, after, "test", "why")
        assert (job.completed_at is not None) == (after in FINAL)
    else:
        with pytest.raises(InvalidTransition), locked_job(job.pk) as held:
            move(held, after, actor="test", error_message=words)
        job.refresh_from_db()
        assert job.status == before
        assert not Event.objects.filter(job=job).exists()


def test_the_table_has_thirteen_moves_and_three_ends():
    assert sum(len(moves) for moves in TRANSITIONS.values()) == 13
    assert {status for status, moves in TRANSITIONS.items() if not moves} == set(FINAL)


def test_a_move_from_a_state_that_is_no_longer_true_is_refused(book):
    job = job_in(book, JobStatus.PENDING)
    with transaction.atomic():
        seen = Job.objects.get(pk=job.pk)
        Job.objects.filter(pk=job.pk).update(status=JobStatus.CANCELLED)
        with pytest.raises(InvalidTransition):
            move(seen, JobStatus.RUNNING, actor="test")


def test_a_failed_job_must_say_why_and_no_other_may(book):
    job = job_in(book, JobStatus.RUNNING)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(status=JobStatus.FAILED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.filter(pk=job.pk).update(error_message="Running, yet broken.")


@pytest.mark.parametrize("status", [status for status in JobStatus if status not in FINAL])
def test_the_database_allows_one_active_job_a_book(book, status):
    job_in(book, JobStatus.COMPLETED)
    job_in(book, status)
    with pytest.raises(IntegrityError), transaction.atomic():
        job_in(book, JobStatus.PENDING)
