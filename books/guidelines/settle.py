"""What a person makes of a statement in doubt: lets it stand, removes it, or takes the correction that was offered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import TextChoices
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from books.errors import EditedMeanwhile, EditRefused
from books.guidelines.changes import change, present
from books.guidelines.checking import Texts, edited
from books.models import Subtopic
from books.stored.guideline import Checked, Guideline, Part, Statement
from books.stored.pages import PageId
from jobs import clock

LONGEST_REASON = 500
GONE = _("This statement is another by now; nothing was changed.")


class Settlement(TextChoices):
    """``label`` is what the history calls it, which is kept in English."""

    CHECK = "check", gettext_noop("Checked by a person")
    REMOVE = "remove", gettext_noop("Removed a statement")
    CORRECT = "correct", gettext_noop("Took the correction of a statement")


def settle(
    book_id: int,
    subtopic_id: int,
    name: str,
    settlement: Settlement,
    *,
    user: AbstractBaseUser,
    revision: int | None,
    reason: str = "",
) -> Subtopic:
    """Of the statement at ``name``, such as "concepts.0". One that was checked is no edit: it takes no decision back.

    Raises EditRefused where there is nothing such to settle, or EditedMeanwhile.
    """
    with change(book_id, settlement.label, user=user) as made:
        row = present(Subtopic.objects.filter(topic__book=book_id), subtopic_id, revision)
        part, at, statement = _find(row.guideline, name)
        if settlement == Settlement.CHECK:
            seen = Checked(user.get_username(), clock.now(), " ".join(reason.split())[:LONGEST_REASON])
            row.guideline = _with(row.guideline, part, at, lambda each: replace(each, checked=seen))
            row.is_edited = True
        else:
            new = None if settlement == Settlement.REMOVE else _corrected(statement)
            row.guideline = _with(row.guideline, part, at, lambda _: new)
            edited(row, Texts(book_id))
        row.save()
        because = f": {reason.strip()[:80]}" if reason.strip() else ""
        made.tell(f"{settlement.label} of “{row.title}”{because}")
    return row


def _find(guideline: Guideline, name: str) -> tuple[Part, int, Statement[PageId]]:
    part, _, at = name.partition(".")
    there = guideline.get(Part(part), ()) if part in set(Part) else ()
    if not at.isdecimal() or int(at) >= len(there):
        raise EditedMeanwhile(str(GONE))
    return Part(part), int(at), there[int(at)]


def _corrected(statement: Statement[PageId]) -> Statement[PageId]:
    offered = next((each.instead for each in statement.findings if each.instead), "")
    if not offered:
        raise EditRefused(gettext("No correction is offered for this statement."), {})
    return replace(statement, text=offered, findings=(), checked=None)


def _with(
    guideline: Guideline, part: Part, at: int, change_of: Callable[[Statement[PageId]], Statement[PageId] | None]
) -> Guideline:
    new = (change_of(each) if place == at else each for place, each in enumerate(guideline[part]))
    return {**guideline, part: tuple(each for each in new if each is not None)}
