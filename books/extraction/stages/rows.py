"""Stages with an item a topic or an item a subtopic: which rows those are, and what is done with what they find.

What no person touched is written at once; what a person edited or decided on stays until a person takes a proposal.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils.translation import gettext_noop

from books.errors import InvalidModelOutput
from books.extraction.page_ranges import is_partial, pages_of
from books.extraction.stages.base import GuidelineStage
from books.guidelines.proposals import propose, setting
from books.keys import fingerprint
from books.ledger.choices import choices_kept
from books.models import ProposalKind, Subtopic, Topic
from books.models.page import page_numbers
from books.stored.pages import PageId, PageNumbers
from books.stored.proposal import Values
from jobs.database import row_where
from jobs.models import Item, Job
from jobs.registry import PlannedItem

PROPOSES = "propose "


class TopicStage(GuidelineStage):
    """One item a topic that the job may have changed; it is current while ``seen`` says the same."""

    unit = about = "topic"
    required = False

    @choices_kept()
    def plan(self, job: Job) -> Sequence[PlannedItem]:
        numbers = page_numbers(job.book_id)
        return [self.planned(str(topic.pk), topic.title, self.seen(topic, numbers)) for topic in topics_of(job)]

    def planned(self, key: str, title: str, seen: object) -> PlannedItem:
        return PlannedItem(key, title, fingerprint=fingerprint(self.made_with, seen))

    @abstractmethod
    def seen(self, topic: Topic, numbers: PageNumbers) -> object:
        """What the stage looks at."""


def pages_within(job: Job) -> set[PageId] | None:
    """Those of the job, where it is limited to a range."""
    return set(page_numbers(job.book_id).ids(pages_of(job))) if is_partial(job) else None


def rows_of(book_id: int, within: set[PageId] | None) -> list[Subtopic]:
    """In order of teaching; with ``within``, pages, those that lie in them."""
    rows = Subtopic.objects.filter(topic__book=book_id).select_related("topic").order_by("topic__sequence", "sequence")
    return [row for row in rows if within is None or within.issuperset(row.pages)]


def item_key(row: Subtopic) -> str:
    """Of an item that writes to ``row``, or only proposes something for it: that one may fail and hold nothing back."""
    return f"{PROPOSES}{row.pk}" if row.is_decided else str(row.pk)


def row_id(item: Item) -> int:
    return int(item.key.removeprefix(PROPOSES))


def row_of(item: Item) -> Subtopic:
    """Raises Subtopic.DoesNotExist."""
    row = row_where(Subtopic, id=row_id(item))
    if row is None:
        raise Subtopic.DoesNotExist(f"There is no subtopic {item.key}.")
    return row


def in_order(book_id: int) -> QuerySet[Subtopic]:
    rows = Subtopic.objects.filter(topic__book=book_id).select_related("topic__book")
    return rows.order_by("topic__sequence", "sequence")


def topics_of(job: Job) -> QuerySet[Topic]:
    """In order of teaching; of a job limited to a range, those with a subtopic that it may have changed."""
    topics = Topic.objects.filter(book=job.book_id).order_by("sequence").prefetch_related("subtopics")
    if not is_partial(job):
        return topics
    return topics.filter(pk__in=[row.topic_id for row in rows_of(job.book_id, pages_within(job))])


def give_topic(topic_id: int, wanted: Values, job: Job) -> None:
    """Writes a text of a topic in the current change, or proposes it where a person edited the topic; what the topic
    had before, and a person changed, is not proposed again."""
    topic, values = Topic.objects.filter(pk=topic_id).first(), wanted.given
    if topic is None or all(getattr(topic, name) == value for name, value in values.items()):
        return
    text = next(iter(values))
    if not topic.is_edited or not getattr(topic, text):
        for name, value in values.items():
            setattr(topic, name, value)
        topic.save(update_fields=list(values))
    elif getattr(topic, text) != values[text] and not topic.history.filter(**{text: values[text]}).exists():
        reason = gettext_noop("Made anew from the subtopics as they are now; what is there was edited by a person.")
        propose(job.book_id, setting(ProposalKind.REWRITE_TOPIC, topic, wanted, reason, at_once=False), job=job)


def not_empty(text: str) -> str:
    """Raises InvalidModelOutput for a text of spaces."""
    if not text.strip():
        raise InvalidModelOutput("The engine gave an empty text.")
    return text.strip()


def rename(kind: ProposalKind, row: Topic | Subtopic, title: str, job: Job, *, at_once: bool) -> None:
    """Proposes the title where the row has another."""
    if row.title == title[:200]:
        return
    reason = gettext_noop("A title that is clear by itself and unlike the others'.")
    propose(job.book_id, setting(kind, row, Values(title=title[:200]), reason, at_once=at_once), job=job)
