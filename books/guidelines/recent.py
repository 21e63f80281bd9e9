"""Which changes of a book can still be undone, for the lists that offer it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from books.guidelines.changes import is_as_left, versions_of
from books.models import Book, Change, Subtopic, Topic
from jobs import clock

# A person who comes back the next day no longer expects a button to take back what it does not name.
OFFERED = timedelta(hours=12)
# Of the latest changes, for one that is not an undo.
LOOKED_AT = 20


def changes_of(book: Book) -> QuerySet[Change]:
    """Newest first."""
    return Change.objects.filter(book=book).select_related("made_by", "job", "undone_by").order_by("-id")


def last_of(book: Book, user: AbstractBaseUser) -> tuple[Change | None, Change | None]:
    """What this person did last and may still undo, going further back after an undo; and their undo just before, which
    may be undone in its turn."""
    own = changes_of(book).filter(made_by_id=user.pk, undone_by=None, is_final=False)
    recent = list(own.filter(made_at__gt=clock.now() - OFFERED).select_related("undoes__undoes")[:LOOKED_AT])
    done = next((each for each in recent if not each.is_undo), None)
    undone = recent[0] if recent and recent[0].is_undo else None
    may = undoable([each for each in (done, undone) if each])
    return done if done and done.pk in may else None, undone if undone and undone.pk in may else None


def undoable(changes: Sequence[Change]) -> set[int]:
    """The ids of those that ``undo`` would bring back: nothing they wrote was written again since. Four queries."""
    open_ones = [each.pk for each in changes if not each.is_final and not hasattr(each, "undone_by")]
    spoilt: set[int] = set()
    for model in (Topic, Subtopic):
        versions = versions_of(model, open_ones)
        present = model.objects.in_bulk({version.id for version in versions})
        spoilt |= {version.change_id for version in versions if not is_as_left(version, present.get(version.id))}
    return set(open_ones) - spoilt
