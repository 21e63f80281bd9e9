"""A person's decision on what was read of a page."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import AbstractBaseUser

from books.models import Book, OcrStatus, Page, PageReview
from jobs import clock


def approve_pages(book: Book, numbers: Sequence[int] | None = None, *, user: AbstractBaseUser | None = None) -> int:
    """Approves the pages ``numbers`` (None: all) that were read; returns how many changed."""
    return _decide(book, numbers, PageReview.APPROVED, user)


def reject_pages(book: Book, numbers: Sequence[int] | None = None, *, user: AbstractBaseUser | None = None) -> int:
    """Rejects them: extraction waits until they are read again and approved."""
    return _decide(book, numbers, PageReview.REJECTED, user)


def _decide(book: Book, numbers: Sequence[int] | None, review: PageReview, user: AbstractBaseUser | None) -> int:
    pages = Page.objects.filter(book=book, ocr_status__in=[OcrStatus.DONE, OcrStatus.BLANK]).exclude(review=review)
    if numbers is not None:
        pages = pages.filter(number__in=numbers)
    return pages.update(review=review, reviewed_by_id=user.pk if user else None, reviewed_at=clock.now())
