"""A reviewer decides while the finalisation of the same book runs, on either database."""

from threading import Thread

import pytest
from django.db import connection

from books.extraction.job import start_finalisation
from books.guidelines import review
from books.guidelines.review import Decision
from books.models import Page, PageReview, ReviewStatus, Subtopic
from jobs.models import Job
from jobs.runner import run_to_end
from jobs.states import JobStatus
from tests.factories import BookFactory, ReadPageFactory, SubtopicFactory, TopicFactory

pytestmark = pytest.mark.django_db(transaction=True)


def _run(job_id) -> None:
    try:
        run_to_end(job_id)
    finally:
        connection.close()


def test_approvals_survive_the_job_and_finalising_again(admin):
    book = BookFactory()
    ReadPageFactory(book=book)
    Page.objects.update(review=PageReview.APPROVED)
    topic = TopicFactory(book=book, sequence=1)
    rows = [SubtopicFactory(topic=topic, sequence=n, title="Adding", status="draft") for n in range(1, 11)]
    job = start_finalisation(book, user=admin)
    runner = Thread(target=_run, args=[job.pk])
    runner.start()
    approved_as = {}
    for row in rows[:5]:
        review.decide(book.pk, row.pk, Decision.APPROVE, user=admin)
        # The job may have renamed it until then, and never afterwards.
        approved_as[row.pk] = Subtopic.objects.get(pk=row.pk).title
    runner.join()
    assert Job.objects.get(pk=job.pk).status == JobStatus.COMPLETED
    run_to_end(start_finalisation(book, user=admin).pk)
    approved = Subtopic.objects.filter(status=ReviewStatus.APPROVED)
    assert {row.pk: row.title for row in approved} == approved_as
    assert {row.reviewed_by_id for row in approved} == {admin.pk}
