"""Stage 1 of extraction: the facts of each page, all pages at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from books.errors import StageNotReady
from books.extraction import stages
from books.extraction.engine import Digest, PageText
from books.extraction.factory import guideline_engine, recipe_of
from books.extraction.records import DIGEST, book_facts, page_text
from books.extraction.stage import GuidelineStage
from books.models import Book, Page, PageDigest, PageReview
from jobs.handlers import PlannedItem
from jobs.models import Item, Job


class DigestStage(GuidelineStage):
    """One item a page. A page's digest depends on it, a few lines of its neighbours and the book's facts."""

    name = "digest"
    title = "Reading what each page teaches"
    unit = "page"
    weight = 3

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        """Raises StageNotReady unless the book has pages and all of them are approved."""
        _check_approved(job.book)
        facts = book_facts(job.book)
        texts = [page_text(page) for page in job.book.pages.select_related("reading").order_by("number")]
        keys = dict(job.book.pages.values_list("number", "pk"))
        return [
            PlannedItem(
                key=str(keys[page.number]),
                label=str(page.number),
                fingerprint=stages.fingerprint(recipe_of("digest"), facts, page.text, *_around(texts, page.number)),
            )
            for page in texts
        ]

    def compute(self, item: Item) -> Digest:
        page = Page.objects.select_related("book", "reading").get(pk=item.key)
        near = Page.objects.filter(book=page.book, number__range=(page.number - 1, page.number + 1))
        texts = [page_text(each) for each in near.select_related("reading").order_by("number")]
        before, after = _around(texts, page.number)
        return guideline_engine().digest(book_facts(page.book), page_text(page), before, after)

    def save(self, item: Item, result: Digest) -> None:
        values = {
            "recipe": asdict(recipe_of("digest")),
            "fingerprint": item.fingerprint,
            "data": DIGEST.dump_python(result, mode="json"),
        }
        PageDigest.objects.update_or_create(page_id=item.key, defaults=values)


def _around(texts: Sequence[PageText], number: int) -> tuple[str, str]:
    near = {page.number: page.text for page in texts if abs(page.number - number) == 1}
    return stages.last_lines(near.get(number - 1, "")), stages.first_lines(near.get(number + 1, ""))


def _check_approved(book: Book) -> None:
    pages = book.pages.count()
    if not pages:
        raise StageNotReady("This book has no pages yet; upload its scans first.")
    waiting = book.pages.exclude(review=PageReview.APPROVED).order_by("number")
    count = waiting.count()
    if count:
        first = waiting[0].number
        raise StageNotReady(f"{count} of {pages} pages are not approved yet, first page {first}; approve them first.")
