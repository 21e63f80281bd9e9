"""Publishing: one guideline, a topic or a whole book, and going back, each as one transaction that makes a new set."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from books.errors import EditedMeanwhile, StageNotReady
from books.guidelines.changes import change, save_all
from books.guidelines.review import Decision, move
from books.models import (
    Book,
    Change,
    Feed,
    Happening,
    PublishedGuideline,
    PublishedSet,
    ReviewStatus,
    Subtopic,
)
from books.models.page import page_numbers
from books.publishing.plan import APPROVED, Scope, check_something, plan_of, present_version
from books.publishing.published import Facts, key_of, own_facts, published_facts
from books.publishing.webhooks import announce
from books.sentences import gettext_noop, told, whole
from jobs import clock

SEEN_CHANGED = gettext_lazy(
    "Something changed since you looked, so nothing was published. See below what publishing changes now."
)


def publish(book_id: int, scope: Scope | None = None, *, user: AbstractBaseUser | None, seen: str = "") -> PublishedSet:
    """Gives readers what of ``scope`` (None: the book) may go out, as the book's next set.

    ``seen`` is the mark of the plan that the person looked at. Raises EditedMeanwhile where it would be another one
    now, StageNotReady where nothing would change for readers.
    """
    with change(book_id, "Published", user=user) as made:
        with override(settings.LANGUAGE_CODE):  # what is left out is kept
            plan = plan_of(Book.objects.get(pk=book_id), scope)
        if seen and seen != plan.mark:
            raise EditedMeanwhile(str(SEEN_CHANGED))
        check_something(plan)
        left_out = [
            {"title": each.title, "topic": each.topic, "reason": each.reason} for each in (*plan.left_out, *plan.stays)
        ]
        fresh = PublishedSet(sentence=plan.sentence, left_out=left_out)
        return _make(made, plan.book, fresh, plan.wanted, Happening.PUBLISHED)


def roll_back(book_id: int, version: int, *, user: AbstractBaseUser | None) -> PublishedSet:
    """Gives readers the set ``version`` again, exactly as it was, as a new set. Raises StageNotReady for what
    they have already.

    The guidelines that people work on keep their text; those that are not what readers get then are approved again.
    """
    with change(book_id, "Rolled back", user=user) as made:
        book = Book.objects.get(pk=book_id)
        earlier = PublishedSet.objects.get(book=book, version=version)
        rows = PublishedGuideline.objects.of_version(book_id, version)
        fresh = PublishedSet(sentence=told("Rolled back to version {version}", version=version), restores=earlier)
        wanted = {row.key: published_facts(row) for row in rows}
        return _make(made, book, fresh, wanted, Happening.ROLLED_BACK)


def take_back(book_id: int, *, user: AbstractBaseUser | None) -> PublishedSet:
    """Leaves readers nothing of the book, until something is published or rolled back to again."""
    with change(book_id, "Taken back", user=user) as made:
        fresh = PublishedSet(sentence=gettext_noop("All guidelines taken back"))
        return _make(made, Book.objects.get(pk=book_id), fresh, {}, Happening.WITHDRAWN)


def _make(
    made: Change, book: Book, fresh: PublishedSet, wanted: dict[str, Facts], happening: Happening
) -> PublishedSet:
    """Writes ``fresh`` as the set that follows, in the current change, which holds the book's lock."""
    current = {row.key: row for row in PublishedGuideline.objects.filter(book=book).current()}
    ended = [row for key, row in current.items() if key not in wanted or wanted[key] != published_facts(row)]
    begun = [facts for key, facts in wanted.items() if key not in current or published_facts(current[key]) != facts]
    if not ended and not begun:
        raise StageNotReady(_("Readers have exactly this already."))
    fresh.book, fresh.version, fresh.made_by = book, present_version(book.pk) + 1, made.made_by
    fresh.made_at = Feed.move(clock.now())
    fresh.save()
    PublishedGuideline.objects.filter(pk__in=[row.pk for row in ended]).update(until_version=fresh.version - 1)
    PublishedGuideline.objects.bulk_create(
        [
            PublishedGuideline(book=book, since_version=fresh.version, published_at=fresh.made_at, **each)
            for each in begun
        ],
        batch_size=100,
    )
    _settle(book, wanted)
    made.is_final = True
    made.save(update_fields=["is_final"])
    made.tell(told("Published version {version}: {said}", version=fresh.version, said=whole(fresh.sentence)))
    gone = {row.key for row in ended} - set(wanted)
    announce(fresh, happening, guidelines=len(wanted), written=len(begun), removed=len(gone))
    return fresh


def _settle(book: Book, wanted: dict[str, Facts]) -> None:
    """An approved guideline is published exactly where readers get its present text."""
    rows = Subtopic.objects.filter(topic__book=book, status__in=APPROVED)
    moved, numbers = [], page_numbers(book.pk)
    for row in rows:
        facts = wanted.get(key_of(row))
        is_out = facts is not None and all(facts[name] == value for name, value in own_facts(row, numbers).items())
        if is_out != (row.status == ReviewStatus.PUBLISHED):
            move(row, Decision.PUBLISH if is_out else Decision.WITHDRAW, user=None)
            moved.append(row)
    save_all(moved, ["status"])
