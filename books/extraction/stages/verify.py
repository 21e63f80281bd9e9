"""Stage 4 of extraction: a second look at each guideline by a model that sees the pages and the statements alone.

Comparing words finds what a page does not have; what is reversed, negated or beside the point only a reader finds. A
verdict flags a statement and offers a correction; it deletes and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from django.db.models import Max

from books.extraction.base import Verdict
from books.extraction.cut import cut_of, read_book
from books.extraction.engines.factory import asks_a_model, guideline_engine
from books.extraction.images import pages_to_see, with_images
from books.extraction.records import page_text
from books.extraction.stages.base import Ahead, GuidelineStage, Work
from books.extraction.stages.rows import PROPOSES, pages_within, row_id, row_of, rows_of
from books.extraction.stages.write import WriteStage
from books.guidelines.changes import change
from books.guidelines.checking import OF_SECOND_READING
from books.guidelines.evidence import BookText
from books.keys import fingerprint
from books.ledger.choices import choices_kept
from books.models import Subtopic
from books.sentences import gettext_noop, told
from books.stored.guideline import Finding, FindingKind, Guideline, Part, Statement, statements
from books.stored.made_with import MadeWith
from books.stored.pages import PageId
from jobs.database import row_where
from jobs.models import Item, Job
from jobs.registry import PlannedItem
from jobs.states import ItemState

# By the texts of the statements judged, what was found against each.
Found = dict[str, Finding]


class VerifyStage(GuidelineStage):
    """One item a subtopic that was written since it was read last and that no person edited or decided on, where the
    book asks for it."""

    name = "verify"
    title = gettext_noop("Reading guidelines a second time")
    unit = about = "subtopic"
    required = False
    weight = 2
    tokens = (450, 380)

    @choices_kept()
    def plan(self, job: Job) -> Sequence[PlannedItem]:
        if not (asks_a_model() and job.book.verifies):
            return []
        cut, written, verified = cut_of.of(job), _last_done(job, WriteStage.name), _last_done(job, self.name)
        rows = [row for row in rows_of(job.book_id, pages_within(job)) if row.guideline and not row.is_decided]
        due = [row for row in rows if cut.has(row) and written.get(str(row.pk), 0) > verified.get(str(row.pk), 0)]
        return [PlannedItem(str(row.pk), row.title, fingerprint=self._print(row)) for row in due]

    def compute(self, item: Item) -> tuple[Found, MadeWith] | None:
        """None where nothing is found now and nothing was before."""
        row, cut, engine, read = row_of(item), cut_of.of(item.job), guideline_engine(), read_book.of(item.job)
        wanted = {*row.pages, *(page for _, pages in cut.parts_of(row) for page in pages)}
        found = read.those(wanted)
        source = cut.source_of(row, {str(page.pk): page_text(page, has_layout=False) for page in found})
        source = replace(source, pages=with_images(source.pages, pages_to_see(cut.book, found)))
        said = _judged(row.guideline)
        verdicts = engine.verify(source, said) if said else []
        marks = _found(said, verdicts, lambda: read.text), self.made_with
        return marks if marks[0] or _marked(row.guideline, {}) != row.guideline else None

    def ahead(self, book: Ahead) -> Iterator[Work]:
        pages = len(book.pages) / max(1, sum(book.written) / 2)
        yield Work(self.call, book.written if book.book.verifies else (0, 0), pages, pages * book.share_seen)

    def _print(self, row: Subtopic) -> str:
        return fingerprint(self.made_with, row.pages, _judged(row.guideline), row.made_from)

    def save(self, item: Item, result: tuple[Found, MadeWith] | None) -> None:
        if result is None:
            return
        found, made_with = result
        said = told("Read a second time by {engine}: {title}", engine=str(made_with), title=item.label)
        with change(item.job.book_id, said, job=item.job):
            row = row_where(Subtopic, id=row_id(item))
            if row is None or row.is_decided:
                return
            marked = _marked(row.guideline, found)
            if marked != row.guideline:
                row.guideline = marked
                row.save()


def _last_done(job: Job, stage: str) -> dict[str, int]:
    """The last item of ``stage`` that was done, by the key of its subtopic, also where it only proposed a text for it:
    items are planned one after another."""
    done = Item.objects.filter(job__book=job.book_id, stage=stage, state=ItemState.DONE).values("key")
    found = done.annotate(last=Max("pk")).order_by("last").values_list("key", "last")
    return {key.removeprefix(PROPOSES): last for key, last in found}


def _judged(guideline: Guideline) -> list[tuple[Part, str]]:
    """A quote is the book's own words, which are there or are not."""
    named = [(name, each) for name, each in statements(guideline) if each.kind == "statement"]
    return [(Part(name.partition(".")[0]), each.text) for name, each in named]


def _found(said: Sequence[tuple[Part, str]], verdicts: Sequence[Verdict], book: Callable[[], BookText]) -> Found:
    judged = zip(said, verdicts, strict=True)
    return {text: _finding(verdict, book()) for (_, text), verdict in judged if verdict.verdict != "yes"}


def _finding(verdict: Verdict, book: BookText) -> Finding:
    """With the page's own words, where the quote that decided is printed somewhere."""
    pages = [verdict.page] if verdict.page is not None else []
    places = book.printed.find(verdict.quote, [*pages, *book.pages]) if verdict.quote else ()
    kind = FindingKind.DENIED if verdict.verdict == "no" else FindingKind.PARTLY
    if places:
        shown: str = told("Page {page} has “{words}”.", page=places[0].page, words=places[0].words)
    else:
        shown = gettext_noop("Nothing on the pages bears it out.")
    return Finding(kind, shown, verdict.correction)


def _marked(guideline: Guideline, found: Found) -> Guideline:
    """With this reading's findings in the place of an earlier one's."""

    def marked(statement: Statement[PageId]) -> Statement[PageId]:
        kept = [each for each in statement.findings if each.kind not in OF_SECOND_READING]
        new = [found[statement.text]] if statement.text in found and statement.kind == "statement" else []
        return replace(statement, findings=(*kept, *new))

    return {part: tuple(map(marked, guideline[part])) for part in guideline}
