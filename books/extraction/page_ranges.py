"""Which pages a job of extraction works on, and the runs in which the outline stage cuts them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from books.errors import StageNotReady
from books.extraction.contents import confirmed_toc, read_digests
from books.extraction.cut import OncePerJob
from books.extraction.engines.factory import asks_a_model
from books.extraction.records import book_facts
from books.models import Book, Contents, Page, Subtopic
from books.models.page import page_numbers
from books.stored.limits import Limits
from books.structure.base import TocEntry
from books.structure.chapters import Chapter, chapters, match_lines, open_at
from books.structure.cut import cut, is_clean
from jobs.models import Job


@dataclass(frozen=True, slots=True)
class Run:
    """Pages that are cut window after window; different runs side by side. The cut of all of them follows ``toc``.

    ``part`` is its number among the book's ``StoredOutline`` rows. ``matter``: pages beside it that belong to no topic.
    ``is_cut_here``: contents or clean numbered headings give the cut, so that no model is asked about it.
    """

    part: int
    pages: tuple[int, ...]
    toc: tuple[TocEntry, ...] = ()
    title: str = ""
    matter: tuple[int, ...] = ()
    is_cut_here: bool = False


def is_partial(job: Job) -> bool:
    """Whether the job is limited to a range of pages."""
    return Limits.of(job.params).pages is not None


def pages_of(job: Job) -> list[int]:
    """The pages of the job, in order: all of its book, or those of its range that belong to no guideline beyond it.

    Raises StageNotReady for a range without such a page.
    """
    limits = Limits.of(job.params)
    return pages_between(job.book, limits.first_page, limits.last_page)


def pages_between(book: Book, first: int | None, last: int | None) -> list[int]:
    """As ``pages_of``, for a job from page ``first`` to ``last``, or of the whole book."""
    numbers = list(book.pages.order_by("number").values_list("number", flat=True))
    if first is None or last is None:
        return numbers
    wanted = {number for number in numbers if first <= number <= last}
    inside, beyond = _taken(book, wanted)
    chosen = sorted(wanted - (beyond - inside))
    if not chosen:
        words = (
            _("Pages {first} to {last} belong to guidelines that go beyond them. Choose other pages.")
            if wanted
            else _("Pages {first} to {last} are not in the book. Choose other pages.")
        )
        raise StageNotReady(words.format(first=first, last=last))
    return chosen


def _taken(book: Book, wanted: set[int]) -> tuple[set[int], set[int]]:
    """The pages of the guidelines that lie within ``wanted``, and of those that have a page beyond it."""
    inside: set[int] = set()
    beyond: set[int] = set()
    numbers = page_numbers(book.pk)
    for ids in Subtopic.objects.filter(topic__book=book).values_list("pages", flat=True):
        pages = numbers.numbers(ids)
        (inside if wanted.issuperset(pages) else beyond).update(pages)
    return inside, beyond


def runs_of(job: Job) -> list[Run]:
    return _runs.of(job)


def runs_between(book: Book, pages: Sequence[int]) -> list[Run]:
    """One run of all the pages; with confirmed contents and an engine that asks a model, one a chapter."""
    if not pages:
        return []
    digests, toc = read_digests(book), confirmed_toc(book.pk)
    matched = match_lines(toc, digests)
    found = chapters(matched, pages) if asks_a_model() else []
    if found:
        return _by_chapter(found, pages)
    bound = open_at([each.entry for each in matched], pages[0])
    within = [digest for digest in digests if digest.page in set(pages)]
    is_here = not asks_a_model() or bool(toc) or is_clean(cut(book_facts(book), within))
    return [Run(pages[0], tuple(pages), bound, is_cut_here=is_here)]


def cut_here(runs: Iterable[Run]) -> set[int]:
    """The pages that no model needs to look at before they are cut."""
    return {page for run in runs if run.is_cut_here for page in (*run.pages, *run.matter)}


def _by_chapter(found: Sequence[Chapter], pages: Sequence[int]) -> list[Run]:
    matter = tuple(sorted(set(pages).difference(*(chapter.pages for chapter in found))))
    runs: list[Run] = []
    for chapter in found:
        first = chapter.pages[0]
        part = max(first, runs[-1].part + 1) if runs else first
        toc = open_at(chapter.entries, first)
        runs.append(Run(part, chapter.pages, toc, chapter.entries[0].title, () if runs else matter, len(toc) > 1))
    return runs


def _texts_and_contents(job: Job) -> object:
    changed = Contents.objects.filter(book=job.book_id).values_list("changed_at", "status")
    return tuple(changed), tuple(Page.objects.filter(book=job.book_id).order_by("number").values_list("reading_id"))


_runs = OncePerJob(lambda job: runs_between(job.book, pages_of(job)), _texts_and_contents)
