"""Publishing in one transaction beside another, and the programs that ask whether there is anything new."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from books.models import PublishedGuideline, ReviewStatus
from jobs import clock
from tests.factories import BookFactory, SubtopicFactory, TopicFactory, program

pytestmark = pytest.mark.django_db(transaction=True)


class Reader:
    """Keeps what it was last told, as a reading program does: all of it, or with ``since`` what came after."""

    def __init__(self, *, by_time: bool) -> None:
        self.client = program("published")
        self.by_time = by_time
        self.etag, self.newest, self.titles = "", "", set()

    def ask(self):
        asked = {"since": self.newest} if self.by_time and self.newest else {}
        answer = self.client.get("/api/guidelines", asked, headers={"if-none-match": self.etag} if self.etag else {})
        if answer.status_code == 200:
            items = answer.json()["items"]
            self.etag = answer["ETag"]
            self.titles |= {item["title"] for item in items}
            self.newest = max([self.newest, *(item["published_at"] for item in items)])


def book_with(title):
    topic = TopicFactory(book=BookFactory(), sequence=1)
    SubtopicFactory(topic=topic, title=title, status=ReviewStatus.APPROVED)
    return topic.book


@pytest.fixture
def publishers(admin):
    """Signed in beforehand: signing in writes the person's row."""
    clients = Client(), Client()
    for client in clients:
        client.force_login(admin)
    return clients


def publish(client, book):
    assert client.post(reverse("admin:books_book_publish_now", args=[book.pk])).status_code == 302


@pytest.mark.parametrize("by_time", [False, True], ids=["by ETag", "by time"])
def test_a_publish_that_commits_after_a_later_one_is_not_missed(publishers, by_time):
    """The ETag was the highest id of an announcement, and PostgreSQL gives ids in another order than it commits: a
    reader was told 304 of the slower one until the next publish anywhere. By time it was the same."""
    slow, quick = book_with("Slow"), book_with("Quick")
    reader = Reader(by_time=by_time)
    reader.ask()
    has_written, may_commit = Event(), Event()

    def lead():
        try:
            with transaction.atomic():
                publish(publishers[0], slow)
                has_written.set()
                may_commit.wait()
        finally:
            has_written.set()
            connection.close()

    def follow():
        try:
            publish(publishers[1], quick)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as executor:
        first = executor.submit(lead)
        has_written.wait()
        second = executor.submit(follow)
        wait([second], timeout=2)  # for as long as the first holds what it needs
        reader.ask()
        may_commit.set()
        first.result()
        second.result()
    reader.ask()
    assert reader.titles == {"Slow", "Quick"}


def test_a_clock_that_runs_behind_hides_no_publish(publishers, monkeypatch):
    """The time of a publish was that of its own machine, so the later of two could bear the earlier time."""
    first, second = book_with("First"), book_with("Second")
    publish(publishers[0], first)
    monkeypatch.setattr(clock, "now", lambda now=clock.now: now() - timedelta(minutes=5))
    publish(publishers[1], second)
    times = dict(PublishedGuideline.objects.values_list("title", "published_at"))
    assert times["First"] < times["Second"]
