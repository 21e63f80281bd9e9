"""One upload in many requests: files arrive in any order, and become pages in the order in which they were announced.

A file is held until every file before it has arrived, was refused or was given up. So no page is ever renumbered, and
numbers close up over refused files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, Literal, cast
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.files.storage import default_storage
from django.db.models import Min, QuerySet

from books.errors import UploadRejected
from books.intake import limits
from books.intake.growth import check_may_grow
from books.intake.inspect import check_announced
from books.intake.naming import shown_name
from books.intake.store import Upload, check_count, check_new, check_room, judged_source, locked, number_pages, stored
from books.models import Book, Delivery, ExpectedFile, Page, Source
from jobs import clock
from jobs.errors import JobAlreadyActive

GONE = "This upload was closed before the file arrived; choose the file again."
NOT_THERE = "The file did not arrive in the storage; choose it again."
CHANGED = "The file that arrived is not the one that was announced; choose it again."


@dataclass(frozen=True, slots=True)
class Announced:
    """``size`` in bytes; ``sha256`` in hexadecimal digits, empty where the browser cannot compute it."""

    name: str
    size: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to do with one announced file: send it, or nothing, for the ``reason``."""

    name: str
    state: Literal["send", "here", "refused"]
    reason: str = ""
    expected: ExpectedFile | None = None


def announce(book: Book, files: Sequence[Announced], *, user: AbstractBaseUser) -> tuple[Delivery, list[Answer]]:
    """Opens a delivery of ``files`` in this order, and answers for each whether it has to be sent.

    What is in the book already is not; what another delivery holds is moved to this one. Raises UploadRejected for no
    files or more than 200, and JobAlreadyActive while a job works from the book's pages.
    """
    check_count(len(files))
    check_may_grow(book)
    with locked(book):
        delivery = Delivery.objects.create(
            book=book, sent_by_id=user.pk, image_bytes=limits.image_bytes(len(files)), touched_at=clock.now()
        )
        present = _Present(book)
        answers = [present.answer(delivery, place, file) for place, file in enumerate(files)]
        ExpectedFile.objects.bulk_create([each.expected for each in answers if each.expected])
        _release(delivery)
    return delivery, answers


class _Present:
    """What is known about the contents of a book while one delivery is announced."""

    def __init__(self, book: Book) -> None:
        shown = Page.objects.filter(book=book).order_by("-number").values_list("source__sha256", "number")
        self.pages = dict(shown)
        held = ExpectedFile.objects.filter(delivery__book=book, source__isnull=False).select_related("source")
        self.held = {each.source.sha256: each for each in held if each.source}
        self.announced: dict[str, str] = {}

    def answer(self, delivery: Delivery, place: int, file: Announced) -> Answer:
        name = shown_name(file.name)
        if page := self.pages.get(file.sha256):
            return Answer(name, "here", f"is already in this book, as page {page}.")
        if file.sha256 in self.held:
            _move(self.held.pop(file.sha256), delivery, place)
            self.announced[file.sha256] = name
            return Answer(name, "here", "was sent before.")
        if twin := self.announced.get(file.sha256):
            return Answer(name, "refused", f"is the same file as {twin}.")
        try:
            check_announced(name, file.size, image_bytes=delivery.image_bytes)
        except UploadRejected as refusal:
            return Answer(name, "refused", refusal.reason)
        if file.sha256:
            self.announced[file.sha256] = name
        row = ExpectedFile(delivery=delivery, place=place, name=name, size=file.size, sha256=file.sha256)
        return Answer(name, "send", expected=row)


def _move(held: ExpectedFile, delivery: Delivery, place: int) -> None:
    held.delivery, held.place = delivery, place
    held.save(update_fields=["delivery", "place"])


def take(delivery: Delivery, file_id: UUID, data: BinaryIO) -> None:
    """Judges and stores a file that arrived. Taking it twice does nothing the second time; ``data`` is seekable.

    Raises UploadRejected, and JobAlreadyActive while a job works from the book's pages.
    """
    if expected := _expected(delivery, file_id):
        with _remembering_refusal(expected):
            source = _judged(expected, data)
            with stored(source, data):
                _hold(expected, source)


def take_from_bucket(delivery: Delivery, file_id: UUID) -> None:
    """The same for a file that the browser sent to the bucket; what is refused is deleted there."""
    if expected := _expected(delivery, file_id):
        with _remembering_refusal(expected):
            try:
                with default_storage.open(expected.storage_name) as data:
                    _hold(expected, _judged(expected, cast("BinaryIO", data.file)))
            except FileNotFoundError:
                raise UploadRejected(NOT_THERE, name=expected.name) from None
            except UploadRejected:
                default_storage.delete(expected.storage_name)
                raise


def close(delivery: Delivery) -> list[str]:
    """Ends a delivery: what did not arrive is given up, what is held becomes pages. Returns the names given up.

    Raises JobAlreadyActive, with nothing changed, while a job works from the book's pages.
    """
    with locked(delivery.book):
        check_may_grow(delivery.book)
        waiting = delivery.files.filter(source=None, refusal="")
        names = list(waiting.values_list("name", flat=True))
        waiting.delete()
        _release(delivery)
        Delivery.objects.filter(pk=delivery.pk).delete()
    return names


def idle_deliveries() -> QuerySet[Delivery]:
    """Deliveries whose browser has not been heard of for an hour."""
    return Delivery.objects.filter(touched_at__lt=clock.now() - limits.DELIVERY_IDLE).select_related("book")


def _expected(delivery: Delivery, file_id: UUID) -> ExpectedFile | None:
    """The row of a file that is waiting; None where it was taken already."""
    expected = ExpectedFile.objects.filter(pk=file_id, delivery=delivery).select_related("delivery__book").first()
    if expected is None:
        if not Source.objects.filter(pk=file_id, book=delivery.book_id).exists():
            raise UploadRejected(GONE)
        return None
    if expected.refusal:
        raise UploadRejected(expected.refusal, name=expected.name)
    return None if expected.source_id else expected


@contextmanager
def _remembering_refusal(expected: ExpectedFile) -> Iterator[None]:
    """Lets the files behind a refused one go on, and the same answer be given again."""
    try:
        yield
    except UploadRejected as refusal:
        with locked(expected.delivery.book):
            ExpectedFile.objects.filter(pk=expected.pk, source=None).update(refusal=refusal.reason)
            with suppress(JobAlreadyActive):
                check_may_grow(expected.delivery.book)
                _release(expected.delivery)
        raise


def _judged(expected: ExpectedFile, data: BinaryIO) -> Source:
    delivery = expected.delivery
    source = judged_source(
        delivery.book, Upload(expected.name, data), delivery.sent_by, image_bytes=delivery.image_bytes
    )
    source.pk = expected.pk
    if expected.sha256 and expected.sha256 != source.sha256:
        raise UploadRejected(CHANGED, name=expected.name)
    check_new(source)
    return source


def _hold(expected: ExpectedFile, source: Source) -> None:
    """Saves the row of a stored file. Another request for the same file may have done it meanwhile."""
    with locked(source.book):
        now = ExpectedFile.objects.filter(pk=expected.pk, refusal="").select_related("delivery").first()
        if Source.objects.filter(pk=source.pk).exists():
            return
        if now is None:
            raise UploadRejected(GONE, name=expected.name)
        check_may_grow(source.book)
        check_new(source)
        check_room(source)
        source.save(force_insert=True)
        ExpectedFile.objects.filter(pk=now.pk).update(source=source)
        _release(now.delivery)


def _release(delivery: Delivery) -> None:
    """Numbers the held files that nothing before them is waited for; the caller holds the book's lock."""
    Delivery.objects.filter(pk=delivery.pk).update(touched_at=clock.now())
    held = delivery.files.filter(source__isnull=False).select_related("source").order_by("place")
    first = delivery.files.filter(source=None, refusal="").aggregate(place=Min("place"))["place"]
    ready = list(held if first is None else held.filter(place__lt=first))
    for each in ready:
        if each.source is not None:
            number_pages(each.source, range(each.source.frames))
    ExpectedFile.objects.filter(pk__in=[each.pk for each in ready]).delete()
