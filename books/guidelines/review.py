"""A person's decisions on guidelines: what each does to the status, and the one function that makes a move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from books.errors import DecisionRefused
from books.guidelines.changes import change, present, save_all
from books.models import ReviewStatus, Subtopic
from books.sentences import told
from books.stored.guideline import says_something
from jobs import clock

FIELDS: Final = ("status", "reviewed_by", "reviewed_at", "rejection_reason")


class Decision(TextChoices):
    """``label`` is what the history calls it, which is kept in English."""

    APPROVE = "approve", gettext_noop("Approved")
    REJECT = "reject", gettext_noop("Rejected")
    REOPEN = "reopen", gettext_noop("Reopened")
    PUBLISH = "publish", gettext_noop("Published")
    WITHDRAW = "withdraw", gettext_noop("Withdrawn")


DECIDED: Final = gettext_noop("{status} “{title}”")
OPEN: Final = tuple(status for status in ReviewStatus if status.awaits)


def after(subtopic: Subtopic, decision: Decision, reason: str = "") -> ReviewStatus:
    """The status that ``decision`` leads to; raises DecisionRefused with what is in the way. An edit is no decision: it
    takes one back (Subtopic.await_review)."""
    status = ReviewStatus(subtopic.status)
    to = status.moves.get(decision)
    if to is None:
        raise DecisionRefused(
            (
                _("“{title}” is {status}, so it cannot be {decision}. Reopen it first.")
                if decision in (Decision.APPROVE, Decision.REJECT)
                else _("“{title}” is {status}, so it cannot be {decision}.")
            ).format(title=subtopic.title, status=status.label.lower(), decision=_(decision.label).lower())
        )
    if not says_something(subtopic.guideline):
        raise DecisionRefused(
            _("“{title}” has no guideline yet, so there is nothing to decide on.").format(title=subtopic.title)
        )
    if decision == Decision.REJECT and not reason.strip():
        raise DecisionRefused(_("Say why it is rejected: whoever corrects it has to know."))
    return ReviewStatus(to)


def decide(
    book_id: int,
    subtopic_id: int,
    decision: Decision,
    *,
    user: AbstractBaseUser | None,
    revision: int | None = None,
    reason: str = "",
) -> Subtopic:
    """Raises DecisionRefused, or EditedMeanwhile where the person saw another ``revision``."""
    with change(book_id, decision.label, user=user) as made:
        subtopic = present(Subtopic.objects.filter(topic__book=book_id), subtopic_id, revision)
        move(subtopic, decision, user=user, reason=reason)
        save_all([subtopic], FIELDS)
        made.tell(told(DECIDED, status=told(decision.label), title=subtopic.title))
    return subtopic


def move(subtopic: Subtopic, decision: Decision, *, user: AbstractBaseUser | None, reason: str = "") -> None:
    """In memory, for the current change. Publishing and withdrawing keep who approved it."""
    to = after(subtopic, decision, reason)
    if to == ReviewStatus.PENDING_REVIEW:
        subtopic.await_review()
        return
    subtopic.status = to
    if decision in (Decision.APPROVE, Decision.REJECT):
        subtopic.reviewed_by_id, subtopic.reviewed_at = (user.pk if user else None), clock.now()
        subtopic.rejection_reason = reason.strip()[:500] if decision == Decision.REJECT else ""


def approve(
    book_id: int,
    subtopics: Iterable[int],
    *,
    user: AbstractBaseUser | None,
    revisions: Mapping[int, int] | None = None,
) -> int:
    """Approves those of ``subtopics`` (ids) that await it, and returns how many.

    With ``revisions``, what the person saw of each, those that were changed since are left as they are.
    """
    with change(book_id, Decision.APPROVE.label, user=user) as made:
        waiting = Subtopic.objects.filter(topic__book=book_id, pk__in=list(subtopics), status__in=OPEN)
        as_seen = [row for row in waiting if not revisions or revisions.get(row.pk) == row.revision]
        rows = [row for row in as_seen if says_something(row.guideline)]
        for row in rows:
            move(row, Decision.APPROVE, user=user)
        save_all(rows, FIELDS)
        if len(rows) == 1:
            made.tell(told(DECIDED, status=told(Decision.APPROVE.label), title=rows[0].title))
        else:
            made.tell(told("Approved {count} guidelines", count=len(rows)))
    return len(rows)
