"""Stages 3 and 4 of extraction: a guideline for each subtopic, then a summary of each topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

from django.db.models import QuerySet

from books.extraction import stages
from books.extraction.engine import Guideline, PageText, SubtopicSource
from books.extraction.factory import guideline_engine, recipe_of
from books.extraction.materialise import DECIDED, materialise
from books.extraction.partial import materialise_within, subtopics_within
from books.extraction.records import DIGEST, GUIDELINE, book_facts, named, page_texts, whole_outline
from books.extraction.rewording import reworded
from books.extraction.runs import is_partial, pages_of
from books.extraction.stage import GuidelineStage
from books.guidelines.changes import change
from books.guidelines.support import PrintedWords
from books.models import Page, PageDigest, Provenance, ReviewStatus, Subtopic, Topic
from jobs.handlers import PlannedItem
from jobs.models import Item, Job


class WriteStage(GuidelineStage):
    """One item a subtopic that no person has decided on or edited."""

    name = "write"
    title = "Writing guidelines"
    unit = "subtopic"
    required = False
    weight = 3

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        numbers = set(pages_of(job))
        self._cut(job, numbers)
        pages = Page.objects.filter(book=job.book_id, reading__isnull=False)
        texts = dict(pages.values_list("number", "reading__text"))
        subtopics = Subtopic.objects.filter(topic__book=job.book_id).exclude(DECIDED).select_related("topic")
        if is_partial(job):
            subtopics = subtopics.filter(pk__in=[row.pk for row in subtopics_within(job.book_id, numbers)])
        return [
            PlannedItem(
                key=str(subtopic.pk),
                label=subtopic.title,
                fingerprint=stages.fingerprint(
                    recipe_of("write"), subtopic.key, subtopic.topic.title, [texts.get(page) for page in subtopic.pages]
                ),
            )
            for subtopic in subtopics.order_by("topic__sequence", "sequence")
        ]

    def _cut(self, job: Job, pages: set[int]) -> None:
        outline = whole_outline(job.book_id)
        with change(job.book_id, "Cut into topics and subtopics", job=job):
            if is_partial(job):
                materialise_within(job.book, outline, pages)
            else:
                materialise(job.book, outline)

    def compute(self, item: Item) -> Guideline:
        subtopic = Subtopic.objects.select_related("topic__book").get(pk=item.key)
        pages = page_texts(subtopic.topic.book_id, subtopic.pages)
        source, engine = _source(subtopic, pages), guideline_engine()
        printed = PrintedWords({page.number: page.text for page in pages})
        guideline = stages.checked(stages.supported(engine.write(source), subtopic.pages), printed)
        return reworded(guideline, printed, partial(engine.reword, source))

    def save(self, item: Item, result: Guideline) -> None:
        with change(item.job.book_id, f"Written by {recipe_of('write')}: {item.label}", job=item.job):
            subtopic = Subtopic.objects.exclude(DECIDED).select_related("topic").filter(pk=item.key).first()
            if subtopic is not None:
                self._fill(subtopic, result)

    def _fill(self, subtopic: Subtopic, result: Guideline) -> None:
        guideline = GUIDELINE.dump_python(result, mode="json")
        subtopic.summary = guideline.pop("summary")
        subtopic.guideline = guideline
        subtopic.terms = _terms(subtopic)
        subtopic.engine = str(recipe_of("write"))
        subtopic.recipe = asdict(recipe_of("write"))
        subtopic.provenance = Provenance.OFFLINE if guideline_engine().name == "offline" else Provenance.MODEL
        subtopic.status = ReviewStatus.DRAFT
        subtopic.save()


def _source(subtopic: Subtopic, pages: Sequence[PageText]) -> SubtopicSource:
    book = subtopic.topic.book
    outline = whole_outline(book.pk)
    placed = {each.key: each for each in stages.placed_subtopics(outline)}
    keys = list(placed)
    at = keys.index(subtopic.key)
    titles = [each.plan.title for each in placed.values()]
    return SubtopicSource(
        book=book_facts(book),
        topic=subtopic.topic.title,
        subtopic=placed[subtopic.key].plan.title,
        pages=stages.trimmed(pages, subtopic.start_line, placed[subtopic.key].end_line),
        earlier_subtopics=tuple(titles[:at]),
        later_subtopics=tuple(titles[at + 1 :]),
    )


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
        with change(item.job.book_id, f"Summarised by {recipe}: {item.label}", job=item.job):
            topic = Topic.objects.filter(is_edited=False, pk=item.key).exclude(summary=result, recipe=asdict(recipe))
            if (row := topic.first()) is not None:
                row.summary, row.recipe = result, asdict(recipe)
                row.save(update_fields=["summary", "recipe"])


def _topics(job: Job) -> QuerySet[Topic]:
    """With a text of their own or of a subtopic that the job may have changed."""
    topics = Topic.objects.filter(book=job.book_id).prefetch_related("subtopics")
    if not is_partial(job):
        return topics
    return topics.filter(pk__in=[row.topic_id for row in subtopics_within(job.book_id, set(pages_of(job)))])


def _topic_fingerprint(topic: Topic) -> str:
    parts = [(subtopic.title, subtopic.summary, subtopic.pages) for subtopic in topic.subtopics.all()]
    return stages.fingerprint(recipe_of("summarise"), topic.title, parts)
