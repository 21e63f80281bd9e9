"""Stage 1 of extraction: the facts of each page, all pages at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from books.errors import StageNotReady
from books.extraction import outline_ops
from books.extraction.engines.factory import engine_here, guideline_engine, made_with_of
from books.extraction.images import pages_to_see, with_images
from books.extraction.page_ranges import cut_here, pages_of, runs_of
from books.extraction.records import FACTS_OF_BOOK, book_facts, digest_of, page_text, read_pages, stored_digest
from books.extraction.stages.base import Ahead, GuidelineStage, Result, Work
from books.keys import fingerprint
from books.models import Book, Page, PageDigest, PageReview, Reading
from books.models.insertion import insert
from books.stored.made_with import MadeWith
from books.stored.pages import PageId
from books.structure.base import BookFacts, Digest, PageText
from jobs.models import Item, Job
from jobs.registry import PlannedItem

# One statement, as it runs once a page: Django takes longer to put it together than all else that leads to the call.
NEAR = f"""
    SELECT page.id, page.number, reading.text, reading.regions, digest.fingerprint AS made,
        {", ".join(f"book.{name}" for name in FACTS_OF_BOOK)}
    FROM books_page AS page JOIN books_book AS book ON book.id = page.book_id
    LEFT JOIN books_reading AS reading ON reading.id = page.reading_id
    LEFT JOIN books_pagedigest AS digest ON digest.page_id = page.id
    WHERE page.book_id = %s AND page.removed_at IS NULL AND page.number BETWEEN %s AND %s
"""  # noqa: S608 - names of columns
REGIONS: Any = Reading._meta.get_field("regions")
# Ids and texts, by number.
Pages = Mapping[int, tuple[PageId, str]]


class DigestStage(GuidelineStage):
    """One item a page; where the cut needs no model, none is asked.

    A page's digest depends on it, a few lines of its neighbours and the book's facts. A model is asked again where
    other pages are beside it, but not where one of those was corrected.
    """

    name = "digest"
    title = gettext_noop("Reading what each page teaches")
    unit = "page"
    weight = 3
    tokens = (100, 200)
    effort = "low"
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
        """One query, where the engine looks at neither the lines nor the image of the page."""
        at = int(item.label)
        near: list[Any] = list(Page.objects.raw(NEAR, [item.job.book_id, at - 1, at + 1]))
        pages = {row.number: (str(row.pk), row.text or "") for row in near}
        own = next(row for row in near if str(row.pk) == item.key)
        number, facts = own.number, BookFacts(*(getattr(own, name) for name in FACTS_OF_BOOK))
        engine, here = guideline_engine(), engine_here()
        is_usual = item.fingerprint == _print(engine.made_with(self.name), facts, pages, number)
        free = (_print(here.made_with(self.name), facts, pages, number, is_seen=each) for each in (False, True))
        if not is_usual and item.fingerprint in free:
            engine = here
        if own.made == item.fingerprint and engine is not here:
            known = PageDigest.objects.get(page__book=item.job.book_id, page__number=number)
            return digest_of(known.data, number), known.made_with
        regions = REGIONS.from_db_value(own.regions, None, connection)
        captions = tuple(each.caption for each in regions or () if each.caption)
        page = PageText(number, pages[number][1], captions=captions)
        if engine.reads_layout:
            page = page_text(Page.objects.select_related("reading").get(pk=item.key))
        elif not is_usual:
            (page,) = with_images([page], pages_to_see(item.job.book, read_pages(Page.objects.filter(pk=item.key))))
        return engine.digest(facts, page, *_around(pages, number)), engine.made_with(self.name)

    def save(self, item: Item, result: tuple[Digest, MadeWith]) -> None:
        digest, made_with = result
        data = stored_digest(digest)
        row = PageDigest(page_id=item.key, made_with=made_with, fingerprint=item.fingerprint, data=data)
        insert(row, in_place_of="page")

    def results(self, book: Book) -> Iterator[Result]:
        rows = PageDigest.objects.filter(page__book=book).order_by("page__number")
        for number, made_with in rows.values_list("page__number", "made_with"):
            yield Result(f"Page {number}", made_with)

    def ahead(self, book: Ahead) -> Iterator[Work]:
        asked = book.changed - cut_here(book.runs)
        yield Work(self.call, (len(asked), len(asked)), 1, len(asked & book.seen) / max(1, len(asked)))


def digest_prints(book: Book, here: Collection[int]) -> dict[int, str]:
    """The fingerprint by number of what each page's digest would be made from now, those of ``here`` by no model."""
    facts, asked, free = book_facts(book), made_with_of("digest"), engine_here().made_with("digest")
    rows = book.pages.values_list("number", "pk", "reading__text")
    pages = {number: (str(pk), text or "") for number, pk, text in rows}
    seen = {page.number for page in pages_to_see(book)}
    return {
        number: _print(free if number in here else asked, facts, pages, number, is_seen=number in seen)
        for number in pages
    }


def _print(made_with: MadeWith, facts: BookFacts, pages: Pages, number: int, *, is_seen: bool = False) -> str:
    near = [pages[at][0] for at in (number - 1, number + 1) if at in pages]
    beside = near if made_with.model else _around(pages, number)
    return fingerprint(made_with, facts, pages[number][1], *beside, *(["seen"] if is_seen else []))


def _around(pages: Pages, number: int) -> tuple[str, str]:
    """The lines before and after page ``number``, from the text of the pages beside it."""
    before, after = (pages.get(at, ("", ""))[1] for at in (number - 1, number + 1))
    return outline_ops.last_lines(before), outline_ops.first_lines(after)


def _check_approved(book: Book, wanted: set[int]) -> None:
    pages = len(wanted)
    if not pages:
        raise StageNotReady(_("This book has no pages yet; upload its scans first."))
    waiting = book.pages.filter(number__in=wanted).exclude(review=PageReview.APPROVED).order_by("number")
    count = waiting.count()
    if count:
        first = waiting[0].number
        raise StageNotReady(
            _("{count} of {pages} pages are not approved yet, first page {first}; approve them first.").format(
                count=count, pages=pages, first=first
            )
        )
