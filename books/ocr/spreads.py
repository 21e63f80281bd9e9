"""Spreads, two facing pages on one scan: what is offered to be split, and splitting it into its pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _

from books.errors import ArrangementRefused
from books.intake.order import split_pages
from books.language import reads_from_right
from books.models import Arrangement, Book, Page
from books.ocr.engines.base import Doubt
from books.ocr.image.parts import halves, within
from books.ocr.start import check_readable, start_reading
from books.stored.cut import WHOLE, Corners
from jobs.models import Job


def marked_spreads(book: Book) -> list[Page]:
    """The pages of the book that look like two, in order."""
    pages = Page.objects.filter(book=book, cut__isnull=False, reading__text_may_be_missing=True).order_by("number")
    with_reading = pages.select_related("reading").defer("reading__text", "reading__lines")
    return [page for page in with_reading if page.reading and Doubt.SPREAD in page.reading.doubts]


def split_spreads(
    book: Book,
    pages: Iterable[Page],
    *,
    at: Mapping[UUID, float] | None = None,
    from_right: bool | None = None,
    user: AbstractBaseUser | None = None,
) -> tuple[Arrangement, Job]:
    """Puts the two pages of each of ``pages`` in its place, in the order of reading, and has them read.

    ``at`` says where to cut, as a share of the width, where that is not what was found. The right page is the first
    where ``from_right`` says so, by default where the book's language is read from the right. Raises ArrangementRefused
    and what ``start_reading`` raises.
    """
    check_readable(book)
    is_from_right = reads_from_right(book.language) if from_right is None else from_right
    parts = {page.pk: _parts(page, (at or {}).get(page.pk)) for page in pages}
    if not parts:
        raise ArrangementRefused(_("There is no spread to split."))
    done = split_pages(book, {page: both[::-1] if is_from_right else both for page, both in parts.items()}, user=user)
    return done, start_reading(book, pages=done.inserted, user=user)


def _parts(page: Page, at: float | None) -> tuple[Corners, Corners]:
    if page.cut is None:
        raise ArrangementRefused(
            _("Page {number} is no wider than high, or was not read yet: it cannot be split.").format(
                number=page.number
            )
        )
    cut = page.cut if at is None else page.cut.moved_to(at)
    if not all(0 < end < 1 for end in (cut.top, cut.bottom)):
        raise ArrangementRefused(_("Page {number} can be cut between its edges only.").format(number=page.number))
    left, right = halves(cut)
    whole = page.part or WHOLE
    return within(whole, left), within(whole, right)
