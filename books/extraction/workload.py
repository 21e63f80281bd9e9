"""How many calls to a model generating would make now: what is current is kept and costs none."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from books.errors import StageNotReady
from books.extraction.contents import confirmed_toc
from books.extraction.digesting import digest_prints
from books.extraction.factory import guideline_engine, recipe_of
from books.extraction.laying import Laid, chapters, lay
from books.extraction.records import digests_of
from books.extraction.runs import pages_between
from books.models import DECIDED, Book, PageDigest, StoredOutline, Subtopic, Topic

Span = tuple[int, int]
# Pages of a subtopic, from textbooks we read: the fewest and the most.
PAGES_A_SUBTOPIC = (1.5, 5)


@dataclass(frozen=True, slots=True)
class Work:
    """Of one stage: ``calls`` from low to high, each of which sees the text of about ``pages`` pages."""

    stage: str
    calls: Span
    pages: float = 0


def workload(book: Book, first_page: int | None, last_page: int | None) -> list[Work]:
    try:
        pages = pages_between(book, first_page, last_page)
    except StageNotReady:
        pages = []
    prints = digest_prints(book)
    made = dict(PageDigest.objects.filter(page__book=book).values_list("page__number", "fingerprint"))
    changed = {number for number in pages if made.get(number) != prints[number]}
    laid = lay(confirmed_toc(book.pk), digests_of(book.pk))
    windows = _windows(book, laid, pages, changed)
    subtopics, text_pages = _subtopics(book, laid, pages, changed)
    return [
        Work("digest", (len(changed), len(changed)), 1),
        Work("outline", windows),
        Work("write", subtopics, text_pages),
        Work("reword", (0, subtopics[1]), text_pages),
        Work("summarise", _topics(book, laid, subtopics)),
    ]


def _windows(book: Book, laid: Sequence[Laid], pages: Sequence[int], changed: set[int]) -> Span:
    """Chapters whose sections the contents name need no call."""
    size = guideline_engine().window_pages
    made = StoredOutline.objects.filter(book=book)
    current = made.exists() and all(row.recipe == asdict(recipe_of("outline")) for row in made)
    if current and not changed:
        return 0, 0
    runs = chapters(laid, pages) if pages else []
    asked = [run.pages for run in runs if len(run.entries) == 1] if runs else [tuple(pages)]
    most = sum(math.ceil(len(each) / size) for each in asked)
    return (1 if current and most else most), most


def _subtopics(book: Book, laid: Sequence[Laid], pages: Sequence[int], changed: set[int]) -> tuple[Span, float]:
    """How many would be written, and how many pages one has: those that are due, and those of pages without any.
    One that a person decided on may have been offered its text already."""
    inside = set(pages)
    rows = [row for row in Subtopic.objects.filter(topic__book=book) if row.pages and inside.issuperset(row.pages)]
    decided = set(Subtopic.objects.filter(DECIDED, topic__book=book).values_list("pk", flat=True))
    now = asdict(recipe_of("write"))
    due = [row for row in rows if row.recipe != now or not row.guideline or changed.intersection(row.pages)]
    count = sum(row.pk not in decided for row in due)
    new = changed.difference(*(row.pages for row in rows))
    low, high = _new_subtopics(laid, new)
    written = [len(row.pages) for row in due]
    each = (sum(written) + len(new)) / max(1, len(written) + (low + high) / 2)
    return (count + low, len(due) + high), each


def _new_subtopics(laid: Sequence[Laid], pages: set[int]) -> Span:
    named = sum(each.role == "subtopic" and each.entry.scan in pages for each in laid)
    if named:
        return named, math.ceil(named * 1.2)
    fewest, most = PAGES_A_SUBTOPIC[1], PAGES_A_SUBTOPIC[0]
    return math.ceil(len(pages) / fewest), math.ceil(len(pages) / most)


def _topics(book: Book, laid: Sequence[Laid], subtopics: Span) -> Span:
    """One summary each; only topics with something new are summarised anew."""
    now = asdict(recipe_of("summarise"))
    present = list(Topic.objects.filter(book=book))
    stale = sum(topic.recipe != now for topic in present)
    named = sum(each.role == "topic" for each in laid)
    most = max(named, len(present)) or math.ceil(subtopics[1] / 3)
    return max(stale, min(1, subtopics[0])), max(stale, min(most, subtopics[1]))
