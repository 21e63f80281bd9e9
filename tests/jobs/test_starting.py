"""Starts, and the races between them."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from jobs.actions import cancel, extend, pause, restart, resume, retry_items, start_job
from jobs.errors import InvalidTransition, JobAlreadyActive, NothingToDo
from jobs.models import Item, Job
from jobs.states import ItemState, JobStatus
from tests.jobs.rig import KIND, states


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


@pytest.mark.parametrize(("act", "link"), [(resume, "resumed_from"), (restart, "restarted_from")])
def test_going_on_twice_gives_the_job_that_the_first_time_made(rig, book, act, link):
    job = start_job(book.pk, KIND)
    cancel(job.pk)
    made = act(job.pk)
    assert act(job.pk) == made
    cancel(made.pk)
    assert act(job.pk) == made
    assert getattr(made, link) == job
    assert Job.objects.count() == 2


def test_a_job_whose_place_another_took_is_not_resumed_differently(rig, book):
    job = start_job(book.pk, KIND)
    Item.objects.filter(job=job).update(state=ItemState.FAILED)
    cancel(job.pk)
    made = resume(job.pk, only=[2, 1])
    assert resume(job.pk, only=[1, 2]) == made
    for only in (None, [3]):
        with pytest.raises(InvalidTransition, match="newer job"):
            resume(job.pk, only=only)


def test_only_what_failed_is_tried_again(rig, book):
    job = start_job(book.pk, KIND)
    Item.objects.filter(job=job, ordinal__lt=3).update(state=ItemState.FAILED, error_code="x")
    cancel(job.pk)
    with pytest.raises(NothingToDo):
        resume(job.pk, only=[1, 3])
    made = resume(job.pk, only=[1])
    assert states(made) == [ItemState.PENDING, ItemState.FAILED, ItemState.PENDING]
    assert (made.failed_items, made.total_items) == (1, 3)


def test_an_active_job_is_not_begun_anew(rig, book):
    job = start_job(book.pk, KIND)
    with pytest.raises(JobAlreadyActive) as refusal:
        restart(job.pk)
    assert refusal.value.job_id == str(job.pk)


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
