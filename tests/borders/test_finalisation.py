"""A finalisation beside its provider and other writers: what is asked, how often, and what is locked meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from benchmarks.standin import StandIn
from books.extraction import cut
from books.extraction.stages import duplicates
from books.models import Book, ModelCall
from jobs.models import Item
from jobs.runner import run_to_end
from tests.answering import answering
from tests.factories import SubtopicFactory, TopicFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def provider(settings) -> Iterator[StandIn]:
    settings.LLM_CONCURRENCY = 6
    with answering(settings, latency=0.3) as running:
        yield running


@pytest.fixture
def book(db) -> Book:
    """Six topics that are alike to the letter, so that the same is asked about each."""
    book = Book.objects.create(title="Physics")
    for at in range(6):
        topic = TopicFactory(book=book, key=f"t{at}", title="Light", sequence=at + 1)
        SubtopicFactory(topic=topic, key=f"{at}", title="Mirrors", summary="How mirrors reflect.")
    return book


def finalised(client, admin, book: Book):
    client.force_login(admin)
    started = client.post(f"/api/books/{book.pk}/guidelines/finalize", {}, content_type="application/json")
    assert started.status_code == 202, started.content
    job = run_to_end(started.json()["job_id"])
    assert (job.status, job.failed_items) == ("completed", 0), job.error_message
    return job


def test_what_several_items_ask_at_once_is_asked_once(client, admin, book, provider):
    """Each thread asked for itself: identical inputs in flight together were all paid for."""
    finalised(client, admin, book)
    inputs = list(ModelCall.objects.values_list("input_sha256", flat=True))
    assert len(inputs) == len(set(inputs)) == provider.counts.calls


def test_look_alikes_are_found_outside_any_transaction(client, admin, book, provider, monkeypatch):
    """They were found while the stage was planned, under the lock of the job: SQLite let nobody write meanwhile."""
    compare, seen = duplicates.outline_ops.look_alikes, []

    def look_alikes(rows):
        seen.append(connection.in_atomic_block)
        return compare(rows)

    monkeypatch.setattr(duplicates.outline_ops, "look_alikes", look_alikes)
    job = finalised(client, admin, book)
    assert seen == [False]
    keys = Item.objects.filter(job=job, stage="merge").values_list("key", flat=True)
    assert sum(len(list(duplicates.pairs_in(key))) for key in keys) == 12
    assert ModelCall.objects.filter(stage="same").count() <= len(keys) <= 4


def test_names_read_the_book_as_often_for_few_subtopics_as_for_many(client, admin, provider, monkeypatch):
    """The outline and all rows were read for each item."""
    read, reads = cut.whole_outline, []
    monkeypatch.setattr(cut, "whole_outline", lambda book_id: reads.append(book_id) or read(book_id))
    for count in (2, 9):
        book = Book.objects.create(title=f"Physics in {count}")
        topic = TopicFactory(book=book)
        for at in range(count):
            SubtopicFactory(topic=topic, key=str(at), title=f"Part {at}", sequence=at + 1, pages=[at + 1])
        finalised(client, admin, book)
    few, many = (reads.count(book.pk) for book in Book.objects.order_by("pk"))
    assert few == many <= 4
