"""The one way to write topics and subtopics: inside a change, which keeps what they were and can be undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.dispatch import receiver
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.signals import pre_create_historical_record
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from books.errors import EditedMeanwhile
from books.models import AppliedCut, Book, Change, Subtopic, Topic
from books.models.change import current_change
from books.models.guideline import SEARCHED, search_text_of
from books.models.insertion import insert
from books.sentences import Told, gettext_noop, told, whole
from jobs import clock
from jobs.actions import actor_name
from jobs.database import row_where
from jobs.models import Job

Row = TypeVar("Row", Topic, Subtopic)
# Sequences are unique; rows are moved out of each other's way by this much before they get their new ones.
APART = 100_000
OUTSIDE = "Topics and subtopics are written inside books.guidelines.changes.change."
FINAL = gettext_lazy("This can no longer be undone: it was published, or pages were moved since.")
RENAMED = gettext_noop("Renamed “{title}” to “{other}”")
REDONE = gettext_noop("Redone: {said}")
SINCE = gettext_lazy("It was changed again since; nothing was undone. Undo the later change first.")


@contextmanager
def change(
    book_id: int,
    sentence: str,
    *,
    user: AbstractBaseUser | None = None,
    job: Job | None = None,
    undoes: Change | None = None,
) -> Iterator[Change]:
    """A transaction with the book locked, in which its topics and subtopics may be written and deleted.

    Read the rows inside it: what was read before may be another's by now. A change that wrote no row leaves no trace.
    """
    with transaction.atomic():
        lock_book(book_id)
        made = Change(
            book_id=book_id,
            sentence=sentence,
            made_by_id=user.pk if user else None,
            name="job" if job else actor_name(user),
            job=job,
            undoes=undoes,
        )
        insert(made)
        token = current_change.set(made)
        try:
            yield made
        finally:
            current_change.reset(token)
        if not made.wrote:
            made.delete()


def lock_book(book_id: int) -> Book:
    """Until the transaction ends: what people and jobs decide on rows read from here on is one after another.

    No stronger lock: a call being written refers to the book, and waits for the job that we may hold.
    """
    book = row_where(Book, lock=True, id=book_id)
    if book is None:
        raise Book.DoesNotExist(f"There is no book {book_id}.")
    return book


@receiver(pre_create_historical_record)
def _belong_to_the_change(history_instance: Any, **_: Any) -> None:
    made = history_instance.change = _wrote()
    history_instance.history_user_id = made.made_by_id


def save_all(rows: Sequence[Row], fields: Sequence[str]) -> None:
    """Saves ``fields`` of many topics, or of many subtopics, in the current change, with two queries a hundred."""
    searched: list[str] = ["search_text"] if rows and isinstance(rows[0], Subtopic) and SEARCHED & set(fields) else []
    if options := _written(rows, is_searched=bool(searched)):
        bulk_update_with_history(rows, type(rows[0]), [*fields, *searched, "revision"], **options)


def create_all(rows: Sequence[Row]) -> None:
    """Makes many topics, or many subtopics, in the current change, with two queries a hundred."""
    if options := _written(rows, is_searched=True):
        bulk_create_with_history(rows, type(rows[0]), **options)


def _written(rows: Sequence[Row], *, is_searched: bool) -> dict[str, Any]:
    """Makes ``rows`` ready to be written, in memory; how their history is. Empty where there are none."""
    for row in rows:
        row.revision += 1
        if isinstance(row, Subtopic) and is_searched:
            row.search_text = search_text_of(row)
    made = _wrote() if rows else None
    return (
        {"batch_size": 100, "default_user": made.made_by, "custom_historical_attrs": {"change": made}} if made else {}
    )


def _wrote() -> Change:
    """The current change, which is now known to have written a row."""
    made = current_change.get()
    if made is None:
        raise RuntimeError(OUTSIDE)
    made.wrote = True
    return made


def present(rows: QuerySet[Row], pk: int, revision: int | None = None) -> Row:
    """The row, read inside the change; raises EditedMeanwhile where it is gone or no longer what was ``seen``."""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise EditedMeanwhile(
            _("It is gone: somebody merged or removed it while you had it open. Nothing was changed.")
        )
    return seen(row, revision)


def seen(row: Row, revision: int | None) -> Row:
    """``row``; raises EditedMeanwhile, with who it was, where it is no longer what the person saw as ``revision``."""
    if revision is None or row.revision == revision:
        return row
    last = row.history.select_related("change__made_by").first()
    who = last.change.made_by if last and last.change.made_by else _("A job")
    raise EditedMeanwhile(
        _("{who} changed “{title}” while you had it open. Nothing of theirs was overwritten.").format(
            who=who, title=row.title
        )
    )


def undo(change_id: int, *, user: AbstractBaseUser | None) -> Change:
    """Brings back what the change wrote, renamed or removed, as a change of its own.

    Raises EditedMeanwhile where one of its rows is no longer as the change left it, or it was undone already.
    """
    undone = Change.objects.get(pk=change_id)
    try:
        with change(undone.book_id, _sentence_of(undone), user=user, undoes=undone) as made:
            undone.refresh_from_db()
            if undone.is_final:
                raise EditedMeanwhile(str(FINAL))
            _bring_back(undone)
            return made
    except IntegrityError as error:
        raise EditedMeanwhile(str(SINCE)) from error


def _sentence_of(undone: Change) -> str:
    """For what undoes it. An undo of an undo does what was undone again."""
    if undone.undoes is not None and undone.is_undo:
        return told(REDONE, said=_first_done(undone.undoes))
    return told("Undone: {said}", said=_first_done(undone))


def _first_done(done: Change) -> object:
    said = done.sentence
    return said.parts["said"] if isinstance(said, Told) and said.template == REDONE else whole(said)


def _bring_back(undone: Change) -> None:
    written = [*versions_of(Topic, [undone.pk]), *versions_of(Subtopic, [undone.pk])]
    for version in written:
        _check_untouched(version)
    for version in written:
        # Sequences and keys are unique: all rows leave theirs before one gets back what another has now.
        version.instance_type.objects.filter(pk=version.id).update(sequence=F("sequence") + APART, key=f"~{version.id}")
    for version in written:
        if version.history_type != "+":
            _restore(version)
    for version in reversed(written):
        if version.history_type == "+":
            version.instance_type.objects.get(pk=version.id).delete()
    for cut in AppliedCut.objects.filter(change=undone):
        cut.data, cut.before, cut.change = cut.before, cut.data, current_change.get()
        cut.save()


def versions_of(model: type[Topic | Subtopic], changes: Sequence[int]) -> list[Any]:
    """The last version of each row that each of ``changes`` (ids) wrote, with the kind of its first: a row may be
    written twice in one."""
    last: dict[tuple[int, int], Any] = {}
    for version in model.history.filter(change__in=changes).order_by("history_id"):
        first = last.get((version.change_id, version.id))
        version.first_id = first.first_id if first else version.history_id
        version.is_gone = version.history_type == "-"
        version.history_type = first.history_type if first else version.history_type
        last[version.change_id, version.id] = version
    return [version for version in last.values() if not (version.history_type == "+" and version.is_gone)]


def _check_untouched(version: Any) -> None:
    """By what the row says, not by its count: a later change that was undone left it as this one did."""
    present = version.instance_type.objects.filter(pk=version.id).first()
    if not is_as_left(version, present):
        raise EditedMeanwhile(str(SINCE))
    version.revision = present.revision if present else version.revision


def is_as_left(version: Any, present: Topic | Subtopic | None) -> bool:
    """Whether the row (None: it is gone) says what ``version``, one of its history, says."""
    if present is None or version.is_gone:
        return present is None and bool(version.is_gone)
    names = [field.attname for field in version.tracked_fields if field.name != "revision"]
    return all(getattr(version, name) == getattr(present, name) for name in names)


def _restore(version: Any) -> None:
    model = version.instance_type
    before = model.history.filter(id=version.id, history_id__lt=version.first_id).order_by("-history_id").first()
    if before is None:
        raise EditedMeanwhile(_("What it was before is not known any more."))
    row = before.instance
    row.revision = version.revision
    row.save()


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
