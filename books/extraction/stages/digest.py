"""Stage 1 of extraction: the facts of each page, all pages at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from books.errors import StageNotReady
from books.extraction import outline_ops
from books.extraction.engines.factory import engine_here, guideline_engine, made_with_of
from books.extraction.page_ranges import cut_here, pages_of, runs_of
from books.extraction.records import FACTS_OF_BOOK, book_facts, page_text, stored_digest
from books.extraction.stages.base import Ahead, GuidelineStage, Result, Work
from books.keys import fingerprint
from books.models import Book, Page, PageDigest, PageReview
from books.stored.made_with import MadeWith
from books.structure.base import BookFacts, Digest, PageText
from jobs.models import Item, Job
from jobs.registry import PlannedItem

FACTS = [f"book__{name}" for name in FACTS_OF_BOOK]


class DigestStage(GuidelineStage):
    """One item a page. A page's digest depends on it, a few lines of its neighbours and the book's facts; where the cut
    needs no model, none is asked."""

    name = "digest"
    title = "Reading what each page teaches"
    unit = "page"
    weight = 3
    tokens = (1_500, 260)
    may_need_no_model = True

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        """Raises StageNotReady unless the book has pages and those of the job are approved."""
        wanted = set(pages_of(job))
        _check_approved(job.book, wanted)
        keys = dict(job.book.pages.order_by("number").values_list("number", "pk"))
        prints = digest_prints(job.book, cut_here(runs_of(job)))
        return [
            PlannedItem(key=str(key), label=str(number), fingerprint=prints[number])
            for number, key in keys.items()
            if number in wanted
        ]

    def compute(self, item: Item) -> tuple[Digest, MadeWith]:
        """One query where the engine does not look at the lines."""
        numbers = range(int(item.label) - 1, int(item.label) + 2)
        near = Page.objects.filter(book=item.job.book_id, number__in=numbers)
        rows = list(near.values_list("pk", "number", "reading__text", *FACTS))
        texts = {number: text for _, number, text, *_ in rows}
        number, facts = next((number, BookFacts(*facts)) for pk, number, _, *facts in rows if str(pk) == item.key)
        made_here = item.fingerprint == _print(engine_here().made_with(self.name), facts, texts, number)
        engine = engine_here() if made_here else guideline_engine()
        page = PageText(number, texts[number] or "")
        if engine.reads_layout:
            page = page_text(Page.objects.select_related("reading").get(pk=item.key))
        return engine.digest(facts, page, *_around(texts, number)), engine.made_with(self.name)

    def save(self, item: Item, result: tuple[Digest, MadeWith]) -> None:
        digest, made_with = result
        values = {
            "made_with": made_with,
            "fingerprint": item.fingerprint,
            "data": stored_digest(digest),
        }
        row = PageDigest(page_id=item.key, **values)
        PageDigest.objects.bulk_create([row], update_conflicts=True, unique_fields=["page"], update_fields=[*values])

    def results(self, book: Book) -> Iterator[Result]:
        rows = PageDigest.objects.filter(page__book=book).order_by("page__number")
        for number, made_with in rows.values_list("page__number", "made_with"):
            yield Result(f"Page {number}", made_with)

    def ahead(self, book: Ahead) -> Iterator[Work]:
        asked = len(book.changed - cut_here(book.runs))
        yield Work(self.call, (asked, asked), 1)


def digest_prints(book: Book, here: Collection[int]) -> dict[int, str]:
    """The fingerprint by number of what each page's digest would be made from now, those of ``here`` by no model."""
    facts, asked, free = book_facts(book), made_with_of("digest"), engine_here().made_with("digest")
    texts = dict(book.pages.values_list("number", "reading__text"))
    return {number: _print(free if number in here else asked, facts, texts, number) for number in texts}


def _print(made_with: MadeWith, facts: BookFacts, texts: Mapping[int, str | None], number: int) -> str:
    return fingerprint(made_with, facts, texts[number] or "", *_around(texts, number))


def _around(texts: Mapping[int, str | None], number: int) -> tuple[str, str]:
    """The lines before and after page ``number``, from the text of the pages beside it."""
    return outline_ops.last_lines(texts.get(number - 1) or ""), outline_ops.first_lines(texts.get(number + 1) or "")


def _check_approved(book: Book, wanted: set[int]) -> None:
    pages = len(wanted)
    if not pages:
        raise StageNotReady("This book has no pages yet; upload its scans first.")
    waiting = book.pages.filter(number__in=wanted).exclude(review=PageReview.APPROVED).order_by("number")
    count = waiting.count()
    if count:
        first = waiting[0].number
        raise StageNotReady(f"{count} of {pages} pages are not approved yet, first page {first}; approve them first.")
