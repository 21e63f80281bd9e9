"""Stage 2 of extraction: topics and subtopics, window after window."""

from __future__ import annotations

from collections.abc import Sequence

from books.extraction import stages
from books.extraction.engine import Outline
from books.extraction.factory import engine_label, guideline_engine
from books.extraction.records import DIGEST, OUTLINE, TOC, book_facts, outline_after
from books.extraction.stage import GuidelineStage
from books.models import Book, PageDigest, StoredOutline
from jobs.handlers import PlannedItem
from jobs.models import Item, Job


class OutlineStage(GuidelineStage):
    """One item a window of 40 pages, worked in order: each carries the outline of those before it.

    ``params["toc"]`` is a table of contents that a person gave; it binds the cut.
    """

    name = "outline"
    title = "Cutting the book into topics"
    unit = "window"
    weight = 1

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        numbers = list(job.book.pages.order_by("number").values_list("number", flat=True))
        prints = dict(PageDigest.objects.filter(page__book=job.book_id).values_list("page__number", "fingerprint"))
        windows = stages.windows(numbers)
        StoredOutline.objects.filter(book=job.book_id, windows__gt=len(windows)).delete()
        seen = [engine_label(), job.params.get("toc", []), len(windows)]
        items = []
        for at, window in enumerate(windows, start=1):
            seen += [prints[number] for number in window]
            key, label = str(at), f"{at} (pages {window[0]} to {window[-1]})"
            items.append(PlannedItem(key, label, lane="outline", fingerprint=stages.fingerprint(*seen)))
        return items

    def work(self, item: Item) -> Outline:
        book = Book.objects.get(pk=item.job.book_id)
        windows = stages.windows(list(book.pages.order_by("number").values_list("number", flat=True)))
        at = int(item.key)
        stored = PageDigest.objects.filter(page__book=book, page__number__in=windows[at - 1]).order_by("page__number")
        digests = [DIGEST.validate_python(digest.data) for digest in stored]
        toc = TOC.validate_python(item.job.params.get("toc", []))
        so_far = outline_after(book.pk, at - 1)
        return guideline_engine().outline(book_facts(book), digests, so_far, toc, is_last=at == len(windows))

    def save(self, item: Item, result: Outline) -> None:
        values = {"fingerprint": item.fingerprint, "data": OUTLINE.dump_python(result, mode="json")}
        StoredOutline.objects.update_or_create(book_id=item.job.book_id, windows=int(item.key), defaults=values)
