"""Starts, and the races between them."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from jobs.constants import ItemState, JobStatus
from jobs.errors import InvalidTransition, JobAlreadyActive
from jobs.models import Item, Job
from jobs.starting import cancel, extend, pause, resume, retry_items, start_job
from tests.jobs.rig import KIND


@pytest.mark.django_db(transaction=True)
def test_fifty_starts_at_once_make_one_job(rig, book):
    def start(_: int) -> str:
        try:
            return str(start_job(book.pk, KIND).pk)
        except JobAlreadyActive as error:
            return f"refused: {error.job_id}"
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as executor:
        outcomes = Counter(executor.map(start, range(50)))
    job = Job.objects.get()
    assert outcomes == {str(job.pk): 1, f"refused: {job.pk}": 49}


def test_the_loser_is_told_which_job_is_in_the_way(rig, book):
    job = start_job(book.pk, KIND)
    with pytest.raises(JobAlreadyActive, match="Rigging the book of this book is already pending") as refusal:
        start_job(book.pk, KIND)
    assert refusal.value.job_id == str(job.pk)


def test_events_say_who(rig, book):
    ada = get_user_model().objects.create_user("ada")
    job = start_job(book.pk, KIND, user=ada)
    cancel(job.pk, user=ada)
    assert list(job.events.values_list("actor", flat=True)) == ["ada", "ada"]
    assert job.requested_by == ada


@pytest.mark.parametrize("status", [JobStatus.PENDING, JobStatus.RUNNING, JobStatus.PAUSED, JobStatus.STALE])
def test_cancel_ends_any_active_job_and_is_idempotent(rig, book, status):
    job = start_job(book.pk, KIND)
    Job.objects.filter(pk=job.pk).update(status=status)
    assert cancel(job.pk).status == JobStatus.CANCELLED
    assert cancel(job.pk).status == JobStatus.CANCELLED


def test_a_pending_job_is_not_paused_and_a_completed_one_not_cancelled(rig, book):
    job = start_job(book.pk, KIND)
    with pytest.raises(InvalidTransition):
        pause(job.pk)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.COMPLETED)
    with pytest.raises(InvalidTransition):
        cancel(job.pk)


def test_resuming_twice_is_one_resume(rig, book):
    job = start_job(book.pk, KIND)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.PAUSED)
    assert resume(job.pk).status == JobStatus.PENDING
    assert resume(job.pk).pk == job.pk
    assert job.events.filter(to_status=JobStatus.PENDING).count() == 2


def test_a_finished_job_takes_no_retry_of_items(rig, book):
    job = start_job(book.pk, KIND)
    cancel(job.pk)
    with pytest.raises(InvalidTransition, match="Resume it"):
        retry_items(job.pk)


def test_retry_of_a_selection_leaves_the_other_failures(rig, book):
    job = start_job(book.pk, KIND)
    Item.objects.filter(job=job).update(state=ItemState.FAILED, attempts=5, crashes=2)
    assert retry_items(job.pk, [2]) == 1
    assert list(Item.objects.filter(job=job, attempts=0, crashes=0).values_list("ordinal", flat=True)) == [2]


def test_input_that_comes_later_joins_the_first_stage(rig, book, stage):
    job = start_job(book.pk, KIND)
    stage.keys = ["1", "2", "3", "4"]
    assert extend(job.pk) is True
    job.refresh_from_db()
    assert job.total_items == 4
    cancel(job.pk)
    assert extend(job.pk) is False
