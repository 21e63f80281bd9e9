"""Which guidelines may go to readers, and why the others may not."""

from __future__ import annotations

from collections.abc import Mapping

from books.guidelines.support import unsupported
from books.models import ReviewStatus, Subtopic

APPROVED = (ReviewStatus.APPROVED, ReviewStatus.PUBLISHED)
REASONS = {
    ReviewStatus.DRAFT: "It is a draft: finalise the book, then approve it.",
    ReviewStatus.PENDING_REVIEW: "Nobody has approved it yet.",
    ReviewStatus.REJECTED: "It was rejected.",
}


def why_not(subtopic: Subtopic, unfinished: Mapping[int, str]) -> str:
    """The reason, for a person, that ``subtopic`` may not be published; "" where it may.

    ``unfinished`` is that of ``books.guidelines.selectors``.
    """
    status = ReviewStatus(subtopic.status)
    if subtopic.pk in unfinished:
        return unfinished[subtopic.pk]
    if status not in APPROVED:
        return REASONS[status]
    doubtful = len(unsupported(subtopic.guideline))
    if doubtful:
        statements = "One statement is" if doubtful == 1 else f"{doubtful} statements are"
        return f"{statements} not found on the pages cited: correct or remove, and approve again."
    return ""
