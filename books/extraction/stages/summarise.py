"""A summary of each topic, from the summaries of its subtopics."""

from __future__ import annotations

import math
from collections.abc import Iterator

from books.extraction.engines.factory import guideline_engine
from books.extraction.records import book_facts, named
from books.extraction.stages.base import Ahead, Result, Work
from books.extraction.stages.rows import TopicStage, give_topic
from books.guidelines.changes import change
from books.models import Book, Topic
from books.models.page import page_numbers
from books.stored.made_with import MadeWith
from books.stored.pages import PageNumbers
from books.stored.proposal import Values
from jobs.models import Item


class SummariseStage(TopicStage):
    """Finalisation runs it again over the final subtopics."""

    name = "summarise"
    title = "Summarising topics"
    tokens = (700, 70)

    def seen(self, topic: Topic, numbers: PageNumbers) -> object:
        return topic.title, [(row.title, row.summary, row.pages) for row in topic.subtopics.all()]

    def compute(self, item: Item) -> tuple[str, MadeWith]:
        topic = Topic.objects.select_related("book").get(pk=item.key)
        numbers = page_numbers(topic.book_id)
        subtopics = [named(subtopic, numbers) for subtopic in topic.subtopics.select_related("topic")]
        return guideline_engine().summarise(book_facts(topic.book), topic.title, subtopics), self.made_with

    def save(self, item: Item, result: tuple[str, MadeWith]) -> None:
        summary, made_with = result
        with change(item.job.book_id, f"Summarised by {made_with}: {item.label}", job=item.job):
            give_topic(int(item.key), Values(summary=summary, made_with=made_with), item.job)

    def results(self, book: Book) -> Iterator[Result]:
        for topic in Topic.objects.filter(book=book).exclude(summary=""):
            yield Result(topic.title, topic.made_with, topic.is_edited)

    def ahead(self, book: Ahead) -> Iterator[Work]:
        """One summary each; only topics with something new are summarised anew."""
        present = list(Topic.objects.filter(book=book.book))
        stale = sum(topic.made_with != self.made_with for topic in present)
        named = sum(each.role == "topic" for each in book.matched)
        most = max(named, len(present)) or math.ceil(book.written[1] / 3)
        yield Work(self.call, (max(stale, min(1, book.written[0])), max(stale, min(most, book.written[1]))))
