"""A person's decision on a guideline."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import AbstractBaseUser

from books.models import ReviewStatus, Subtopic
from jobs import clock

OPEN = (ReviewStatus.DRAFT, ReviewStatus.PENDING_REVIEW)
DECIDED = (ReviewStatus.APPROVED, ReviewStatus.REJECTED)


def approve(subtopics: Iterable[int], *, user: AbstractBaseUser | None) -> int:
    """Approves those of ``subtopics`` (ids) that have a guideline and await a decision; returns how many."""
    return _decide(subtopics, ReviewStatus.APPROVED, user)


def reject(subtopics: Iterable[int], *, user: AbstractBaseUser | None) -> int:
    return _decide(subtopics, ReviewStatus.REJECTED, user)


def reopen(subtopics: Iterable[int]) -> int:
    """Takes decisions back: approved and rejected ones await review again."""
    decided = Subtopic.objects.filter(pk__in=list(subtopics), status__in=DECIDED)
    return decided.update(status=ReviewStatus.PENDING_REVIEW, reviewed_by=None, reviewed_at=None)


def _decide(subtopics: Iterable[int], status: ReviewStatus, user: AbstractBaseUser | None) -> int:
    waiting = Subtopic.objects.filter(pk__in=list(subtopics), status__in=OPEN).exclude(guideline={})
    return waiting.update(status=status, reviewed_by_id=user.pk if user else None, reviewed_at=clock.now())
