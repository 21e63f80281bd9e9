"""A person's decision on what was read of a page, the order in which pages come up for it, and taking it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, Q, QuerySet

from books.models import Book, OcrStatus, Page, PageReview
from jobs import clock

READ: Final = Q(ocr_status__in=[OcrStatus.DONE, OcrStatus.BLANK])
# Good print is read with about 90, poor print with 65.
CLEAN_CONFIDENCE: Final = 80.0


def approve_pages(book: Book, numbers: Sequence[int] | None = None, *, user: AbstractBaseUser | None = None) -> int:
    """Approves the pages ``numbers`` (None: all) that were read; returns how many changed."""
    pages = Page.objects.filter(book=book)
    chosen = pages if numbers is None else pages.filter(number__in=numbers)
    return _decide(chosen, PageReview.APPROVED, user)


def _decide(
    pages: QuerySet[Page], review: PageReview, user: AbstractBaseUser | None, at: datetime | None = None
) -> int:
    changing = pages.filter(READ).exclude(review=review)
    return changing.update(review=review, reviewed_by_id=user.pk if user else None, reviewed_at=at or clock.now())


def decide(pages: QuerySet[Page], review: PageReview, *, user: AbstractBaseUser) -> dict[str, Any]:
    """Approves or rejects those of ``pages`` that were read, and returns what ``take_back`` needs, as JSON.

    "before" maps the ids of the pages that changed to their [review, reviewer's id, time].
    """
    at = clock.now()
    with transaction.atomic():
        changing = list(pages.filter(READ).exclude(review=review).select_for_update(of=("self",)))
        _decide(Page.objects.filter(pk__in=[page.pk for page in changing]), review, user, at)
    before = {str(page.pk): [page.review, page.reviewed_by_id, _iso(page.reviewed_at)] for page in changing}
    return {"review": str(review), "at": at.isoformat(), "before": before}


def take_back(decision: dict[str, Any]) -> list[int]:
    """Gives pages the review they had before ``decision``; those decided anew or read again since keep what they have.

    Returns the numbers of the pages that changed.
    """
    groups: dict[tuple[Any, ...], list[UUID]] = {}
    for page, before in decision["before"].items():
        groups.setdefault(tuple(before), []).append(UUID(page))
    at = datetime.fromisoformat(decision["at"])
    numbers: list[int] = []
    with transaction.atomic():
        for (review, by, when), pages in groups.items():
            decided = Page.objects.filter(READ, pk__in=pages, review=decision["review"], reviewed_at=at)
            numbers += decided.values_list("number", flat=True)
            reviewed_at = datetime.fromisoformat(when) if when else None
            decided.update(review=review, reviewed_by_id=by, reviewed_at=reviewed_at)
    return sorted(numbers)


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def review_queue(book: Book) -> QuerySet[Page]:
    """Pages that wait for a decision, those where text may be missing first."""
    waiting = Page.objects.filter(READ, book=book, review=PageReview.PENDING)
    return waiting.order_by("-reading__text_may_be_missing", "number")


def next_to_review(page: Page) -> int | None:
    """The number of the page that follows ``page`` in the queue, which goes round; None where it is empty."""
    is_whole = not (page.reading and page.reading.text_may_be_missing)
    waiting = [
        (not is_missing, number)
        for number, is_missing in review_queue(page.book).values_list("number", "reading__text_may_be_missing")
        if number != page.number
    ]
    after = [each for each in waiting if each > (is_whole, page.number)]
    return min(after or waiting, default=(True, None))[1]


def clean_pages(book: Book) -> QuerySet[Page]:
    """Pages that wait for a decision and give no cause to look: read with confidence, nothing missing, no error, and
    not the same text as another page."""
    return Page.objects.filter(
        book=book,
        ocr_status=OcrStatus.DONE,
        review=PageReview.PENDING,
        ocr_error="",
        reading__confidence__gte=CLEAN_CONFIDENCE,
        reading__text_may_be_missing=False,
    ).exclude(reading__text_print__in=repeated_prints(book))


def repeated_prints(book: Book) -> list[str]:
    """The prints of texts that stand on more than one page."""
    prints = Page.objects.filter(book=book).exclude(reading=None).exclude(reading__text_print="").order_by()
    counted = prints.values("reading__text_print").annotate(pages=Count("pk")).filter(pages__gt=1)
    return list(counted.values_list("reading__text_print", flat=True))


def pages_of(book: Book, ids: Iterable[str]) -> QuerySet[Page]:
    """Those of the ids that are pages of the book now; what is no id is left out."""
    return Page.objects.filter(book=book, pk__in=[page for page in map(_uuid, ids) if page])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
