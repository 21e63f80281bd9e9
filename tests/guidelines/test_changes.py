"""Every write of a topic or subtopic is a change: history, undo and the warning of the second person come from it."""

import pytest

from books.errors import EditedMeanwhile
from books.guidelines import review
from books.guidelines.changes import change, seen, undo
from books.guidelines.order import order_subtopics, order_topics
from books.guidelines.split import merge_subtopics
from books.models import Change, ReviewStatus, Subtopic, Topic
from tests.factories import BookFactory, SubtopicFactory, TopicFactory, ids, pages_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def book():
    return BookFactory()


@pytest.fixture
def topics(book):
    """Two topics; three subtopics in the first, one in the second."""
    first, second = (TopicFactory(book=book, sequence=place) for place in (1, 2))
    for place in (1, 2, 3):
        SubtopicFactory(topic=first, sequence=place, pages=[place])
    SubtopicFactory(topic=second, sequence=1, pages=[9])
    return first, second


def state(book):
    """All that a reader could tell apart, without the count of versions."""
    topics = Topic.objects.filter(book=book).order_by("pk").values()
    subtopics = Subtopic.objects.filter(topic__book=book).order_by("pk").values()
    return [{key: value for key, value in row.items() if key != "revision"} for row in [*topics, *subtopics]]


def test_writing_outside_a_change_fails(topics):
    subtopic = Subtopic.objects.first()
    subtopic.title = "Sneaked in"
    with pytest.raises(RuntimeError):
        subtopic.save()


def test_a_change_without_writes_leaves_no_trace(book, topics):
    before = Change.objects.count()
    with change(book.pk, "Nothing"):
        pass
    assert Change.objects.count() == before


def _rename(book, topics, admin):
    with change(book.pk, "Renamed", user=admin):
        row = Subtopic.objects.get(topic=topics[0], sequence=1)
        row.title = "Counting"
        row.save()
        row.summary = "Twice in one change."
        row.save()


def _merge(book, topics, admin):
    with change(book.pk, "Merged", user=admin):
        one, other = Subtopic.objects.filter(topic=topics[0]).order_by("sequence")[:2]
        merge_subtopics(one, other)


def _merge_away_a_topic(book, topics, admin):
    with change(book.pk, "Merged", user=admin):
        merge_subtopics(Subtopic.objects.get(topic=topics[1]), Subtopic.objects.get(topic=topics[0], sequence=1))
        for _ in range(2):
            merge_subtopics(Subtopic.objects.get(topic=topics[1]), Subtopic.objects.filter(topic=topics[0])[0])


def _order(book, topics, admin):
    with change(book.pk, "Ordered", user=admin):
        order_topics(book.pk, [topics[1].pk, topics[0].pk])
        ids = list(Subtopic.objects.filter(topic=topics[0]).values_list("pk", flat=True))
        order_subtopics(topics[0].pk, ids[::-1])


def _split(book, topics, admin):
    with change(book.pk, "Split", user=admin):
        Subtopic.objects.create(topic=topics[1], sequence=2, key="new", title="New", pages=ids(book, [10]))


def _approve(book, topics, admin):
    review.approve(book.pk, Subtopic.objects.filter(topic__book=book).values_list("pk", flat=True), user=admin)


DOINGS = (_rename, _merge, _merge_away_a_topic, _order, _split, _approve)


@pytest.mark.parametrize("do", DOINGS)
def test_undone_and_done_again(do, book, topics, admin):
    before = state(book)
    do(book, topics, admin)
    after = state(book)
    assert after != before
    undone = undo(Change.objects.first().pk, user=admin)
    assert state(book) == before
    undo(undone.pk, user=admin)
    assert state(book) == after


@pytest.mark.parametrize("do", DOINGS)
def test_a_later_change_of_a_row_forbids_undoing(do, book, topics, admin):
    do(book, topics, admin)
    done = Change.objects.first()
    with change(book.pk, "Later"):
        for row in Subtopic.objects.filter(topic__book=book):
            row.summary = "Other"
            row.save()
    later = state(book)
    with pytest.raises(EditedMeanwhile):
        undo(done.pk, user=admin)
    assert state(book) == later


def test_undone_once(book, topics, admin):
    _merge(book, topics, admin)
    merged = Change.objects.first()
    undo(merged.pk, user=admin)
    with pytest.raises(EditedMeanwhile):
        undo(merged.pk, user=admin)


def test_the_second_person_is_told_who_was_first(book, topics, admin):
    shown = Subtopic.objects.first()
    _rename(book, topics, admin)
    with pytest.raises(EditedMeanwhile, match="ada"):
        seen(Subtopic.objects.get(pk=shown.pk), shown.revision)


def test_orders_that_name_others_are_refused(book, topics):
    with change(book.pk, "Ordered"), pytest.raises(EditedMeanwhile):
        order_topics(book.pk, [topics[0].pk])


def test_merging_takes_a_decision_back(book, topics, admin):
    _approve(book, topics, admin)
    _merge(book, topics, admin)
    merged = Subtopic.objects.get(topic=topics[0], sequence=1)
    assert (merged.status, merged.reviewed_by) == (ReviewStatus.PENDING_REVIEW, None)
    assert pages_of(merged) == [1, 2]
    assert list(Subtopic.objects.filter(topic=topics[0]).values_list("sequence", flat=True)) == [1, 2]


def test_history_goes_with_its_book(book, topics, admin):
    _merge_away_a_topic(book, topics, admin)
    book.delete()
    assert not Change.objects.exists()
    assert not Subtopic.history.exists()
    assert not Topic.history.exists()
