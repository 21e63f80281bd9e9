"""The pictures of a book's pages, the map of them, and what can be done with the chosen ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.http.response import HttpResponseBadRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from books.admin.book_page import sent_files, tell_of
from books.admin.drawings import confidence_strip
from books.admin.guards import StaffRequest, action, screen, show
from books.admin.jobs import row_mark
from books.admin.page_states import FILTERS, STATES, Cell, cells_of
from books.admin.undo import ARRANGE, BACK, Step, last_undone, offers, remember, remember_undone
from books.admin.workbench import to_map
from books.bodies import MANY_FILES
from books.errors import ArrangementRefused, Busy, StorageAway, UnreadableImage
from books.extraction.estimate import estimate_of_reading
from books.intake import order
from books.keys import fingerprint
from books.models import Arrangement, Book, OcrStatus, Page
from books.models.typed_json import TypedJSONField
from books.numbers import LARGEST_PLACE, number_of
from books.ocr.engines.base import Doubt
from books.ocr.factory import MODEL, available_engines
from books.ocr.image.open import SHEET, sheet_of
from books.ocr.review import clean_pages, pages_for_a_model, pages_of
from books.ocr.scans import thumbnail_of, thumbnails_of
from books.ocr.start import asks_model, check_readable, start_reading
from books.sentences import as_text, from_text
from books.stored.pages import numbers_in
from books.team.sharing import reasons_of
from books.wording import in_language
from jobs.models import Item, Job
from jobs.states import ItemState


@screen("books.view_book", "pages/", "books_book_pages")
def grid(request: StaffRequest, book: Book) -> HttpResponseBase:
    return show(request, "_pages", {"book": book, "cells": cells_of(book)})


@screen("books.view_book", "pages/<int:number>/scan/", "books_book_scan", cacheable=True)
def scan(request: StaffRequest, book: Book, page: Page) -> HttpResponseBase:
    """Streams the PNG that the reading encoded."""
    return _picture(lambda: FileResponse(default_storage.open(page.image_name), content_type="image/png"))


@screen("books.view_book", "pages/<int:number>/thumbnail/", "books_book_thumbnail", cacheable=True)
def thumbnail(request: StaffRequest, book: Book, page: Page) -> HttpResponseBase:
    return _picture(lambda: HttpResponse(thumbnail_of(page), content_type="image/jpeg"))


@screen("books.view_book", "pages/sheet/", "books_book_sheet", cacheable=True)
def sheet(request: StaffRequest, book: Book) -> HttpResponseBase:
    """The thumbnails of up to SHEET pages in one picture; ``?of=3-5,8`` names their numbers."""
    try:
        numbers = numbers_in(request.GET.get("of", ""))[:SHEET]
    except ValueError as error:
        return HttpResponseBadRequest(str(error))
    pages = list(Page.objects.filter(book=book, number__in=numbers))

    def made() -> HttpResponse:
        kept = thumbnails_of(pages)
        lying = {numbers.index(page.number): kept[page.pk] for page in pages if page.pk in kept}
        return HttpResponse(sheet_of(lying), content_type="image/webp")

    return _picture(made)


def _picture(made: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The address holds the reading's id, so a day in the cache is safe."""
    try:
        response = made()
    except FileNotFoundError as error:
        raise Http404(_("This page has no picture yet.")) from error
    except (StorageAway, Busy) as away:
        return HttpResponse(away.message, status=503, content_type="text/plain")
    except UnreadableImage as damaged:
        return HttpResponse(damaged.message, status=404, content_type="text/plain")
    response["Cache-Control"] = "private, max-age=86400"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _mark_of(job: Job) -> str:
    """Changes when a page was read, and when one is taken in hand."""
    in_hand = Item.objects.filter(job=job, state=ItemState.LEASED).order_by("pk").values_list("pk", flat=True)
    return fingerprint(row_mark(job), list(in_hand))[:16]


# What redoing an arrangement needs of it.
AGAIN = ("sentence", "before", "after", "turned")
# As the column has it.
TURNED = cast("TypedJSONField", Arrangement._meta.get_field("turned")).adapter


@screen("books.view_book", "pages/map/", "books_book_map")
def page_map(request: StaffRequest, book: Book) -> HttpResponseBase:
    """While a job holds the book the map asks for itself, and gets 204 where nothing moved."""
    job = Job.objects.holding().filter(book=book).first()
    mark = _mark_of(job) if job else ""
    if mark and request.headers.get("X-Mark") == mark:
        return HttpResponse(status=204)
    cells = cells_of(book)
    wanted = request.GET.get("show", "all")
    chosen = next((each for each in FILTERS if each.name == wanted), FILTERS[0])
    shown = offers(request, book)
    is_offered = any((each.way, each.step["kind"]) == ("undo", ARRANGE) for each in shown)
    last = None if is_offered else Arrangement.objects.filter(book=book).select_related("made_by").first()
    context = {
        "title": _("Page map"),
        "book": book,
        "cells": [cell for cell in cells if chosen.shows(cell)],
        "filters": [(each, sum(map(each.shows, cells))) for each in FILTERS],
        "chosen": chosen,
        "sheets": [_sheet_of(cells[at : at + SHEET]) for at in range(0, len(cells), SHEET)],
        "total": len(cells),
        "mark": mark,
        "spreads": sum(Doubt.SPREAD in cell.doubts for cell in cells),
        "failed": sum(cell.page.ocr_status == OcrStatus.FAILED for cell in cells),
        "clean": clean_pages(book).count(),
        "doubtful": len(pages_for_a_model(book)) if MODEL in available_engines() else 0,
        "strip": confidence_strip([cell.page for cell in cells]),
        "legend": [(state, *letter_and_label) for state, letter_and_label in STATES.items()],
        "offers": shown,
        "last_arrangement": last,
        "back_words": BACK,
        "engines": available_engines(),
    }
    return show(request, "page_map", context)


def _sheet_of(lot: list[Cell]) -> str:
    return next((cell.thumb.sheet for cell in lot if cell.thumb), "-")


@action("books.change_book", "pages/read/", "books_book_pages_read")
def read_chosen(request: StaffRequest, book: Book) -> HttpResponseBase:
    """Reads the chosen pages again, with the posted engine or the usual one; their texts stay in their history."""
    pages = list(pages_of(book, request.POST.getlist("page")).values_list("pk", flat=True))
    engine = request.POST.get("engine", "")
    if asks_model(engine) and not request.user.has_perm("books.ask_model"):
        raise PermissionDenied
    return _read(request, book, pages, engine)


@screen("books.ask_model", "pages/doubtful/", "books_book_doubtful")
def doubtful(request: StaffRequest, book: Book) -> HttpResponseBase:
    """What having doubtful pages read by a model would cost, to be confirmed: its form is that of chosen pages."""
    pages = pages_for_a_model(book)
    reasons = reasons_of(pages)
    context = {
        "title": _("Read doubtful pages with a model"),
        "book": book,
        "pages": [(page, reasons.get(page.pk, "")) for page in pages],
        "engine": MODEL,
        "may_read": MODEL in available_engines(),
        "estimate": estimate_of_reading(book, len(pages)),
    }
    return show(request, "doubtful", context)


@action("books.change_book", "pages/read-failed/", "books_book_read_failed")
def read_failed(request: StaffRequest, book: Book) -> HttpResponseBase:
    failed = Page.objects.filter(book=book, ocr_status=OcrStatus.FAILED)
    return _read(request, book, list(failed.values_list("pk", flat=True)))


def _read(request: StaffRequest, book: Book, pages: list[UUID], engine: str = "") -> HttpResponse:
    if not pages:
        raise ArrangementRefused(_("Choose at least one page first."))
    start_reading(book, pages=pages, engine=engine, user=request.user)
    words = ngettext("1 page is being read again.", "{count} pages are being read again.", len(pages))
    messages.success(request, words.format(count=len(pages)))
    return to_map(request, book.pk)


@action("books.change_book", "pages/arrange/", "books_book_arrange")
def arrange_chosen(request: StaffRequest, book: Book) -> HttpResponseBase:
    """Moves, turns or removes the chosen pages. Turned ones are read again at once."""
    pages = list(pages_of(book, request.POST.getlist("page")))
    act, value = request.POST.get("act", "").partition(":")[::2]
    if act == "move":
        done = order.move_pages(book, pages, _number(request, "to"), user=request.user)
    elif act == "turn":
        done = order.rotate_pages(book, pages, number_of(value) or 0, user=request.user)
        start_reading(book, pages=[page.pk for page in pages], user=request.user)
    elif act == "remove":
        done = order.delete_pages(book, pages, user=request.user)
    else:
        return HttpResponseBadRequest(_("Unknown action."))
    return remembered(request, book, done)


@action("books.change_book", "pages/insert/", "books_book_insert", most_bytes=MANY_FILES)
def insert(request: StaffRequest, book: Book) -> HttpResponseBase:
    check_readable(book)
    receipt, done = order.insert_pages(book, sent_files(request), _number(request, "at"), user=request.user)
    tell_of(receipt, request)
    if done is not None:
        start_reading(book, user=request.user)
        return remembered(request, book, done)
    return to_map(request, book.pk)


def remembered(request: StaffRequest, book: Book, done: Arrangement) -> HttpResponse:
    step = {"kind": ARRANGE, "id": str(done.pk), "sentence": as_text(done.sentence)}
    return remember(request, book.pk, step, to_map(request, book.pk))


@action("books.change_book", "pages/arrange/undo/", "books_book_arrange_undo")
def undo(request: StaffRequest, book: Book) -> HttpResponseBase:
    """Takes the latest arrangement back; pages that were read since they were turned are read once more."""
    undone = order.undo_last(book, request.POST.get("step"))
    messages.success(request, _("Undone: {sentence}.").format(sentence=in_language(undone.sentence)))
    _read_waiting(request, book)
    facts = {"sentence": as_text(undone.sentence), "turned": TURNED.dump_python(undone.turned, mode="json")}
    again = {name: getattr(undone, name) for name in AGAIN} | facts
    return remember_undone(request, book.pk, {"kind": ARRANGE, "id": str(undone.pk)}, again, to_map(request, book.pk))


@action("books.change_book", "pages/arrange/redo/", "books_book_arrange_redo")
def redo(request: StaffRequest, book: Book) -> HttpResponseBase:
    undone = last_undone(request, book.pk, ARRANGE)
    if undone is None:
        raise ArrangementRefused(_("There is nothing to redo."))
    done = order.redo(book, _again(undone), user=request.user)
    _read_waiting(request, book)
    return remembered(request, book, done)


def _again(step: Step) -> Arrangement:
    facts = {"sentence": from_text(step["sentence"]), "turned": TURNED.validate_python(step["turned"])}
    return Arrangement(**{name: step[name] for name in AGAIN} | facts)


def _read_waiting(request: StaffRequest, book: Book) -> None:
    if Page.objects.filter(book=book, ocr_status=OcrStatus.WAITING).exists():
        start_reading(book, user=request.user)


def _number(request: StaffRequest, name: str) -> int:
    """Raises ArrangementRefused for what is no page number."""
    number = number_of(request.POST.get(name), LARGEST_PLACE)
    if number is None:
        raise ArrangementRefused(_("Say at which page number."))
    return number
