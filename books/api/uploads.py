"""One upload in many requests: announce the files in order, send each, finish. What a browser's drop zone uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, BinaryIO, Literal, cast
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, File, Router, Schema, Status
from ninja.files import UploadedFile

from books.api.permission import require
from books.bodies import ONE_FILE, takes
from books.errors import UploadRejected
from books.intake.bucket import presigned_post
from books.intake.deliveries import Announced, announce, take, take_from_bucket
from books.models import Book, Delivery
from books.numbers import LARGEST
from books.ocr.arrivals import finish, read_on_the_way
from books.ocr.start import check_readable

router = Router(tags=["uploads"])


class AnnouncedFile(Schema):
    """``size`` in bytes; ``sha256`` lets the server tell what it has already, and the bucket check what arrives."""

    name: Annotated[str, Field(max_length=4096)]
    size: Annotated[int, Field(ge=0, le=LARGEST)]
    sha256: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""


class AnnounceIn(Schema):
    files: list[AnnouncedFile]


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
    state: Literal["stored", "refused"]
    reason: str = ""


class FinishOut(Schema):
    """``missing`` names the files that were announced and never came; ``pages`` is the book's number of pages now."""

    missing: list[str]
    pages: int
    job_id: UUID | None


@router.post("/{int:book_id}/uploads", response={201: DeliveryOut})
def announce_files(request: HttpRequest, book_id: int, announced: AnnounceIn) -> Status[dict[str, Any]]:
    """At most 200 files, in the order in which they shall become pages; the answers are in the same order."""
    user = require(request, "books.change_book")
    book = get_object_or_404(Book, pk=book_id)
    check_readable(book)
    files = [Announced(each.name, each.size, each.sha256) for each in announced.files]
    delivery, answers = announce(book, files, user=user)
    rows = [
        {
            "id": answer.expected.pk if answer.expected else None,
            "name": answer.name,
            "state": answer.state,
            "reason": answer.reason,
            "post": presigned_post(answer.expected) if answer.expected else None,
        }
        for answer in answers
    ]
    return Status(201, {"id": delivery.pk, "files": rows})


@router.post("/{int:book_id}/uploads/{uuid:delivery_id}/files/{uuid:file_id}", response=ArrivalOut)
@takes(ONE_FILE, "books.change_book")
def send_file(
    request: HttpRequest, book_id: int, delivery_id: UUID, file_id: UUID, file: File[UploadedFile]
) -> dict[str, Any]:
    """One announced file; sending it again after a lost answer is harmless."""
    data = cast("BinaryIO", file.file)
    return _taken(request, book_id, delivery_id, lambda delivery: take(delivery, file_id, data))


@router.post("/{int:book_id}/uploads/{uuid:delivery_id}/files/{uuid:file_id}/arrived", response=ArrivalOut)
def file_arrived(request: HttpRequest, book_id: int, delivery_id: UUID, file_id: UUID) -> dict[str, Any]:
    """Tells that an announced file is in the bucket; it is judged there."""
    return _taken(request, book_id, delivery_id, lambda delivery: take_from_bucket(delivery, file_id))


def _taken(
    request: HttpRequest, book_id: int, delivery_id: UUID, take_file: Callable[[Delivery], int | None]
) -> dict[str, Any]:
    """The delivery is asked for with the file; only where that is refused it may be one of nowhere."""
    user = require(request, "books.change_book")
    try:
        waiting = take_file(Delivery(pk=delivery_id, book_id=book_id))
    except UploadRejected as refusal:
        _delivery(book_id, delivery_id)
        return {"state": "refused", "reason": refusal.reason}
    read_on_the_way(book_id, waiting, user=user)
    return {"state": "stored"}


@router.post("/{int:book_id}/uploads/{uuid:delivery_id}/finish", response=FinishOut)
def finish_delivery(request: HttpRequest, book_id: int, delivery_id: UUID) -> dict[str, Any]:
    """Gives up what did not come, numbers the rest and has it read. Without it, that happens after an idle hour."""
    user = require(request, "books.change_book")
    delivery = _delivery(book_id, delivery_id)
    missing, job = finish(delivery, user=user)
    return {"missing": missing, "pages": delivery.book.pages.count(), "job_id": job.pk if job else None}


def _delivery(book_id: int, delivery_id: UUID) -> Delivery:
    return get_object_or_404(Delivery.objects.select_related("book", "sent_by"), pk=delivery_id, book=book_id)
