"""Stage 2 of extraction: topics and subtopics, window after window, in runs that go side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext_noop

from books.extraction import outline_ops
from books.extraction.base import GuidelineEngine
from books.extraction.engines.factory import engine_here, guideline_engine, made_with_of
from books.extraction.page_ranges import Run, runs_of
from books.extraction.records import applied_cut, book_facts, digests_of, outline_after
from books.extraction.stages.base import Ahead, GuidelineStage, Result, Work
from books.keys import fingerprint
from books.models import Book, PageDigest, StoredOutline
from books.models.page import page_numbers
from books.stored.made_with import MadeWith
from books.stored.outline import CutBook
from jobs.models import Item, Job
from jobs.registry import PlannedItem


class OutlineStage(GuidelineStage):
    """One item a run that is cut here, by contents or by headings. For a model one a window of pages; the windows of a
    run are worked in order, each carrying the outline of those before."""

    name = "outline"
    title = gettext_noop("Cutting the book into topics")
    unit = "window"
    tokens = (200, 500)
    may_need_no_model = True

    def plan(self, job: Job) -> Sequence[PlannedItem]:
        prints = dict(PageDigest.objects.filter(page__book=job.book_id).values_list("page__number", "fingerprint"))
        runs = runs_of(job)
        items = [item for run in runs for item in _planned(run, prints)]
        _make_room(job.book_id, runs, {item.key: item.fingerprint for item in items})
        return items

    def compute(self, item: Item) -> tuple[CutBook, MadeWith]:
        book = Book.objects.get(pk=item.job.book_id)
        part, at = _place(item)
        run = next(run for run in runs_of(item.job) if run.part == part)
        window, numbers = _windows(run)[at - 1], page_numbers(book.pk)
        seen = digests_of(book.pk, window)
        so_far = outline_ops.with_numbers(outline_after(book.pk, part, at - 1), numbers)
        engine: GuidelineEngine = engine_here() if run.is_cut_here else guideline_engine()
        previous = outline_ops.with_numbers(applied_cut(book.pk), numbers)
        outline = engine.outline(book_facts(book), seen, so_far, run.toc, previous)
        matter = tuple(sorted({*outline.front_matter, *run.matter}))
        return outline_ops.with_ids(replace(outline, front_matter=matter), numbers), engine.made_with(self.name)

    def save(self, item: Item, result: tuple[CutBook, MadeWith]) -> None:
        outline, made_with = result
        values = {"made_with": made_with, "fingerprint": item.fingerprint, "data": outline}
        part, at = _place(item)
        StoredOutline.objects.update_or_create(book_id=item.job.book_id, part=part, windows=at, defaults=values)

    def results(self, book: Book) -> Iterator[Result]:
        for row in StoredOutline.objects.filter(book=book):
            titles = [topic.title for topic in row.data.topics]
            yield Result(", ".join(titles[-2:]) or f"Part {row.part}", row.made_with)

    def ahead(self, book: Ahead) -> Iterator[Work]:
        size = guideline_engine().window_pages
        is_current = StoredOutline.objects.filter(book=book.book).exists() and not self.stale(book.book)
        asked = book.runs if book.changed or not is_current else ()
        counts = [len(run.pages) for run in asked if not run.is_cut_here]
        most = sum(math.ceil(count / size) for count in counts)
        yield Work(self.call, (1 if is_current and most else most, most), rows=sum(counts) / max(1, most))


def _windows(run: Run) -> list[tuple[int, ...]]:
    return [run.pages] if run.is_cut_here else outline_ops.windows(run.pages, guideline_engine().window_pages)


def _planned(run: Run, prints: Mapping[int, str]) -> Iterator[PlannedItem]:
    windows = _windows(run)
    made_with = engine_here().made_with("outline") if run.is_cut_here else made_with_of("outline")
    seen = [str(made_with), run.toc, run.matter, len(windows)]
    for at, window in enumerate(windows, start=1):
        seen += [prints.get(number) for number in window]
        pages = f"pages {window[0]} to {window[-1]}"
        label = f"{run.title[:50]} ({pages})" if run.title else f"{at} ({pages})"
        yield PlannedItem(f"{run.part}.{at}", label, lane=f"part {run.part}", fingerprint=fingerprint(*seen))


def _place(item: Item) -> tuple[int, int]:
    part, _, window = item.key.partition(".")
    return int(part), int(window)


def _make_room(book_id: int, runs: Sequence[Run], planned: Mapping[str, str]) -> None:
    """Takes the pages of ``runs`` out of the outlines of earlier jobs, but for what this one goes on from."""
    pages = set(page_numbers(book_id).ids(page for run in runs for page in (*run.pages, *run.matter)))
    rows = list(StoredOutline.objects.filter(book=book_id))
    last = {row.part: row.pk for row in rows}
    free = max([run.part for run in runs] + [row.part for row in rows]) + 1
    for row in rows:
        if planned.get(f"{row.part}.{row.windows}") == row.fingerprint:
            continue
        rest = outline_ops.without(row.data, pages)
        is_whole = row.pk == last[row.part]
        row.delete()
        if is_whole and (rest.topics or rest.front_matter):
            StoredOutline.objects.create(book_id=book_id, part=free, windows=1, made_with=row.made_with, data=rest)
            free += 1
