"""Stage 2 of extraction: topics and subtopics, window after window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from books.extraction import stages
from books.extraction.engine import Digest, Outline, TocEntry
from books.extraction.factory import guideline_engine, recipe_of
from books.extraction.records import DIGEST, OUTLINE, TOC, book_facts, outline_after
from books.extraction.stage import GuidelineStage
from books.models import Book, PageDigest, StoredOutline
from jobs.handlers import PlannedItem
from jobs.models import Item, Job


class OutlineStage(GuidelineStage):
    """One item a window of pages, worked in order: each carries the outline of those before it.

    ``params["toc"]`` is a table of contents that a person gave; it binds the cut, and so does one found in the book.
    """

    name = "outline"
    title = "Cutting the book into topics"
    unit = "window"
    weight = 1

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        numbers = list(job.book.pages.order_by("number").values_list("number", flat=True))
        prints = dict(PageDigest.objects.filter(page__book=job.book_id).values_list("page__number", "fingerprint"))
        windows = stages.windows(numbers, guideline_engine().window_pages)
        StoredOutline.objects.filter(book=job.book_id, windows__gt=len(windows)).delete()
        seen: list[object] = [recipe_of("outline"), job.params.get("toc", []), len(windows)]
        items = []
        for at, window in enumerate(windows, start=1):
            seen += [prints[number] for number in window]
            key, label = str(at), f"{at} (pages {window[0]} to {window[-1]})"
            items.append(PlannedItem(key, label, lane="outline", fingerprint=stages.fingerprint(*seen)))
        return items

    def compute(self, item: Item) -> Outline:
        book = Book.objects.get(pk=item.job.book_id)
        engine = guideline_engine()
        numbers = list(book.pages.order_by("number").values_list("number", flat=True))
        windows = stages.windows(numbers, engine.window_pages)
        at = int(item.key)
        seen = _digests(book, windows[at - 1][-1])
        digests = [digest for digest in seen if digest.page >= windows[at - 1][0]]
        toc = TOC.validate_python(item.job.params.get("toc", [])) or _contents(seen[: -len(digests)])
        so_far = outline_after(book.pk, at - 1)
        return engine.outline(book_facts(book), digests, so_far, toc, is_last=at == len(windows))

    def save(self, item: Item, result: Outline) -> None:
        values = {
            "recipe": asdict(recipe_of("outline")),
            "fingerprint": item.fingerprint,
            "data": OUTLINE.dump_python(result, mode="json"),
        }
        StoredOutline.objects.update_or_create(book_id=item.job.book_id, windows=int(item.key), defaults=values)


def _digests(book: Book, last: int) -> list[Digest]:
    """Of the pages up to ``last``, in order."""
    stored = PageDigest.objects.filter(page__book=book, page__number__lte=last).order_by("page__number")
    return [DIGEST.validate_python(digest.data) for digest in stored]


def _contents(digests: Sequence[Digest]) -> tuple[TocEntry, ...]:
    """The contents pages of earlier windows, which the outline so far does not hold."""
    return tuple(entry for digest in digests for entry in digest.toc)
