"""The order of a book's pages: move, insert, remove, turn and split them, and undo that.

Whatever refers to a page names it by its id, so none of this rewrites anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from typing import Final
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from books.errors import ArrangementRefused
from books.intake import limits
from books.intake.store import Receipt, Upload, add_source, locked, pages_taken, store_files
from books.models import Arrangement, Book, OcrStatus, Page, PageReview, Source
from books.models.page import TURNS
from books.sentences import Told, told
from books.stored.cut import Corners
from books.stored.pages import Turned
from jobs import clock
from jobs.errors import JobAlreadyActive
from jobs.models import Job

# Numbers are unique: pages are moved out of the way by this much before they get their new ones.
APART: Final = 100_000
# How many page numbers a sentence lists.
NAMED: Final = 6
BEFORE_TURNING: Final = tuple(each.name for each in fields(Turned) if each.name != "to")


def move_pages(book: Book, pages: Iterable[Page], to: int, *, user: AbstractBaseUser | None = None) -> Arrangement:
    """Moves ``pages``, together and in their order, so that the first of them gets number ``to``.

    This and the others here raise JobAlreadyActive while a job of the book is active, and ArrangementRefused.
    """
    with _arranging(book) as order:
        moved = _in_order(order, pages)
        rest = [page for page in order if page not in moved]
        if not 1 <= to <= len(rest) + 1:
            raise ArrangementRefused(
                told(
                    "{pages} can go to numbers 1 to {last}, not {to}.",
                    pages=_named(order, moved),
                    last=len(rest) + 1,
                    to=to,
                )
            )
        rest[to - 1 : to - 1] = moved
        return _arrange(book, order, rest, told("{pages} moved to {place}", pages=_named(order, moved), place=to), user)


def delete_pages(book: Book, pages: Iterable[Page], *, user: AbstractBaseUser | None = None) -> Arrangement:
    """Removes ``pages`` and closes the gaps. They keep text, approval and citations, and come back with ``undo_last``
    until the sweep deletes them thirty days later."""
    with _arranging(book) as order:
        removed = _in_order(order, pages)
        rest = [page for page in order if page not in removed]
        return _arrange(book, order, rest, told("{pages} removed", pages=_named(order, removed)), user)


def insert_pages(
    book: Book, uploads: Sequence[Upload], at: int, *, user: AbstractBaseUser | None = None
) -> tuple[Receipt, Arrangement | None]:
    """Stores ``uploads`` as ``add_files`` does and puts their pages where ``at`` is now; None where none was stored."""
    with _arranging(book) as order:
        _check_place(order, at)
    with ExitStack() as files:
        receipt = store_files(book, uploads, files, user=user)
        if not receipt.stored:
            return receipt, None
        with _arranging(book) as order:
            _check_place(order, at)
            for source in receipt.stored:
                add_source(source, source.places)
            return receipt, _insert(book, order, at, user)


def _check_place(order: Sequence[UUID], at: int) -> None:
    if not 1 <= at <= len(order) + 1:
        raise ArrangementRefused(
            _("A page can be inserted at numbers 1 to {last}, not {at}.").format(last=len(order) + 1, at=at)
        )


def _insert(book: Book, before: list[UUID], at: int, user: AbstractBaseUser | None) -> Arrangement:
    """Puts the pages behind ``before`` where ``at`` is."""
    present = _order(book)
    inserted = present[len(before) :]
    after = [*before[: at - 1], *inserted, *before[at - 1 :]]
    # Undone, they are removed: the order before is the one without them.
    arrangement = _record(book, before, after, told("{pages} inserted", pages=_named(after, inserted)), user)
    _set_order(book, present, after)
    arrangement.save()
    return arrangement


def rotate_pages(
    book: Book, pages: Iterable[Page], degrees: int, *, user: AbstractBaseUser | None = None
) -> Arrangement:
    """Turns ``pages`` clockwise by 90, 180 or 270 degrees from how they are shown: they wait for OCR, which makes image
    and text again, and for a new approval. No engine turns them any more."""
    if degrees not in TURNS[1:]:
        raise ArrangementRefused(_("A page can be turned by 90, 180 or 270 degrees."))
    with _arranging(book) as order:
        turned = _in_order(order, pages)
        shown = Page.objects.filter(pk__in=turned).values_list("pk", "rotation", "reading__rotation")
        rotations = {page: ((own or 0) + (by_engine or 0) + degrees) % 360 for page, own, by_engine in shown}
        said = told("{pages} turned by {degrees} degrees", pages=_named(order, turned), degrees=degrees)
        arrangement = _record(book, order, order, said, user)
        _turn_to(arrangement, rotations)
        return arrangement


def split_pages(
    book: Book, parts: Mapping[UUID, Sequence[Corners]], *, user: AbstractBaseUser | None = None
) -> Arrangement:
    """Puts new pages, one for each of its parts in the order of reading, in the place of each page (its id). They have
    its scan and wait for OCR, which turns none of them; the page itself is removed until ``undo_last``."""
    with _arranging(book) as order:
        whole = {page.pk: page for page in Page.objects.filter(book=book, pk__in=parts)}
        split = _in_order(order, [Page(pk=page) for page in parts])
        _check_room(book, sum(map(len, parts.values())) - len(split))
        halves = {page: [_part(whole[page], corners) for corners in parts[page]] for page in split}
        Page.objects.bulk_create(half for row in halves.values() for half in row)
        after = [page for each in order for page in ([half.pk for half in halves[each]] if each in halves else [each])]
        return _arrange(book, order, after, told("{pages} split in two", pages=_named(order, split)), user)


def _part(page: Page, corners: Corners) -> Page:
    """Not of the book until it has a number."""
    return Page(
        book_id=page.book_id, source_id=page.source_id, frame=page.frame, part=corners, rotation=0,
        number=page.number, removed_at=clock.now(),
    )  # fmt: skip


def undo_last(book: Book, expected: str | None = None) -> Arrangement:
    """Takes back the latest arrangement of ``book``, which has to be the one with the id ``expected`` if given; returns
    what it was, for ``redo``. Pages uploaded since stay at the end.

    A page that was read again since it was turned is turned back and waits to be read once more; any other becomes
    exactly what it was.
    """
    with _arranging(book) as present:
        last = Arrangement.objects.filter(book=book).first()
        if last is None:
            raise ArrangementRefused(_("There is nothing to undo."))
        if expected not in (None, str(last.pk)):
            raise ArrangementRefused(_("The pages were arranged again since: nothing was undone."))
        known = set(Page.every.filter(book=book).values_list("pk", flat=True))
        before = [UUID(page) for page in last.before if UUID(page) in known]
        since = [page for page in present if str(page) not in {*last.before, *last.after}]
        _check_room(book, len(before) + len(since) - len(present))
        if present != [*before, *since]:
            _set_order(book, present, [*before, *since])
        for page, turned in last.turned.items():
            _turn_back(page, turned)
        last.delete()
        return last


def redo(book: Book, undone: Arrangement, *, user: AbstractBaseUser | None = None) -> Arrangement:
    """Does again what ``undo_last`` took back, unless pages were arranged since; those uploaded since stay behind."""
    before, after = ([UUID(page) for page in order] for order in (undone.before, undone.after))
    with _arranging(book) as present:
        known = set(Page.every.filter(book=book).values_list("pk", flat=True))
        if present[: len(before)] != before or not known.issuperset(after):
            raise ArrangementRefused(_("The pages were arranged again since: nothing was done."))
        if undone.turned:
            made = _record(book, present, present, undone.sentence, user)
            _turn_to(made, {UUID(page): turned.to for page, turned in undone.turned.items()})
            return made
        _check_room(book, len(after) - len(before))
        return _arrange(book, present, [*after, *present[len(before) :]], undone.sentence, user)


def forget_removed(pages: QuerySet[Page]) -> None:
    """Deletes removed ``pages`` for good, with their files and the scans of which no page is left."""
    with transaction.atomic():
        sources = list(pages.values_list("source", flat=True).distinct())
        pages.delete()
        empty = Source.objects.filter(pk__in=sources).exclude(pk__in=Page.every.values("source"))
        empty.delete()


# ---- the parts -------------------------------------------------------------------------------------------------------


@contextmanager
def _arranging(book: Book) -> Iterator[list[UUID]]:
    """The ids of the book's pages in order, with the book locked: no job of it can start, no page be added."""
    with locked(book):
        active = Job.objects.holding().filter(book=book).first()
        if active is not None:
            raise JobAlreadyActive(
                _("A job of this book is active: its pages can be arranged when it is over."), job_id=str(active.pk)
            )
        yield _order(book)


def _order(book: Book) -> list[UUID]:
    return list(Page.objects.filter(book=book).order_by("number").values_list("pk", flat=True))


def _check_room(book: Book, more: int) -> None:
    """Raises ArrangementRefused where ``more`` pages, which come back or are split off, are too many."""
    taken = pages_taken(book)
    if more > 0 and taken + more > limits.PAGES_PER_BOOK:
        raise ArrangementRefused(
            _("{more} pages would come to {taken} others, more than the {most} of a book. Remove others first.").format(
                more=more, taken=taken, most=limits.PAGES_PER_BOOK
            )
        )


def _in_order(order: Sequence[UUID], pages: Iterable[Page]) -> list[UUID]:
    """The ids of ``pages`` in book order. Raises ArrangementRefused where one is no longer in the book, or none is."""
    wanted = {page.pk for page in pages}
    chosen = [page for page in order if page in wanted]
    if not chosen or len(chosen) < len(wanted):
        raise ArrangementRefused(_("Choose pages of this book; somebody may have removed one meanwhile."))
    return chosen


def _named(order: Sequence[UUID], pages: Sequence[UUID]) -> Told:
    numbers = [str(order.index(page) + 1) for page in pages]
    if len(numbers) == 1:
        return told("Page {page}", page=numbers[0])
    first, more = ", ".join(numbers[:NAMED]), len(numbers) - NAMED
    if more > 0:
        return told("Pages {numbers} and {count} more", numbers=first, count=more)
    return told("Pages {numbers}", numbers=first)


def _arrange(
    book: Book, before: list[UUID], after: list[UUID], sentence: str, user: AbstractBaseUser | None
) -> Arrangement:
    arrangement = _record(book, before, after, sentence, user)
    _set_order(book, before, after)
    arrangement.save()
    return arrangement


def _record(
    book: Book, before: Sequence[UUID], after: Sequence[UUID], sentence: str, user: AbstractBaseUser | None
) -> Arrangement:
    return Arrangement(
        book=book,
        sentence=sentence,
        before=[str(page) for page in before],
        after=[str(page) for page in after],
        made_by_id=user.pk if user else None,
    )


def _set_order(book: Book, present: Sequence[UUID], wanted: Sequence[UUID]) -> None:
    """Numbers the pages ``wanted`` from 1 in that order; those of ``present`` that are not among them are removed."""
    leaving = set(present) - set(wanted)
    Page.objects.filter(pk__in=leaving).update(removed_at=clock.now())
    Page.objects.filter(book=book).update(number=F("number") + APART)
    pages = Page.every.in_bulk(wanted)
    for number, page in enumerate(wanted, start=1):
        pages[page].number, pages[page].removed_at = number, None
    Page.every.bulk_update(pages.values(), ["number", "removed_at"], batch_size=200)


def _turn_to(arrangement: Arrangement, rotations: Mapping[UUID, int]) -> None:
    arrangement.turned = {
        str(page.pk): Turned(**{name: getattr(page, name) for name in BEFORE_TURNING}, to=rotations[page.pk])
        for page in Page.objects.filter(pk__in=rotations)
    }
    arrangement.save()
    for page, rotation in rotations.items():
        _turn(page, rotation)


def _turn(page: str | UUID, rotation: int | None) -> None:
    Page.objects.filter(pk=page).update(
        rotation=rotation,
        ocr_status=OcrStatus.WAITING,
        review=PageReview.PENDING,
        reviewed_by=None,
        reviewed_at=None,
    )


def _turn_back(page: str, turned: Turned) -> None:
    as_it_was = {name: getattr(turned, name) for name in BEFORE_TURNING}
    if not Page.objects.filter(Q(reading_id=turned.reading_id), pk=page).update(**as_it_was):
        _turn(page, turned.rotation)
