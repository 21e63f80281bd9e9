"""Pages as JSON: adding many or one, uploads in many requests, a better scan, reading one again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, BinaryIO, Literal, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, File, Router, Schema, Status
from ninja.files import UploadedFile

from books.api.base import INTAKE, JOBS, REVIEW, Number, opened, require
from books.api.jobs import StartedOut, started_document
from books.bodies import MANY_FILES, ONE_FILE, takes
from books.errors import UploadRejected
from books.intake.delivery import Announced, Taken, announce, presigned_post, take, take_from_bucket
from books.intake.files import natural_places
from books.intake.limits import FILES_PER_UPLOAD
from books.intake.order import delete_pages, insert_pages
from books.intake.replace import replace_scan
from books.intake.store import Receipt, Upload, add_files
from books.models import Delivery, ExpectedFile, Page
from books.numbers import LARGEST
from books.ocr.review import approve_pages
from books.ocr.start import check_readable, finish, read_new_pages, read_on_the_way, start_reading
from books.wording import in_language

router = Router(tags=["pages"])


class RefusedFile(Schema):
    name: str
    reason: str


class BulkOut(Schema):
    """``pages`` is how many pages were added; ``notes`` name what to look at in stored files, and pages left out."""

    stored: list[str]
    refused: list[RefusedFile]
    notes: list[str]
    pages: int
    job_id: UUID | None


class PagesOut(Schema):
    numbers: list[int]
    notes: list[str] = []
    job_id: UUID | None


class ApproveIn(Schema):
    pages: list[Number] | None = None


class ApprovedOut(Schema):
    approved: int


@router.post("/{int:book_id}/pages/bulk", auth=INTAKE, response=BulkOut)
@takes(MANY_FILES, "books.change_book")
def upload_pages(request: HttpRequest, book_id: int, files: File[list[UploadedFile]]) -> BulkOut:
    """Stores what is acceptable of up to 200 files, in natural order of their names, and has the new pages read.

    Names what is not stored with the reason. Answers 409 while a job works from the book's pages.
    """
    user, book = opened(request, book_id, "books.change_book")
    check_readable(book)
    receipt = add_files(book, [_upload(each) for each in files], user=user)
    job = read_new_pages(book, user=user) if receipt.stored else None
    return BulkOut(
        stored=[source.name for source in receipt.stored],
        refused=[RefusedFile(name=error.name, reason=error.reason) for error in receipt.refused],
        notes=receipt.notes,
        pages=receipt.pages,
        job_id=job.pk if job else None,
    )


@router.post("/{int:book_id}/pages", auth=INTAKE, response={201: PagesOut})
@takes(ONE_FILE, "books.change_book")
def add_page(request: HttpRequest, book_id: int, file: File[UploadedFile]) -> Status[PagesOut]:
    """Adds one file (an image of up to 20 MB, or a PDF with all its pages) behind the last page and has it read."""
    user, book = opened(request, book_id, "books.change_book")
    check_readable(book)
    return Status(201, _added(add_files(book, [_upload(file)], user=user), user))


@router.put("/{int:book_id}/pages/{int:number}/scan", auth=INTAKE, response=PagesOut)
@takes(ONE_FILE, "books.change_book")
def put_scan(request: HttpRequest, book_id: int, number: int, file: File[UploadedFile]) -> PagesOut:
    """Replaces the scan of a page and has it read; its review begins anew, its earlier readings stay as history."""
    user = require(request, "books.change_book")
    page = get_object_or_404(Page.objects.select_related("book"), book=book_id, number=number)
    check_readable(page.book)
    page = replace_scan(page, _upload(file), user=user)
    return PagesOut(numbers=[page.number], job_id=start_reading(page.book, pages=[page.pk], user=user).pk)


@router.post("/{int:book_id}/pages/{int:number}/insert", auth=INTAKE, response={201: PagesOut})
@takes(ONE_FILE, "books.change_book")
def insert_page(request: HttpRequest, book_id: int, number: int, file: File[UploadedFile]) -> Status[PagesOut]:
    """Adds one file before page ``number``; the pages behind it, and what cites them, are renumbered."""
    user, book = opened(request, book_id, "books.change_book")
    check_readable(book)
    receipt, _ = insert_pages(book, [_upload(file)], number, user=user)
    return Status(201, _added(receipt, user))


@router.delete("/{int:book_id}/pages/{int:number}", auth=INTAKE, response={204: None})
def delete_page(request: HttpRequest, book_id: int, number: int) -> Status[None]:
    """Removes a page and closes the gap; for thirty days it can be brought back."""
    user = require(request, "books.change_book")
    page = get_object_or_404(Page.objects.select_related("book"), book=book_id, number=number)
    delete_pages(page.book, [page], user=user)
    return Status(204, None)


@router.post("/{int:book_id}/pages/{int:number}/retry-ocr", auth=JOBS, response={202: StartedOut})
def retry_page(request: HttpRequest, book_id: int, number: int) -> Status[StartedOut]:
    user = require(request, "books.change_book")
    page = get_object_or_404(Page.objects.select_related("book"), book=book_id, number=number)
    return Status(202, started_document(start_reading(page.book, pages=[page.pk], user=user)))


@router.post("/{int:book_id}/pages/approve", auth=REVIEW, response=ApprovedOut)
def approve_read_pages(request: HttpRequest, book_id: int, wanted: ApproveIn | None = None) -> ApprovedOut:
    """Approves the pages with these numbers that were read; without a body all that were."""
    user, book = opened(request, book_id, "books.change_page")
    return ApprovedOut(approved=approve_pages(book, wanted.pages if wanted else None, user=user))


def _added(receipt: Receipt, user: User) -> PagesOut:
    """Starts the reading of a single file's pages; raises the UploadRejected of one that was not stored."""
    if receipt.refused:
        raise receipt.refused[0]
    pages = Page.objects.filter(source__in=receipt.stored).order_by("number")
    job = read_new_pages(receipt.stored[0].book, user=user)
    numbers = list(pages.values_list("number", flat=True))
    return PagesOut(numbers=numbers, notes=receipt.notes, job_id=job.pk if job else None)


def _upload(file: UploadedFile) -> Upload:
    return Upload(file.name or "", cast("BinaryIO", file.file))


class AnnouncedFile(Schema):
    """``size`` in bytes; ``sha256`` lets the server tell what it has already, and the bucket check what arrives."""

    name: Annotated[str, Field(max_length=4096)]
    size: Annotated[int, Field(ge=0, le=LARGEST)]
    sha256: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""


class AnnounceIn(Schema):
    files: list[AnnouncedFile]


class NamesIn(Schema):
    names: Annotated[list[Annotated[str, Field(max_length=4096)]], Field(max_length=10 * FILES_PER_UPLOAD)]


class PlacesOut(Schema):
    """Of each name its place, from 0, in the list that was sent."""

    places: list[int]


class PostOut(Schema):
    """A form to send to the bucket: ``fields`` first, then ``file``; then tell with ``arrived``."""

    url: str
    fields: dict[str, str]


class AnswerOut(Schema):
    """``id`` is there where the file is to be sent, and ``post`` where it is to be sent to the bucket."""

    id: UUID | None
    name: str
    state: Literal["send", "here", "refused"]
    reason: str
    post: PostOut | None


class DeliveryOut(Schema):
    id: UUID
    files: list[AnswerOut]


class ArrivalOut(Schema):
    """``reason`` says why it was refused, or what to look at in what was stored."""

    state: Literal["stored", "refused"]
    reason: str = ""


class FinishOut(Schema):
    """``missing`` names the files that were announced and never came; ``pages`` is the book's number of pages now."""

    missing: list[str]
    pages: int
    job_id: UUID | None


@router.post("/{int:book_id}/uploads/order", auth=INTAKE, response=PlacesOut)
def order_names(request: HttpRequest, book_id: int, names: NamesIn) -> PlacesOut:
    """Names of files, or their paths in a folder, in the order in which a person would put a book's pages."""
    opened(request, book_id, "books.change_book")
    return PlacesOut(places=natural_places(names.names))


@router.post("/{int:book_id}/uploads", auth=INTAKE, response={201: DeliveryOut})
def announce_files(request: HttpRequest, book_id: int, announced: AnnounceIn) -> Status[DeliveryOut]:
    """At most 200 files, in the order in which they shall become pages; the answers are in the same order."""
    user, book = opened(request, book_id, "books.change_book")
    check_readable(book)
    files = [Announced(each.name, each.size, each.sha256) for each in announced.files]
    delivery, answers = announce(book, files, user=user)
    rows = [
        AnswerOut(
            id=answer.expected.pk if answer.expected else None,
            name=answer.name,
            state=answer.state,
            reason=in_language(answer.reason),
            post=_post(answer.expected) if answer.expected else None,
        )
        for answer in answers
    ]
    return Status(201, DeliveryOut(id=delivery.pk, files=rows))


def _post(expected: ExpectedFile) -> PostOut | None:
    form = presigned_post(expected)
    return form and PostOut(url=form[0], fields=form[1])


@router.post("/{int:book_id}/uploads/{uuid:delivery_id}/files/{uuid:file_id}", auth=INTAKE, response=ArrivalOut)
@takes(ONE_FILE, "books.change_book")
def send_file(
    request: HttpRequest, book_id: int, delivery_id: UUID, file_id: UUID, file: File[UploadedFile]
) -> ArrivalOut:
    """One announced file; sending it again after a lost answer is harmless."""
    data = cast("BinaryIO", file.file)
    return _taken(request, book_id, delivery_id, lambda delivery: take(delivery, file_id, data))


@router.post("/{int:book_id}/uploads/{uuid:delivery_id}/files/{uuid:file_id}/arrived", auth=INTAKE, response=ArrivalOut)
def file_arrived(request: HttpRequest, book_id: int, delivery_id: UUID, file_id: UUID) -> ArrivalOut:
    """Tells that an announced file is in the bucket; it is judged there."""
    return _taken(request, book_id, delivery_id, lambda delivery: take_from_bucket(delivery, file_id))


def _taken(request: HttpRequest, book_id: int, delivery_id: UUID, take_file: Callable[[Delivery], Taken]) -> ArrivalOut:
    """The delivery is asked for with the file; only where that is refused it may be one of nowhere."""
    user = require(request, "books.change_book")
    try:
        taken = take_file(Delivery(pk=delivery_id, book_id=book_id))
    except UploadRejected as refusal:
        _delivery(book_id, delivery_id)
        return ArrivalOut(state="refused", reason=in_language(refusal.reason))
    read_on_the_way(book_id, taken.waiting, user=user)
    return ArrivalOut(state="stored", reason=" ".join(map(in_language, taken.notes)))


@router.post("/{int:book_id}/uploads/{uuid:delivery_id}/finish", auth=INTAKE, response=FinishOut)
def finish_delivery(request: HttpRequest, book_id: int, delivery_id: UUID) -> FinishOut:
    """Gives up what did not come, numbers the rest and has it read. Without it, that happens after an idle hour."""
    user = require(request, "books.change_book")
    delivery = _delivery(book_id, delivery_id)
    missing, job = finish(delivery, user=user)
    return FinishOut(missing=missing, pages=delivery.book.pages.count(), job_id=job.pk if job else None)


def _delivery(book_id: int, delivery_id: UUID) -> Delivery:
    return get_object_or_404(Delivery.objects.select_related("book", "sent_by"), pk=delivery_id, book=book_id)
