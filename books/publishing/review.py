"""A person's decision on guidelines: one change for all that are decided together."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser

from books.guidelines.changes import change, save_all
from books.models import ReviewStatus, Subtopic
from jobs import clock

OPEN = (ReviewStatus.DRAFT, ReviewStatus.PENDING_REVIEW)
DECIDED = (ReviewStatus.APPROVED, ReviewStatus.REJECTED, ReviewStatus.PUBLISHED)
FIELDS = ("status", "reviewed_by", "reviewed_at", "rejection_reason")


def approve(book_id: int, subtopics: Iterable[int], *, user: AbstractBaseUser | None) -> int:
    """Approves those of ``subtopics`` (ids) that have a guideline and await a decision; returns how many."""
    return _decide(book_id, subtopics, ReviewStatus.APPROVED, user)


def reject(book_id: int, subtopics: Iterable[int], *, user: AbstractBaseUser | None, reason: str = "") -> int:
    return _decide(book_id, subtopics, ReviewStatus.REJECTED, user, reason)


def reopen(book_id: int, subtopics: Iterable[int], *, user: AbstractBaseUser | None) -> int:
    """Takes decisions back: they await review again."""
    decided = Subtopic.objects.filter(topic__book=book_id, pk__in=list(subtopics), status__in=DECIDED)
    with change(book_id, "Reopened", user=user) as made:
        rows = list(decided)
        for row in rows:
            row.await_review()
        save_all(rows, FIELDS)
        made.tell(f"Reopened {_named(rows)}")
    return len(rows)


def _decide(
    book_id: int, subtopics: Iterable[int], status: ReviewStatus, user: AbstractBaseUser | None, reason: str = ""
) -> int:
    waiting = Subtopic.objects.filter(topic__book=book_id, pk__in=list(subtopics), status__in=OPEN)
    with change(book_id, status.label, user=user) as made:
        rows = list(waiting.exclude(guideline={}))
        for row in rows:
            row.status, row.reviewed_at, row.rejection_reason = status, clock.now(), reason[:500]
            row.reviewed_by_id = user.pk if user else None
        save_all(rows, FIELDS)
        made.tell(f"{status.label} {_named(rows)}")
    return len(rows)


def _named(rows: list[Subtopic]) -> str:
    return f"“{rows[0].title}”" if len(rows) == 1 else f"{len(rows)} guidelines"
