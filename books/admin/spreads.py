"""Spreads: where each would be cut into its two pages, and cutting them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from books.admin.guards import StaffRequest, action, screen, show
from books.admin.pages import remembered
from books.errors import ArrangementRefused
from books.language import reads_from_right
from books.models import Book, Page
from books.numbers import LARGEST_PLACE, number_of
from books.ocr.review import pages_of
from books.ocr.spreads import marked_spreads, split_spreads

# Of more pages than these small pictures are shown.
SCANS_SHOWN = 4


@screen("books.change_book", "pages/spreads/", "books_book_spreads")
def spreads(request: StaffRequest, book: Book) -> HttpResponseBase:
    """All that are marked, or the page whose number the address names, marked or not."""
    number = number_of(request.GET.get("page"), LARGEST_PLACE)
    pages = marked_spreads(book) if number is None else list(book.pages.filter(number=number, cut__isnull=False))
    context = {
        "title": _("Split spreads"),
        "book": book,
        "rows": [(page, page.cut, round(100 * page.cut.middle, 1)) for page in pages if page.cut],
        "has_scans": len(pages) <= SCANS_SHOWN,
        "is_from_right": reads_from_right(book.language),
    }
    return show(request, "spreads", context)


@action("books.change_book", "pages/spreads/split/", "books_book_spreads_split")
def split(request: StaffRequest, book: Book) -> HttpResponseBase:
    pages = list(pages_of(book, request.POST.getlist("page")))
    at = {page.pk: share for page in pages if (share := _share(request, page)) is not None}
    from_right = request.POST.get("first") == "right"
    done, _ = split_spreads(book, pages, at=at, from_right=from_right, user=request.user)
    messages.success(
        request,
        ngettext(
            "{count} spread split; {read} pages are being read.",
            "{count} spreads split; {read} pages are being read.",
            len(pages),
        ).format(count=len(pages), read=len(done.inserted)),
    )
    return remembered(request, book, done)


def _share(request: StaffRequest, page: Page) -> float | None:
    """Where the person moved the cut to; None where it was left as it was found."""
    typed = request.POST.get(f"at-{page.pk}")
    try:
        share = float(typed) / 100 if typed else None
    except ValueError:
        raise ArrangementRefused(
            _("Say with a number from 0 to 100 where page {number} is to be cut.").format(number=page.number)
        ) from None
    is_moved = share is not None and page.cut is not None and abs(share - page.cut.middle) > 0.0006
    return share if is_moved else None
