"""Stages 3 and 4 of extraction: a guideline for each subtopic in words of its own, then a summary of each topic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from django.db.models import QuerySet

from books.extraction import outline_ops
from books.extraction.apply_outline import materialise
from books.extraction.base import Guideline, Statement
from books.extraction.engines.factory import guideline_engine, made_with_of
from books.extraction.page_ranges import is_partial, pages_of
from books.extraction.records import (
    Cut,
    book_facts,
    cut_of,
    named,
    page_texts,
    read_texts,
    whole_outline,
)
from books.extraction.stages.base import GuidelineStage
from books.guidelines.changes import change
from books.guidelines.evidence import PrintedWords
from books.guidelines.proposals import propose, setting
from books.keys import fingerprint
from books.ledger.choices import choices_kept
from books.models import PageDigest, ProposalKind, Provenance, ReviewStatus, Subtopic, Topic
from books.models.page import page_numbers
from books.stored import guideline as stored
from books.stored.guideline import FindingKind
from books.stored.made_with import MadeWith
from books.stored.pages import PageId
from books.stored.proposal import Values
from jobs.models import Item, Job
from jobs.registry import PlannedItem


def reworded(
    guideline: Guideline, printed: PrintedWords[int], reword: Callable[[Sequence[str]], Sequence[str]]
) -> Guideline:
    """``guideline``, checked, with what it copies put in other words by one call of ``reword``, if it copies at all.

    Other words are taken where they copy nothing and stand on the same pages as well as the old ones did; else the
    statement stays as it is, with its flag.
    """
    texts = _copied(guideline, printed)
    if not texts:
        return guideline
    offers = dict(zip(texts, reword(texts), strict=False))

    def better(statement: Statement) -> Statement:
        text = offers.get(statement.text, "").strip()
        findings = printed.findings_of(text, statement.pages)
        is_better = text and set(findings) < set(statement.findings)
        return replace(statement, text=text, findings=findings) if is_better else statement

    summary = offers.get(guideline.summary, "").strip()
    kept = guideline.summary if not summary or printed.copied_run(summary) else summary
    return replace(outline_ops.changed(guideline, better), summary=kept)


def _copied(guideline: Guideline, printed: PrintedWords[int]) -> list[str]:
    """Each once, in order; the summary too, which no finding can mark."""
    statements = [each for _, each in stored.statements(guideline.parts)]
    copied = [each.text for each in statements if any(found.kind == FindingKind.COPIED for found in each.findings)]
    if printed.copied_run(guideline.summary):
        copied.append(guideline.summary)
    return list(dict.fromkeys(copied))


CUT = "Cut into topics and subtopics"
# What a person reads and compares, of all that writing gives a subtopic.
TEXT = ("summary", "guideline")


@dataclass(frozen=True, slots=True)
class Written:
    """A guideline with what it was made from, as ``Subtopic`` has it, and the terms of its pages."""

    guideline: stored.Guideline
    summary: str
    made_from: dict[str, str]
    terms: dict[str, int]
    made_with: MadeWith

    def values(self) -> Values:
        """By the columns of a subtopic."""
        return Values(
            summary=self.summary,
            guideline=self.guideline,
            terms=self.terms,
            engine=str(self.made_with),
            made_with=self.made_with,
            provenance=Provenance.OFFLINE if guideline_engine().name == "offline" else Provenance.MODEL,
        )


class WriteStage(GuidelineStage):
    """One item a subtopic whose pages, place, model or prompt are not those it was written from.

    What a person edited or decided on is written too, and offered where it differs: its item has another key.
    """

    name = "write"
    title = "Writing guidelines"
    unit = "subtopic"
    required = False
    weight = 3

    @choices_kept()
    def plan(self, job: Job) -> Sequence[PlannedItem]:
        outline, within = whole_outline(job.book_id), pages_within(job)
        notes = [each.note for topic in outline.topics for each in topic.subtopics if each.note]
        with change(job.book_id, ". ".join([CUT, *notes]), job=job):
            materialise(job.book, outline, job=job, within=within)
        cut, texts = Cut.of(job.book_id, outline), read_texts(job.book_id)
        found = [(row, cut.made_from(row, texts)) for row in rows_of(job.book_id, within) if cut.has(row)]
        return [
            PlannedItem(item_key(row), row.title, fingerprint=fingerprint(wanted))
            for row, wanted in found
            if not row.guideline or not row.made_from.items() >= wanted.items()
        ]

    def compute(self, item: Item) -> Written:
        row = Subtopic.objects.select_related("topic__book").get(pk=row_id(item))
        cut, engine = cut_of.of(item.job), guideline_engine()
        wanted = {*row.pages, *(page for _, pages in cut.parts_of(row) for page in pages)}
        found = page_texts(wanted, has_layout=engine.reads_layout)
        texts = {page: text for text in found for page in cut.numbers.ids([text.number])}
        own = cut.numbers.numbers(row.pages)
        printed = PrintedWords({page.number: page.text for page in found if page.number in own})
        source = cut.source_of(row, texts)
        guideline = outline_ops.checked(outline_ops.supported(engine.write(source), own), printed)
        final = reworded(guideline, printed, partial(engine.reword, source))
        return Written(
            stored.identified(final.parts, cut.numbers),
            final.summary,
            cut.made_from(row, {page: text.text for page, text in texts.items()}),
            _terms(row),
            made_with_of("write"),
        )

    def save(self, item: Item, result: Written) -> None:
        with change(item.job.book_id, f"Written by {result.made_with}: {item.label}", job=item.job):
            row = Subtopic.objects.select_related("topic").filter(pk=row_id(item)).first()
            if row is None:
                return
            values = result.values()
            row.made_from = result.made_from
            if row.is_decided:
                self._offer(row, values, item.job)
                is_saved = False
            else:
                is_saved = _fill(row, values)
        if not is_saved:
            Subtopic.objects.filter(pk=row.pk).update(made_from=result.made_from)

    def _offer(self, row: Subtopic, values: Values, job: Job) -> None:
        if any(getattr(row, name) != getattr(values, name) for name in TEXT):
            reason = "Written anew from the pages as they are now; what is there was edited or decided on by a person."
            propose(job.book_id, setting(ProposalKind.REWRITE, row, values, reason, at_once=False), job=job)


def pages_within(job: Job) -> set[PageId] | None:
    """Those of the job, where it is limited to a range."""
    return set(page_numbers(job.book_id).ids(pages_of(job))) if is_partial(job) else None


def rows_of(book_id: int, within: set[PageId] | None) -> list[Subtopic]:
    """In order of teaching; with ``within``, pages, those that lie in them."""
    rows = Subtopic.objects.filter(topic__book=book_id).select_related("topic").order_by("topic__sequence", "sequence")
    return [row for row in rows if within is None or within.issuperset(row.pages)]


def item_key(row: Subtopic) -> str:
    """Of an item that writes to ``row``, or only proposes something for it: that one may fail and hold nothing back."""
    return f"propose {row.pk}" if row.is_decided else str(row.pk)


def row_id(item: Item) -> int:
    return int(item.key.removeprefix("propose "))


def _fill(row: Subtopic, values: Values) -> bool:
    """Writes the row where something differs, and says whether it did; a new text is a draft again."""
    if all(getattr(row, name) == value for name, value in values.given.items()):
        return False
    if any(getattr(row, name) != getattr(values, name) for name in TEXT):
        row.status = ReviewStatus.DRAFT
    for name, value in values.given.items():
        setattr(row, name, value)
    row.save()
    return True


def _terms(subtopic: Subtopic) -> dict[str, int]:
    terms: dict[str, int] = {}
    digests = PageDigest.objects.filter(page_id__in=subtopic.pages).order_by("page__number")
    for data in digests.values_list("data", flat=True):
        for term, count in data["terms"].items():
            terms[term] = terms.get(term, 0) + count
    return terms


class SummariseStage(GuidelineStage):
    """One item a topic; finalisation runs it again over the final subtopics."""

    name = "summarise"
    title = "Summarising topics"
    unit = "topic"
    required = False
    weight = 1

    @choices_kept()
    def plan(self, job: Job) -> Sequence[PlannedItem]:
        return [
            PlannedItem(key=str(topic.pk), label=topic.title, fingerprint=_topic_fingerprint(topic))
            for topic in _topics(job)
        ]

    def compute(self, item: Item) -> tuple[str, MadeWith]:
        topic = Topic.objects.select_related("book").get(pk=item.key)
        numbers = page_numbers(topic.book_id)
        subtopics = [named(subtopic, numbers) for subtopic in topic.subtopics.select_related("topic")]
        return guideline_engine().summarise(book_facts(topic.book), topic.title, subtopics), made_with_of("summarise")

    def save(self, item: Item, result: tuple[str, MadeWith]) -> None:
        summary, made_with = result
        with change(item.job.book_id, f"Summarised by {made_with}: {item.label}", job=item.job):
            give_topic(int(item.key), Values(summary=summary, made_with=made_with), item.job)


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
        reason = "Made anew from the subtopics as they are now; what is there was edited by a person."
        propose(job.book_id, setting(ProposalKind.REWRITE_TOPIC, topic, wanted, reason, at_once=False), job=job)


def _topics(job: Job) -> QuerySet[Topic]:
    """With a text of their own or of a subtopic that the job may have changed."""
    topics = Topic.objects.filter(book=job.book_id).prefetch_related("subtopics")
    if not is_partial(job):
        return topics
    return topics.filter(pk__in=[row.topic_id for row in rows_of(job.book_id, pages_within(job))])


def _topic_fingerprint(topic: Topic) -> str:
    parts = [(subtopic.title, subtopic.summary, subtopic.pages) for subtopic in topic.subtopics.all()]
    return fingerprint(made_with_of("summarise"), topic.title, parts)
