"""The guideline engine that needs no network and no model: headings, vocabulary and salient words.

It is extractive and says so in what it writes. Imports neither Django nor a vendor's SDK.
"""

from __future__ import annotations

from collections.abc import Sequence

from books.extraction.engine import (
    BookFacts,
    Digest,
    Guideline,
    Likeness,
    NamedSubtopic,
    NamedTopic,
    Outline,
    PageText,
    Recipe,
    SubtopicSource,
    TeachingOrder,
    TocEntry,
)
from books.extraction.offline import digesting, naming, outlining, teaching, writing


class OfflineEngine:
    """``GuidelineEngine`` by rules and counts; the same input gives the same output, always."""

    name = "offline"
    version = "1"
    # A digest is small, and nothing is asked of anybody: the whole of the largest book at once.
    window_pages = 500
    reads_layout = True

    def recipe(self, stage: str) -> Recipe:
        return Recipe(self.name, self.version)

    def digest(self, book: BookFacts, page: PageText, before: str, after: str) -> Digest:
        return digesting.digest(page, before, after)

    def outline(
        self, book: BookFacts, window: Sequence[Digest], so_far: Outline, toc: Sequence[TocEntry], *, is_last: bool
    ) -> Outline:
        return outlining.outline(book, window, so_far, toc, is_last=is_last)

    def write(self, source: SubtopicSource) -> Guideline:
        return writing.write(source)

    def reword(self, source: SubtopicSource, copied: Sequence[str]) -> Sequence[str]:
        """As they are: it has no other words, and what it writes copies nothing."""
        return copied

    def summarise(self, book: BookFacts, topic: str, subtopics: Sequence[NamedSubtopic]) -> str:
        return naming.summarise(topic, subtopics)

    def refine_name(self, book: BookFacts, subtopic: NamedSubtopic, others: Sequence[NamedSubtopic]) -> str:
        return naming.refine_name(subtopic, others)

    def refine_topic_name(self, book: BookFacts, topic: NamedTopic, others: Sequence[str]) -> str:
        return naming.refine_topic_name(topic, others)

    def are_same(self, book: BookFacts, one: NamedSubtopic, other: NamedSubtopic) -> Likeness:
        return naming.are_same(one, other)

    def order_subtopics(self, book: BookFacts, topic: str, subtopics: Sequence[NamedSubtopic]) -> TeachingOrder:
        return teaching.as_in_the_book(subtopics)

    def order_topics(self, book: BookFacts, topics: Sequence[NamedTopic]) -> TeachingOrder:
        return teaching.as_in_the_book(topics)
