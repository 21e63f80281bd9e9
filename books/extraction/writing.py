"""Stages 3 and 4 of extraction: a guideline for each subtopic, then a summary of each topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

from django.db.models import QuerySet

from books.extraction import stages
from books.extraction.engine import Guideline
from books.extraction.factory import guideline_engine, recipe_of
from books.extraction.materialise import materialise
from books.extraction.records import DIGEST, GUIDELINE, book_facts, named, page_texts, whole_outline
from books.extraction.rewording import reworded
from books.extraction.runs import is_partial, pages_of
from books.extraction.sources import CutBook, made_from, source_of, texts_for, texts_of
from books.extraction.stage import GuidelineStage
from books.guidelines.changes import change
from books.guidelines.proposals import propose
from books.guidelines.suggestions import setting
from books.guidelines.support import PrintedWords
from books.models import PageDigest, ProposalKind, Provenance, ReviewStatus, Subtopic, Topic
from jobs.handlers import PlannedItem
from jobs.models import Item, Job

# What a person reads and compares, of all that writing gives a subtopic.
TEXT = ("summary", "guideline")


class WriteStage(GuidelineStage):
    """One item a subtopic whose pages, place or recipe are not those it was written from.

    What a person edited or decided on is written too, and offered where it differs: its item has another key.
    """

    name = "write"
    title = "Writing guidelines"
    unit = "subtopic"
    required = False
    weight = 3

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        outline, within = whole_outline(job.book_id), set(pages_of(job)) if is_partial(job) else None
        with change(job.book_id, "Cut into topics and subtopics", job=job):
            materialise(job.book, outline, job=job, within=within)
        cut, texts = CutBook.of(outline), texts_of(job.book_id)
        found = [(row, made_from(cut, row, texts)) for row in rows_of(job.book_id, within) if cut.has(row)]
        return [
            PlannedItem(item_key(row), row.title, fingerprint=stages.fingerprint(wanted))
            for row, wanted in found
            if not row.guideline or not row.made_from.items() >= wanted.items()
        ]

    def compute(self, item: Item) -> tuple[Guideline, dict[str, str]]:
        """The guideline, and what it was made from."""
        row = Subtopic.objects.select_related("topic__book").get(pk=row_id(item))
        cut = CutBook.of(whole_outline(row.topic.book_id))
        wanted = made_from(cut, row, texts_for(cut, row))
        pages = page_texts(row.topic.book_id, row.pages)
        source, engine = source_of(cut, row), guideline_engine()
        printed = PrintedWords({page.number: page.text for page in pages})
        guideline = stages.checked(stages.supported(engine.write(source), row.pages), printed)
        return reworded(guideline, printed, partial(engine.reword, source)), wanted

    def save(self, item: Item, result: tuple[Guideline, dict[str, str]]) -> None:
        guideline, wanted = result
        with change(item.job.book_id, f"Written by {recipe_of('write')}: {item.label}", job=item.job):
            row = Subtopic.objects.select_related("topic").filter(pk=row_id(item)).first()
            if row is None:
                return
            values = _values(row, guideline)
            if row.is_decided:
                self._offer(row, values, item.job)
            else:
                _fill(row, values)
        Subtopic.objects.filter(pk=row.pk).update(made_from=wanted)

    def _offer(self, row: Subtopic, values: dict[str, Any], job: Job) -> None:
        if any(getattr(row, name) != values[name] for name in TEXT):
            reason = "Written anew from the pages as they are now; what is there was edited or decided on by a person."
            propose(job.book_id, setting(ProposalKind.REWRITE, row, values, reason, at_once=False), job=job)


def rows_of(book_id: int, within: set[int] | None) -> list[Subtopic]:
    """In order of teaching; with ``within``, pages, those that lie in them."""
    rows = Subtopic.objects.filter(topic__book=book_id).select_related("topic").order_by("topic__sequence", "sequence")
    return [row for row in rows if within is None or within.issuperset(row.pages)]


def item_key(row: Subtopic) -> str:
    """Of an item that writes to ``row``, or only proposes something for it: that one may fail and hold nothing back."""
    return f"propose {row.pk}" if row.is_decided else str(row.pk)


def row_id(item: Item) -> int:
    return int(item.key.removeprefix("propose "))


def _values(row: Subtopic, result: Guideline) -> dict[str, Any]:
    guideline = GUIDELINE.dump_python(result, mode="json")
    return {
        "summary": guideline.pop("summary"),
        "guideline": guideline,
        "terms": _terms(row),
        "engine": str(recipe_of("write")),
        "recipe": asdict(recipe_of("write")),
        "provenance": Provenance.OFFLINE if guideline_engine().name == "offline" else Provenance.MODEL,
    }


def _fill(row: Subtopic, values: dict[str, Any]) -> None:
    """Writes what differs; a new text is a draft again."""
    if all(getattr(row, name) == value for name, value in values.items()):
        return
    if any(getattr(row, name) != values[name] for name in TEXT):
        row.status = ReviewStatus.DRAFT
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def _terms(subtopic: Subtopic) -> dict[str, int]:
    terms: dict[str, int] = {}
    for stored in PageDigest.objects.filter(page__book=subtopic.topic.book_id, page__number__in=subtopic.pages):
        for term, count in DIGEST.validate_python(stored.data).terms.items():
            terms[term] = terms.get(term, 0) + count
    return terms


class SummariseStage(GuidelineStage):
    """One item a topic; finalisation runs it again over the final subtopics."""

    name = "summarise"
    title = "Summarising topics"
    unit = "topic"
    required = False
    weight = 1

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        return [
            PlannedItem(key=str(topic.pk), label=topic.title, fingerprint=_topic_fingerprint(topic))
            for topic in _topics(job)
        ]

    def compute(self, item: Item) -> str:
        topic = Topic.objects.select_related("book").get(pk=item.key)
        subtopics = [named(subtopic) for subtopic in topic.subtopics.select_related("topic")]
        return guideline_engine().summarise(book_facts(topic.book), topic.title, subtopics)

    def save(self, item: Item, result: str) -> None:
        recipe = recipe_of("summarise")
        values = {"summary": result, "recipe": asdict(recipe)}
        with change(item.job.book_id, f"Summarised by {recipe}: {item.label}", job=item.job):
            give_topic(int(item.key), values, item.job)


def give_topic(topic_id: int, values: dict[str, Any], job: Job) -> None:
    """Writes a text of a topic in the current change, or proposes it where a person edited the topic; what the topic
    had before, and a person changed, is not proposed again."""
    topic = Topic.objects.filter(pk=topic_id).first()
    if topic is None or all(getattr(topic, name) == value for name, value in values.items()):
        return
    text = next(iter(values))
    if not topic.is_edited or not getattr(topic, text):
        for name, value in values.items():
            setattr(topic, name, value)
        topic.save(update_fields=list(values))
    elif getattr(topic, text) != values[text] and not topic.history.filter(**{text: values[text]}).exists():
        reason = "Made anew from the subtopics as they are now; what is there was edited by a person."
        propose(job.book_id, setting(ProposalKind.REWRITE_TOPIC, topic, values, reason, at_once=False), job=job)


def _topics(job: Job) -> QuerySet[Topic]:
    """With a text of their own or of a subtopic that the job may have changed."""
    topics = Topic.objects.filter(book=job.book_id).prefetch_related("subtopics")
    if not is_partial(job):
        return topics
    return topics.filter(pk__in=[row.topic_id for row in rows_of(job.book_id, set(pages_of(job)))])


def _topic_fingerprint(topic: Topic) -> str:
    parts = [(subtopic.title, subtopic.summary, subtopic.pages) for subtopic in topic.subtopics.all()]
    return stages.fingerprint(recipe_of("summarise"), topic.title, parts)
