"""A guideline for each subtopic, in words of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from django.utils.translation import gettext_noop

from books.extraction import outline_ops
from books.extraction.apply_outline import apply_outline
from books.extraction.base import Guideline, Statement
from books.extraction.cut import Cut, ReadBook, cut_of, read_book
from books.extraction.engines.factory import asks_a_model, guideline_engine
from books.extraction.images import pages_to_see, with_images
from books.extraction.page_ranges import cut_here
from books.extraction.records import page_text, read_pages, read_texts, whole_outline
from books.extraction.stages.base import Ahead, Call, GuidelineStage, Result, Work
from books.extraction.stages.rows import item_key, pages_within, row_id, row_of, rows_of
from books.guidelines.changes import change
from books.guidelines.checking import marked_as_before
from books.guidelines.evidence import EvidenceCheck
from books.guidelines.proposals import piece_offered, propose, setting
from books.keys import fingerprint
from books.ledger.choices import choices_kept
from books.models import DECIDED, Book, Page, ProposalKind, Provenance, ReviewStatus, Subtopic
from books.models.page import page_numbers
from books.sentences import told
from books.stored import guideline as stored
from books.stored.guideline import FindingKind, Part
from books.stored.made_with import MadeWith
from books.stored.pages import PageId
from books.stored.proposal import Values
from jobs.database import row_where
from jobs.models import Item, Job
from jobs.registry import PlannedItem

# Subtopics that a model may make of one that is cut here, and the share of guidelines that copy something.
CUT_OTHERWISE, COPIES = (0.8, 1.25), 0.25


def reworded(guideline: Guideline, check: EvidenceCheck, reword: Callable[[Sequence[str]], Sequence[str]]) -> Guideline:
    """``guideline``, checked, with what it copies put in other words by one call of ``reword``, if it copies at all.

    Other words are taken where they copy nothing and nothing new is found against them; else the statement stays as it
    is, with what was found.
    """
    texts = _copied(guideline, check)
    if not texts:
        return guideline
    offers = dict(zip(texts, reword(texts), strict=False))

    def better(part: Part, statement: Statement) -> Statement:
        text = offers.get(statement.text, "").strip()
        other = check.check(part, replace(statement, text=text)) if text else statement
        return other if _kinds(other) < _kinds(statement) else statement

    summary = offers.get(guideline.summary, "").strip()
    kept = guideline.summary if not summary or check.material.copied_run(summary) else summary
    return Guideline.of(_each(guideline, better), kept)


def _each(guideline: Guideline, change: Callable[[Part, Statement], Statement]) -> stored.Parts[int]:
    return {part: tuple(change(part, each) for each in guideline.parts[part]) for part in Part}


def _kinds(statement: Statement) -> set[FindingKind]:
    return {each.kind for each in statement.findings}


def _copied(guideline: Guideline, check: EvidenceCheck) -> list[str]:
    """Each once, in order; the summary too, which no finding can mark."""
    copied = [each.text for _, each in stored.statements(guideline.parts) if FindingKind.COPIED in _kinds(each)]
    if check.material.copied_run(guideline.summary):
        copied.append(guideline.summary)
    return list(dict.fromkeys(copied))


CUT = gettext_noop("Cut into topics and subtopics")
CUT_WITH = gettext_noop("Cut into topics and subtopics. {notes}")
# What a person reads and compares, of all that writing gives a subtopic.
TEXT = ("summary", "guideline")


@dataclass(frozen=True, slots=True)
class Written:
    """A guideline with what it was made from, as ``Subtopic`` has it, and the terms of its pages; ``pages`` where those
    are a new cut's, which a person has not taken yet."""

    guideline: stored.Guideline
    summary: str
    made_from: list[str]
    terms: dict[str, int]
    made_with: MadeWith
    pages: tuple[PageId, ...] | None

    def values(self) -> Values:
        """By the columns of a subtopic."""
        return Values(
            summary=self.summary,
            guideline=self.guideline,
            terms=self.terms,
            engine=str(self.made_with),
            made_with=self.made_with,
            pages=self.pages,
            provenance=Provenance.OFFLINE if guideline_engine().name == "offline" else Provenance.MODEL,
        )


class WriteStage(GuidelineStage):
    """One item a subtopic whose pages, place, model or prompt are not those it was written from.

    What a person edited or decided on is written too, and offered where it differs: its item has another key.
    """

    name = "write"
    title = gettext_noop("Writing guidelines")
    unit = about = "subtopic"
    required = False
    weight = 3
    tokens = (100, 850)
    more_calls = (Call("reword", gettext_noop("Rewording what copies the book"), 150, 150, effort="low"),)

    @choices_kept()
    def plan(self, job: Job) -> Sequence[PlannedItem]:
        outline, within = whole_outline(job.book_id), pages_within(job)
        notes = [each.note for topic in outline.topics for each in topic.subtopics if each.note]
        with change(job.book_id, told(CUT_WITH, notes=". ".join(notes)) if notes else CUT, job=job):
            apply_outline(job.book, outline, job=job, within=within)
        cut, texts = Cut.of(job.book_id, outline), read_texts(job.book_id)
        seen = {str(page.pk) for page in pages_to_see(job.book)}
        found = [
            (row, cut.made_from(row, texts, self.made_with, seen))
            for row in rows_of(job.book_id, within)
            if _has_place(row, cut)
        ]
        return [
            PlannedItem(item_key(row), row.title, fingerprint=fingerprint(wanted))
            for row, wanted in found
            if not row.guideline or not {*row.made_from} >= {*wanted}
        ]

    def compute(self, item: Item) -> Written | None:
        """None where a person refused, since it was planned, the place that it would be written for."""
        row, cut, engine = row_of(item), cut_of.of(item.job), guideline_engine()
        present = row.pages
        if not _has_place(row, cut):
            return None
        wanted = {*row.pages, *(page for _, pages in cut.parts_of(row) for page in pages)}
        read = read_book.of(item.job)
        laid_out = read_pages(Page.objects.filter(pk__in=wanted), has_layout=True)
        found = list(laid_out) if engine.reads_layout else read.those(wanted)
        texts = {str(page.pk): page_text(page, has_layout=engine.reads_layout) for page in found}
        seen = pages_to_see(cut.book, found)
        own = cut.numbers.numbers(row.pages)
        source = cut.source_of(row, texts)
        previous = _previous(row, cut, self.made_with)
        source = replace(source, pages=with_images(source.pages, seen), previous=previous)
        final = engine.write(source)
        if asks_a_model():
            check = EvidenceCheck(read.text, own, source.later_subtopics, source.subtopic)
            final = Guideline.of(_each(final, check.check), final.summary)
            final = reworded(outline_ops.supported(final, own), check, partial(engine.reword, source))
        written = stored.identified(outline_ops.supported(final, own).parts, cut.numbers)
        return Written(
            marked_as_before(written, row.guideline),
            final.summary,
            cut.made_from(row, texts, self.made_with, {str(page.pk) for page in seen}),
            _terms(row, read),
            self.made_with,
            None if row.pages == present else row.pages,
        )

    def save(self, item: Item, result: Written | None) -> None:
        if result is None:
            return
        said = told("Written by {engine}: {title}", engine=str(result.made_with), title=item.label)
        with change(item.job.book_id, said, job=item.job):
            row = row_where(Subtopic, id=row_id(item))
            if row is None or (result.pages is not None and not row.is_decided):
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
            reason = gettext_noop(
                "Written anew from the pages as they are now; what is there was edited or decided on by a person."
            )
            propose(job.book_id, setting(ProposalKind.REWRITE, row, values, reason, at_once=False), job=job)

    def results(self, book: Book) -> Iterator[Result]:
        rows = Subtopic.objects.filter(topic__book=book).exclude(guideline={}).order_by("topic__sequence", "sequence")
        kept = set(rows.filter(DECIDED).values_list("pk", flat=True))
        for pk, title, made_with in rows.values_list("pk", "title", "made_with"):
            yield Result(title, made_with, pk in kept)

    def ahead(self, book: Ahead) -> Iterator[Work]:
        """Those that are due, and those of pages without any. One that a person decided on may have been offered its
        text already."""
        numbers = page_numbers(book.book.pk)
        found = [(row, set(numbers.numbers(row.pages))) for row in Subtopic.objects.filter(topic__book=book.book)]
        rows = [(row, own) for row, own in found if own and own.issubset(book.pages)]
        is_due = [row.made_with != self.made_with or not row.guideline or book.changed & own for row, own in rows]
        due = [each for each, due in zip(rows, is_due, strict=True) if due]
        new = book.changed.difference(*(own for _, own in rows))
        cut = [pages for pages in book.subtopics if pages[0] in new]
        sure = sum(pages[0] in cut_here(book.runs) for pages in cut)
        low, high = (sure + round(share * (len(cut) - sure)) for share in CUT_OTHERWISE)
        read = sum(len(own) for _, own in due) + len(set().union(*cut))
        each = read / max(1, len(due) + (low + high) / 2)
        book.written = (sum(not row.is_decided for row, _ in due) + low, len(due) + high)
        yield Work(self.call, book.written, each, each * book.share_seen)
        yield Work(self.more_calls[0], (0, math.ceil(COPIES * book.written[1])))


def _previous(row: Subtopic, cut: Cut, made_with: MadeWith) -> Guideline | None:
    """What is kept where it still holds: a person's words, or those that were made as they would be now."""
    if not row.guideline or not (row.is_edited or row.made_with == made_with):
        return None
    return Guideline.of(stored.numbered(row.guideline, cut.numbers), row.summary)


def _has_place(row: Subtopic, cut: Cut) -> bool:
    """Whether ``cut`` has the row. One that a person decided on is put, in memory, where an open proposal has it."""
    if cut.has(row):
        return True
    piece = piece_offered(row) if row.is_decided else None
    if piece is None or piece.key not in cut.placed:
        return False
    row.key, row.merged_keys, row.pages = piece.key, [], piece.pages
    return True


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


def _terms(subtopic: Subtopic, read: ReadBook) -> dict[str, int]:
    terms: dict[str, int] = {}
    for page in read.those({*subtopic.pages}):
        for term, count in read.terms.get(str(page.pk), {}).items():
            terms[term] = terms.get(term, 0) + count
    return terms
