"""One upload in many requests: files arrive in any order and become pages in the order that was announced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter
from typing import BinaryIO, Literal, NamedTuple, Protocol, cast
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.core.files.storage import default_storage, storages
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Aggregate, Count, Exists, Min, QuerySet, Subquery, Sum, Value
from django.db.models.deletion import Collector
from django.db.models.functions import Coalesce

from books.errors import UploadRejected
from books.intake import limits, store
from books.intake.busy import check_may_grow, hindering
from books.intake.files import shown_name
from books.intake.inspect import check_announced
from books.models import Book, Delivery, ExpectedFile, Page, Source
from books.sentences import gettext_noop, told
from jobs import clock
from jobs.errors import JobAlreadyActive


class Presigning(Protocol):
    def presigned_post(
        self, name: str, *, size: int, sha256: bytes, seconds: int
    ) -> tuple[str, dict[str, str]] | None: ...


def presigned_post(expected: ExpectedFile) -> tuple[str, dict[str, str]] | None:
    """Address and fields with which a browser may send exactly the announced file; None where the server takes it.

    The bucket checks length and sha256, so what was judged cannot be replaced by anything else afterwards. A browser
    that cannot compute the sha256 sends to the server.
    """
    if not expected.sha256:
        return None
    return cast("Presigning", storages["default"]).presigned_post(
        expected.storage_name,
        size=expected.size,
        sha256=bytes.fromhex(expected.sha256),
        seconds=int(limits.DELIVERY_IDLE.total_seconds()),
    )


# An upload is idle after an hour; that it goes on need not be written at each file.
TOUCHED_EVERY = timedelta(minutes=1)
GONE = gettext_noop("This upload was closed before the file arrived; choose the file again.")
NOT_THERE = gettext_noop("The file did not arrive in the storage; choose it again.")
CHANGED = gettext_noop("The file that arrived is not the one that was announced; choose it again.")


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
    store.check_count(len(files))
    store.check_quota(user, sum(file.size for file in files))
    check_may_grow(book)
    with store.locked(book):
        delivery = Delivery.objects.create(
            book=book, sent_by_id=user.pk, image_bytes=limits.image_bytes(len(files)), touched_at=clock.now()
        )
        present = _Present(book)
        answers = [present.answer(delivery, place, file) for place, file in enumerate(files)]
        ExpectedFile.objects.bulk_create([each.expected for each in answers if each.expected])
        _release(delivery)
    return delivery, answers


class _Present:
    """What is known about the contents of a book while one delivery is announced: of each, where it is."""

    def __init__(self, book: Book) -> None:
        shown = Page.objects.filter(book=book).values_list("source__sha256", "source")
        self.pages: dict[str, list[int]] = {}
        for sha256, _, number in shown.annotate(first=Min("number")).order_by("first"):
            self.pages.setdefault(sha256, []).append(number)
        self.held: dict[str, list[ExpectedFile]] = {}
        for each in ExpectedFile.objects.filter(delivery__book=book, source__isnull=False).select_related("source"):
            self.held.setdefault(each.source.sha256 if each.source else "", []).append(each)
        self.copies: Counter[str] = Counter()

    def answer(self, delivery: Delivery, place: int, file: Announced) -> Answer:
        """The second of the same content is here where two of them are."""
        name, copy = shown_name(file.name), self.copies[file.sha256] if file.sha256 else 0
        self.copies[file.sha256] += 1
        numbers = self.pages.get(file.sha256, [])
        if copy < len(numbers):
            return Answer(name, "here", told(store.ALREADY_HERE, number=numbers[copy]))
        if held := self.held.get(file.sha256):
            _move(held.pop(0), delivery, place)
            return Answer(name, "here", gettext_noop("was sent before."))
        try:
            check_announced(name, file.size, image_bytes=delivery.image_bytes)
        except UploadRejected as refusal:
            return Answer(name, "refused", refusal.reason)
        row = ExpectedFile(delivery=delivery, place=place, name=name, size=file.size, sha256=file.sha256, copy=copy)
        return Answer(name, "send", expected=row)


def _move(held: ExpectedFile, delivery: Delivery, place: int) -> None:
    held.delivery, held.place = delivery, place
    held.save(update_fields=["delivery", "place"])
    Source.objects.filter(expected=held).update(delivery=delivery.pk)


class Taken(NamedTuple):
    """How many files of the delivery are ``waiting``, None where this one was taken before; what to look at in it."""

    waiting: int | None
    notes: Sequence[str] = ()


def take(delivery: Delivery, file_id: UUID, data: BinaryIO) -> Taken:
    """Judges and stores a file that arrived.

    ``data`` is seekable. Raises UploadRejected, and JobAlreadyActive while a job works from the book's pages.
    """
    expected = _expected(delivery, file_id)
    if expected is None:
        return Taken(None)
    with _remembering_refusal(expected):
        source = _judged(expected, data)
        with store.stored(source, data):
            return Taken(_hold(expected, source), source.notes)


def take_from_bucket(delivery: Delivery, file_id: UUID) -> Taken:
    """The same for a file that the browser sent to the bucket; what is refused is deleted there."""
    expected = _expected(delivery, file_id)
    if expected is None:
        return Taken(None)
    with _remembering_refusal(expected):
        try:
            with default_storage.open(expected.storage_name) as data:
                source = _judged(expected, cast("BinaryIO", data.file))
            return Taken(_hold(expected, source), source.notes)
        except FileNotFoundError:
            raise UploadRejected(NOT_THERE, name=expected.name) from None
        except UploadRejected:
            default_storage.delete(expected.storage_name)
            raise


def close(delivery: Delivery) -> list[str]:
    """Ends a delivery: what did not arrive is given up, what is held becomes pages. Returns the names given up.

    Raises JobAlreadyActive, with nothing changed, while a job works from the book's pages.
    """
    with store.locked(delivery.book):
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
    files = ExpectedFile.objects.filter(pk=file_id, delivery=delivery, delivery__book=delivery.book_id)
    expected = files.select_related("delivery__book", "delivery__sent_by").first()
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
        with store.locked(expected.delivery.book):
            ExpectedFile.objects.filter(pk=expected.pk, source=None).update(refusal=refusal.reason)
            with suppress(JobAlreadyActive):
                check_may_grow(expected.delivery.book)
                _release(expected.delivery)
        raise


def _judged(expected: ExpectedFile, data: BinaryIO) -> Source:
    delivery = expected.delivery
    upload = store.Upload(expected.name, data, delivery.pk, expected.copy)
    source = store.judged_source(delivery.book, upload, delivery.sent_by, image_bytes=delivery.image_bytes)
    source.pk = expected.pk
    if expected.sha256 and expected.sha256 != source.sha256:
        raise UploadRejected(CHANGED, name=expected.name)
    return source


def _hold(expected: ExpectedFile, source: Source) -> int:
    """Saves the row of a stored file; returns how many are still waited for. Another request for the same file may have
    done it meanwhile."""
    with store.locked(source.book):
        now = _standing(expected, source)
        if now.is_taken:
            return now.waiting
        if not now.is_expected:
            raise UploadRejected(GONE, name=expected.name)
        if now.is_busy:
            check_may_grow(source.book)
        if now.is_known:
            store.check_new(source)
        store.check_room(now.last_page + now.held_pages, source.frames, name=source.name)
        source.save(force_insert=True)
        expected.source = source
        if now.first_waiting is not None and now.first_waiting < expected.place:
            expected.save(update_fields=["source"])
        elif now.holds_others:
            _number([expected, *_ready(expected.delivery, now.first_waiting)], after=now.last_page)
        else:
            _number([expected], after=now.last_page)
        if clock.now() - expected.delivery.touched_at > TOUCHED_EVERY:
            Delivery.objects.filter(pk=expected.delivery_id).update(touched_at=clock.now())
        return now.waiting


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the rows say of a book and of one file of a delivery to it."""

    is_taken: bool
    is_expected: bool
    is_busy: bool
    is_known: bool
    holds_others: bool
    first_waiting: int | None
    waiting: int
    last_page: int
    held_pages: int


def _standing(expected: ExpectedFile, source: Source) -> _Standing:
    """In one query, under the book's lock."""
    book = source.book_id
    files = ExpectedFile.objects.filter(delivery=expected.delivery_id)
    others = files.filter(source=None, refusal="").exclude(pk=expected.pk)
    facts = Book.objects.filter(pk=book).values(
        is_taken=Exists(Source.objects.filter(pk=source.pk)),
        is_expected=Exists(files.filter(pk=expected.pk, refusal="")),
        is_busy=Exists(hindering(book)),
        is_known=Exists(Source.objects.filter(book=book, sha256=source.sha256)),
        holds_others=Exists(files.filter(source__isnull=False)),
        first_waiting=Subquery(others.order_by("place").values("place")[:1]),
        waiting=Coalesce(_total(others, Count("pk")), 0),
        last_page=Coalesce(Subquery(Page.objects.filter(book=book).order_by("-number").values("number")[:1]), 0),
        held_pages=Coalesce(_total(ExpectedFile.objects.filter(source__book=book), Sum("source__frames")), 0),
    )
    return _Standing(**facts.get())


def _total(rows: QuerySet[ExpectedFile], figure: Aggregate) -> Subquery:
    """One figure of all ``rows``."""
    return Subquery(rows.order_by().annotate(all=Value(1)).values("all").annotate(total=figure).values("total"))


def _release(delivery: Delivery) -> None:
    """Numbers the held files that nothing before them is waited for; the caller holds the book's lock."""
    Delivery.objects.filter(pk=delivery.pk).update(touched_at=clock.now())
    first = delivery.files.filter(source=None, refusal="").aggregate(place=Min("place"))["place"]
    _number(_ready(delivery, first))


def _ready(delivery: Delivery, first_waiting: int | None) -> list[ExpectedFile]:
    held = delivery.files.filter(source__isnull=False).select_related("source")
    return list(held if first_waiting is None else held.filter(place__lt=first_waiting))


def _number(ready: Sequence[ExpectedFile], *, after: int | None = None) -> None:
    """Held files become pages. They are in hand, so deleting them need not read them again, as a queryset's would."""
    in_order = sorted(ready, key=attrgetter("place"))
    store.number_pages([each.source for each in in_order if each.source is not None], after=after)
    collector = Collector(using=DEFAULT_DB_ALIAS)
    collector.collect(in_order)
    collector.delete()
