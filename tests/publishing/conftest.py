from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model

from books.guidelines.changes import change
from books.models import PublishedGuideline, ReviewStatus, Subtopic, Topic
from jobs import actions, clock
from tests.factories import BookFactory, SubtopicFactory, TopicFactory


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch):
    monkeypatch.setattr(actions, "enqueue_slice", lambda *_: None)


@pytest.fixture
def admin(db):
    """Without a password: hashing one takes longer than most of these tests."""
    return get_user_model().objects.create_superuser("ada")


@pytest.fixture
def book(db):
    """Two topics with two approved guidelines each."""
    book = BookFactory(title="Prealgebra", country="Kenya", board="KNEC", grade="8", subject="Mathematics")
    for place in (1, 2):
        topic = TopicFactory(book=book, sequence=place, title=f"Topic {place}", storyline="First this, then that.")
        for at in (1, 2):
            SubtopicFactory(
                topic=topic,
                sequence=at,
                title=f"Subtopic {place}.{at}",
                status=ReviewStatus.APPROVED,
                summary="Counts.",
            )
    return book


def readers_see(book):
    """The rows that readers get, without what tells when."""
    return list(PublishedGuideline.objects.filter(book=book).current().in_order().values())


def titles(book):
    return [row["title"] for row in readers_see(book)]


def subtopics(book):
    return list(Subtopic.objects.filter(topic__book=book).order_by("topic__sequence", "sequence"))


def write(row, **facts):
    """As the screens do: a change of a subtopic's text makes it wait for review."""
    book_id = row.book_id if isinstance(row, Topic) else row.topic.book_id
    with change(book_id, "Edited"):
        row = type(row).objects.get(pk=row.pk)
        if isinstance(row, Subtopic):
            row.await_review()
        for name, value in facts.items():
            setattr(row, name, value)
        if isinstance(row, Subtopic) and row.status == ReviewStatus.APPROVED:
            row.reviewed_at = clock.now()
        row.save()
    return row
