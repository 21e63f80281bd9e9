"""The stage of the finalise job that finds the order of teaching, with a storyline a topic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.utils.translation import gettext_noop

from books.extraction.base import TeachingOrder
from books.extraction.cut import cut_titles
from books.extraction.engines.factory import guideline_engine
from books.extraction.records import book_facts, in_the_book, named
from books.extraction.stages.base import Ahead, Work
from books.extraction.stages.rows import TopicStage, give_topic, not_empty, topics_of
from books.guidelines.changes import change, lock_book
from books.guidelines.proposals import ordering_subtopics, ordering_topics, propose
from books.models import Book, Subtopic, Topic
from books.models.page import page_numbers
from books.sentences import told
from books.stored.pages import PageNumbers
from books.stored.proposal import Values
from jobs.models import Item, Job
from jobs.registry import PlannedItem

BOOK = "book"


class OrderStage(TopicStage):
    """One item a topic, for the order of its subtopics, and one for the order of the topics.

    Where the order is as it was, the storyline is written; another order is only proposed, and its storyline with it.
    The engine is always asked over the book's own order, so that an accepted proposal raises no new one.
    """

    name = "order"
    title = gettext_noop("Finding the order of teaching")
    tokens = (30, 80)

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        topics = [(topic.pk, topic.title, topic.summary) for topic in topics_of(job)]
        whole = [self.planned(BOOK, "The book's topics", topics)] if len(topics) > 1 else []
        return [*super().plan(job), *whole]

    def ahead(self, book: Ahead) -> Iterator[Work]:
        """Whatever was not asked about since topics were named."""
        inside = [topic.subtopics.count() for topic in Topic.objects.filter(book=book.book)]
        calls = len(inside) + (len(inside) > 1)
        left = max(0, calls - self.answered(book.book))
        yield Work(self.call, (left, left), rows=(sum(inside) + len(inside)) / max(1, calls))

    def seen(self, topic: Topic, numbers: PageNumbers) -> object:
        rows = in_the_book(topic.subtopics.all(), numbers)
        return topic.title, [(row.pk, row.title, row.summary) for row in rows]

    def compute(self, item: Item) -> TeachingOrder:
        facts = book_facts(Book.objects.get(pk=item.job.book_id))
        if item.key == BOOK:
            titles = cut_titles(item.job.book_id)
            topics = in_the_book(topics_of(item.job), titles.numbers)
            return guideline_engine().order_topics(facts, [titles.named_topic(topic) for topic in topics])
        topic = Topic.objects.get(pk=item.key)
        numbers = page_numbers(item.job.book_id)
        rows = in_the_book(topic.subtopics.select_related("topic"), numbers)
        order = guideline_engine().order_subtopics(facts, topic.title, [named(row, numbers) for row in rows])
        return replace(order, storyline=not_empty(order.storyline))

    def save(self, item: Item, result: TeachingOrder) -> None:
        lock_book(item.job.book_id)
        wanted = [int(key) for key in result.keys]
        if item.key == BOOK:
            _order_topics(item.job, wanted, result.reason)
            return
        topic = Topic.objects.filter(pk=item.key).first()
        present = list(Subtopic.objects.filter(topic_id=int(item.key)).order_by("sequence"))
        if topic is None or {row.pk for row in present} != set(wanted):
            return
        if [row.pk for row in present] == wanted:
            with change(item.job.book_id, told("Wrote the storyline of “{title}”", title=topic.title), job=item.job):
                give_topic(topic.pk, Values(storyline=result.storyline), item.job)
        else:
            propose(
                item.job.book_id,
                ordering_subtopics(topic, present, wanted, result.storyline, result.reason),
                job=item.job,
            )


def _order_topics(job: Job, wanted: list[int], reason: str) -> None:
    present = list(Topic.objects.filter(book=job.book_id).order_by("sequence"))
    ids = [topic.pk for topic in present]
    if ids != wanted and set(ids) == set(wanted):
        propose(job.book_id, ordering_topics(present, wanted, reason), job=job)
