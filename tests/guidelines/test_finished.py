"""What failed and was not put right keeps a guideline from its readers."""

import pytest

from books.extraction.job import FINALISATION
from books.publishing.plan import unfinished
from jobs.states import ItemState, JobStatus
from tests.factories import BookFactory, ItemFactory, JobFactory, SubtopicFactory, TopicFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def subtopics():
    """Two in one topic, one in the next; all written."""
    book = BookFactory()
    first, second = (TopicFactory(book=book, sequence=place) for place in (1, 2))
    return [SubtopicFactory(topic=topic) for topic in (first, first, second)]


def finished(subtopics):
    held_back = unfinished(subtopics[0].topic.book_id)
    return [row.pk not in held_back for row in subtopics]


def failed(subtopics, stage, key, *, status=JobStatus.COMPLETED, state=ItemState.FAILED, kind=FINALISATION.kind):
    job = JobFactory(book=subtopics[0].topic.book, kind=kind, status=status)
    return ItemFactory(job=job, stage=stage, key=key.format(*subtopics, topic=subtopics[0].topic), state=state)


def test_an_unwritten_one_is_not_finished():
    row = SubtopicFactory(guideline={})
    assert finished([row]) == [False]
    assert "no guideline yet" in unfinished(row.topic.book_id)[row.pk]


@pytest.mark.parametrize(
    ("stage", "key", "left"),
    [
        ("names", "{topic.pk}", [False, False, True]),
        ("merge", "{1.pk}:{2.pk}", [True, False, False]),
        ("order", "{topic.pk}", [False, False, True]),
        ("write", "{0.pk}", [False, True, True]),
        ("write", "propose {0.pk}", [True, True, True]),
        ("submit", "{topic.pk}", [True, True, True]),
    ],
)
def test_what_failed_holds_its_subtopics_back(subtopics, stage, key, left):
    failed(subtopics, stage, key)
    assert finished(subtopics) == left


def test_a_later_job_puts_it_right_and_one_that_never_came_there_does_not(subtopics):
    item = failed(subtopics, "names", "{topic.pk}")
    said = f"Naming and summarising topics: {item.error_message} Resume that job."
    assert unfinished(subtopics[0].topic.book_id) == {row.pk: said for row in subtopics[:2]}
    JobFactory(book=item.job.book, kind=FINALISATION.kind, status=JobStatus.CANCELLED)
    assert finished(subtopics) == [False, False, True]
    failed(subtopics, "names", "{topic.pk}", status=JobStatus.CANCELLED, state=ItemState.DONE)
    assert finished(subtopics) == [True, True, True]
