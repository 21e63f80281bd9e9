"""Results that were made with another prompt, model, form or engine than would make them now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

from books.extraction.engines.factory import engine_here, made_with_of
from books.models import DECIDED, Book, PageDigest, StoredOutline, Subtopic, Topic
from books.stored.made_with import MadeWith

UNKNOWN = "not noted"


@dataclass(frozen=True, slots=True)
class StaleResult:
    """``is_kept``: a person decided on it or changed it, so that a job only offers what it would make."""

    stage: str
    label: str
    made_with: str
    is_kept: bool = False


def stale_results(book: Book) -> list[StaleResult]:
    """In the order of the stages; generating again redoes them, and what depends on them, and nothing else."""
    return [*_digests(book), *_outlines(book), *_guidelines(book), *_summaries(book)]


def generated_pages(book: Book) -> tuple[int, int] | None:
    """The first and the last page that results were made of; None where that is all of the book."""
    numbers = list(
        PageDigest.objects.filter(page__book=book).order_by("page__number").values_list("page__number", flat=True)
    )
    return None if not numbers or len(numbers) == book.pages.count() else (numbers[0], numbers[-1])


def _present(stage: str) -> list[MadeWith]:
    """Of a stage that asks a model only where the pages themselves do not tell."""
    return [made_with_of(stage), engine_here().made_with(stage)]


def _digests(book: Book) -> Iterator[StaleResult]:
    now = _present("digest")
    rows = PageDigest.objects.filter(page__book=book).order_by("page__number")
    for number, made_with in rows.values_list("page__number", "made_with"):
        if made_with not in now:
            yield StaleResult("digest", f"Page {number}", _words(made_with))


def _outlines(book: Book) -> Iterator[StaleResult]:
    now = _present("outline")
    for row in StoredOutline.objects.filter(book=book):
        if row.made_with not in now:
            titles = [topic.title for topic in row.data.topics]
            yield StaleResult("outline", ", ".join(titles[-2:]) or f"Part {row.part}", _words(row.made_with))


def _guidelines(book: Book) -> Iterator[StaleResult]:
    now = made_with_of("write")
    rows = Subtopic.objects.filter(topic__book=book).exclude(guideline={}).order_by("topic__sequence", "sequence")
    kept = set(rows.filter(DECIDED).values_list("pk", flat=True))
    for pk, title, made_with in rows.values_list("pk", "title", "made_with"):
        if made_with != now:
            yield StaleResult("write", title, _words(made_with), pk in kept)


def _summaries(book: Book) -> Iterator[StaleResult]:
    now = made_with_of("summarise")
    for topic in Topic.objects.filter(~Q(summary=""), book=book):
        if topic.made_with != now:
            yield StaleResult("summarise", topic.title, _words(topic.made_with), topic.is_edited)


def _words(made_with: MadeWith) -> str:
    return str(made_with) or UNKNOWN
