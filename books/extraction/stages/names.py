"""Names and summaries: one call a topic, over the titles that the book prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from books.errors import StageNotReady
from books.extraction.base import NamedTopic, TopicNames
from books.extraction.cut import cut_titles, names_of_book
from books.extraction.engines.factory import guideline_engine
from books.extraction.stages.base import Ahead, GuidelineStage, Work
from books.extraction.stages.rows import give_topic, in_order, rename, topics_of
from books.guidelines.changes import change
from books.keys import fingerprint
from books.ledger.choices import choices_kept
from books.models import ProposalKind, Topic
from books.sentences import told
from books.stored.made_with import MadeWith
from books.stored.proposal import Values
from jobs.models import Item, Job
from jobs.registry import PlannedItem


class NameStage(GuidelineStage):
    """One item a topic: its title and its subtopics', each clear by itself and unlike the others, and its summary."""

    name = "names"
    title = gettext_noop("Naming and summarising topics")
    unit = about = "topic"
    required = False
    tokens = (30, 100)
    effort = "low"

    @choices_kept()
    def plan(self, job: Job) -> Sequence[PlannedItem]:
        """Raises StageNotReady for a book without guidelines, or with one that could not be written."""
        rows = in_order(job.book_id)
        if not rows:
            raise StageNotReady(_("This book has no guidelines yet; generate them first."))
        unwritten = rows.filter(guideline={}).first()
        if unwritten is not None:
            raise StageNotReady(
                _("“{title}” has no guideline yet; resume the generation first.").format(title=unwritten.title)
            )
        titles = cut_titles(job.book_id)
        return [
            PlannedItem(str(topic.pk), topic.title, fingerprint=self._print(titles.named_topic(topic)))
            for topic in topics_of(job)
        ]

    def _print(self, topic: NamedTopic) -> str:
        """Without the topic's summary, which is made here."""
        inside = [(each.title, each.summary, each.pages) for each in topic.subtopics]
        return fingerprint(self.made_with, topic.title, inside)

    def ahead(self, book: Ahead) -> Iterator[Work]:
        """Topics that were not named as they would be now."""
        topics = Topic.objects.filter(book=book.book).annotate(inside=Count("subtopics"))
        inside = [topic.inside for topic in topics if topic.made_with != self.made_with or not topic.summary]
        yield Work(self.call, (len(inside), len(inside)), rows=sum(inside) / max(1, len(inside)) + topics.count() / 5)

    def compute(self, item: Item) -> tuple[TopicNames, MadeWith]:
        names = names_of_book.of(item.job)
        topic = names.topics[int(item.key)]
        others = [other for other in names.topics.values() if other is not topic]
        return guideline_engine().refine_names(names.facts, topic, others), self.made_with

    def save(self, item: Item, result: tuple[TopicNames, MadeWith]) -> None:
        """A topic in which a person decided on anything is left to a person too."""
        names, made_with = result
        said = told("Summarised by {engine}: {title}", engine=str(made_with), title=item.label)
        with change(item.job.book_id, said, job=item.job):
            topic = topics_of(item.job).filter(pk=item.key).first()
            if topic is None:
                return
            rows = list(topic.subtopics.all())
            for row in rows:
                title = names.subtopics.get(str(row.pk), row.title)
                rename(ProposalKind.RENAME_SUBTOPIC, row, title, item.job, at_once=not row.is_decided)
            at_once = not topic.is_edited and not any(row.is_decided for row in rows)
            rename(ProposalKind.RENAME_TOPIC, topic, names.title, item.job, at_once=at_once)
            give_topic(topic.pk, Values(summary=names.summary, made_with=made_with), item.job)
