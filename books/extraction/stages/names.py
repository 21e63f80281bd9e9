"""Names refined: of subtopics, then of topics; each is clear by itself and unlike the others'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from books.errors import StageNotReady
from books.extraction.base import NamedTopic
from books.extraction.cut import CutTitles, cut_titles, names_of_book
from books.extraction.engines.factory import guideline_engine
from books.extraction.stages.base import GuidelineStage
from books.extraction.stages.rows import in_order, item_key, not_empty, rename, row_id, topics_of
from books.keys import fingerprint
from books.ledger.choices import choices_kept
from books.models import ProposalKind, Subtopic
from jobs.models import Item, Job
from jobs.registry import PlannedItem


class NameStage(GuidelineStage):
    """One item a subtopic."""

    name = "names"
    asks = "name"
    title = "Refining names"
    unit = about = "subtopic"
    required = False

    @choices_kept()
    def plan(self, job: Job) -> Sequence[PlannedItem]:
        """Raises StageNotReady for a book without guidelines, or with one that could not be written."""
        rows = in_order(job.book_id)
        if not rows:
            raise StageNotReady("This book has no guidelines yet; generate them first.")
        unwritten = rows.filter(guideline={}).first()
        if unwritten is not None:
            raise StageNotReady(f"“{unwritten.title}” has no guideline yet; resume the generation first.")
        titles = cut_titles(job.book_id)
        return [PlannedItem(item_key(row), row.title, fingerprint=self._fingerprint(row, titles)) for row in rows]

    def _fingerprint(self, row: Subtopic, titles: CutTitles) -> str:
        return fingerprint(self.made_with, titles.subtopic(row), row.pages)

    def compute(self, item: Item) -> str:
        names = names_of_book.of(item.job)
        row = names.subtopics[row_id(item)]
        others = [other for other in names.subtopics.values() if other is not row]
        return not_empty(guideline_engine().refine_name(names.facts, row, others))

    def save(self, item: Item, result: str) -> None:
        row = Subtopic.objects.exclude(title=result[:200]).filter(pk=row_id(item)).first()
        if row is not None:
            rename(ProposalKind.RENAME_SUBTOPIC, row, result, item.job, at_once=not row.is_decided)


class TopicNameStage(GuidelineStage):
    """One item a topic."""

    name = "topic_names"
    asks = "name_topic"
    title = "Refining topics' names"
    unit = about = "topic"
    required = False

    @choices_kept()
    def plan(self, job: Job) -> Sequence[PlannedItem]:
        titles = cut_titles(job.book_id)
        named_topics = [(topic, _unsummarised(titles.named_topic(topic))) for topic in topics_of(job)]
        return [
            PlannedItem(str(topic.pk), topic.title, fingerprint=fingerprint(self.made_with, str(seen)))
            for topic, seen in named_topics
        ]

    def compute(self, item: Item) -> str:
        names = names_of_book.of(item.job)
        topic = names.topics[int(item.key)]
        others = [other.title for other in names.topics.values() if other is not topic]
        return not_empty(guideline_engine().refine_topic_name(names.facts, _unsummarised(topic), others))

    def save(self, item: Item, result: str) -> None:
        """A topic in which a person decided on anything is left to a person too."""
        topic = topics_of(item.job).exclude(title=result[:200]).filter(pk=item.key).first()
        if topic is not None:
            at_once = not topic.is_edited and not any(row.is_decided for row in topic.subtopics.all())
            rename(ProposalKind.RENAME_TOPIC, topic, result, item.job, at_once=at_once)


def _unsummarised(topic: NamedTopic) -> NamedTopic:
    """The summary is written after the name, and from it."""
    return replace(topic, summary="")
