"""Takes judged files into a book: the raw file to storage, rows to the database, and nothing half way."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import BinaryIO
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max, QuerySet, Sum

from books.errors import AlreadyThere, NoPage, UploadRejected
from books.intake import limits
from books.intake.busy import check_may_grow
from books.intake.files import natural_places, shown_name
from books.intake.inspect import inspect
from books.models import Book, Page, Source
from books.sentences import gettext_noop, named, told
from jobs.errors import JobAlreadyActive, QuotaReached

logger = logging.getLogger(__name__)
TWIN = gettext_noop("It has the same content as a file before it, and was taken as well.")
NOTHING_ADDED = gettext_noop("Nothing was added. Correct these files or take them away:")
ALREADY_HERE = gettext_noop("It is already in this book, as page {number}.")


@dataclass(frozen=True, slots=True)
class Upload:
    """``name`` is what the person's machine called it; ``data`` is seekable. ``copy`` is how many of the same content
    stand before it in its delivery."""

    name: str
    data: BinaryIO
    delivery: UUID | None = None
    copy: int = 0


@dataclass(slots=True)
class Receipt:
    """What became of an upload: the sources stored, and a sentence (naming the file) for each that was not."""

    stored: list[Source] = field(default_factory=list)
    refused: list[UploadRejected] = field(default_factory=list)

    @property
    def pages(self) -> int:
        return Page.objects.filter(source__in=self.stored).count()

    @property
    def notes(self) -> list[str]:
        """What a person should look at in files that were stored, pages left out among it."""
        return [named(source.name, note) for source in self.stored for note in source.notes]


def add_files(book: Book, uploads: Sequence[Upload], *, user: AbstractBaseUser | None = None) -> Receipt:
    """Stores every acceptable file of ``uploads`` in the order of pages; the others are named in the receipt.

    Raises, with nothing stored, UploadRejected for an empty upload or one of more than 200 files, and JobAlreadyActive
    while a job works from the pages there are.
    """
    check_count(len(uploads))
    check_quota(user, sum(_size(upload.data) for upload in uploads))
    check_may_grow(book)
    image_bytes = limits.image_bytes(len(uploads))
    receipt = Receipt()
    for source, data in _judged(book, in_order(uploads), receipt, user, image_bytes=image_bytes):
        try:
            _add(source, data, source.places)
            receipt.stored.append(source)
        except UploadRejected as error:
            receipt.refused.append(error)
        except JobAlreadyActive as error:
            if not receipt.stored:
                raise
            receipt.refused.append(UploadRejected(error.message, name=source.name))
    return receipt


def store_files(book: Book, uploads: Sequence[Upload], files: ExitStack, *, user: AbstractBaseUser | None) -> Receipt:
    """Judges and stores files as ``add_files`` does, and leaves their rows to the caller, who adds them with
    ``add_source``. Where ``files`` is left by an exception, the stored files go again."""
    check_count(len(uploads))
    image_bytes = limits.image_bytes(len(uploads))
    receipt = Receipt()
    for source, data in _judged(book, in_order(uploads), receipt, user, image_bytes=image_bytes):
        try:
            check_new(source)
        except UploadRejected as error:
            receipt.refused.append(error)
        else:
            files.enter_context(stored(source, data))
            receipt.stored.append(source)
    return receipt


def add_all_files(
    book: Book,
    uploads: Sequence[Upload],
    *,
    wanted: range | None = None,
    no_pages: Sequence[UploadRejected] = (),
    user: AbstractBaseUser | None = None,
) -> Receipt:
    """Stores all of ``uploads`` in their order; what nobody would take for pages, and what the book had before, is
    named in the receipt. A page that cannot be taken raises UploadRejected with nothing stored, naming each of them.

    ``wanted`` limits them to some of their pages, counted from 1 through all files in order. ``no_pages`` were refused
    by their names, and come first in the receipt.
    """
    receipt = Receipt(refused=list(no_pages))
    judged = list(_judged(book, uploads, receipt, user, image_bytes=limits.image_bytes(len(uploads))))
    if bad := [each.message for each in receipt.refused if not isinstance(each, NoPage)]:
        raise UploadRejected("\n".join([NOTHING_ADDED, *bad]))
    before, chosen = 0, []
    for source, data in judged:
        places = [place for at, place in enumerate(source.places, before + 1) if wanted is None or at in wanted]
        before += source.frames
        if places:
            chosen.append((source, data, places))
    if not chosen:
        left = [each.message for each in receipt.refused]
        raise UploadRejected("\n".join([gettext_noop("There are no pages to add."), *left]))
    check_room(pages_taken(book), sum(len(places) for source, _, places in chosen if is_new(source)))
    for source, data, places in chosen:
        try:
            _add(source, data, places)
            receipt.stored.append(source)
        except AlreadyThere as error:
            receipt.refused.append(error)
    return receipt


def _judged(
    book: Book, uploads: Sequence[Upload], receipt: Receipt, user: AbstractBaseUser | None, *, image_bytes: int
) -> Iterator[tuple[Source, BinaryIO]]:
    """The row of each upload that can become pages, and its content; the others go to the receipt."""
    delivery = uuid4()
    copies: Counter[str] = Counter()
    for upload in uploads:
        try:
            source = judged_source(book, replace(upload, delivery=delivery), user, image_bytes=image_bytes)
        except UploadRejected as error:
            receipt.refused.append(error)
        else:
            _count(source, copies[source.sha256])
            copies[source.sha256] += 1
            yield source, upload.data


def check_quota(user: AbstractBaseUser | None, more: int) -> None:
    """Raises QuotaReached where ``more`` bytes are too many beside those that ``user`` sent."""
    kept = Source.objects.filter(uploaded_by_id=user.pk).aggregate(size=Sum("size"))["size"] if user else None
    if (kept or 0) + more > settings.QUOTA_GIGABYTES * 1000**3 and user:
        raise QuotaReached(
            told(
                "With this you would keep more than {most} GB here, as much as one person may. "
                "Have a book deleted that nobody needs, or ask an administrator for more room.",
                most=settings.QUOTA_GIGABYTES,
            )
        )


def _size(data: BinaryIO) -> int:
    size = data.seek(0, os.SEEK_END)
    data.seek(0)
    return size


def check_count(files: int) -> None:
    """Raises UploadRejected for an upload of no files or of more than 200."""
    if not files:
        raise UploadRejected(gettext_noop("Choose at least one file."))
    if files > limits.FILES_PER_UPLOAD:
        raise UploadRejected(
            told(
                "{files} files at once are too many; send at most {most} at a time.",
                files=files,
                most=limits.FILES_PER_UPLOAD,
            )
        )


def in_order(uploads: Sequence[Upload]) -> list[Upload]:
    return [uploads[place] for place in natural_places([upload.name for upload in uploads])]


def _add(source: Source, data: BinaryIO, places: Sequence[int]) -> None:
    check_new(source)
    check_room(pages_taken(source.book), len(places), name=source.name)
    with stored(source, data), locked(source.book):
        check_may_grow(source.book)
        add_source(source, places)


def add_source(source: Source, places: Sequence[int]) -> None:
    """Makes pages of these places of a stored file; the caller holds the book's lock. Raises UploadRejected."""
    check_new(source)
    check_room(pages_taken(source.book), len(places), name=source.name)
    source.save(force_insert=True)
    number_pages([source], places)


def judged_source(book: Book, upload: Upload, user: AbstractBaseUser | None, *, image_bytes: int) -> Source:
    """The row, not saved yet, of a file that can become pages; UploadRejected for any other."""
    facts = inspect(upload.data, upload.name, image_bytes=image_bytes)
    source = Source(
        book=book,
        name=shown_name(upload.name),
        uploaded_by_id=user.pk if user else None,
        delivery=upload.delivery or uuid4(),
        **facts.model_dump(),
    )
    _count(source, upload.copy)
    return source


def _count(source: Source, copy: int) -> None:
    source.copy = copy
    if copy:
        source.notes = [*source.notes, TWIN]


@contextmanager
def stored(source: Source, data: BinaryIO) -> Iterator[None]:
    """Stores the file, and takes it away again where what follows, the saving of its rows, fails."""
    default_storage.save(source.storage_name, File(data))
    try:
        yield
    except BaseException:
        default_storage.delete(source.storage_name)
        raise
    logger.info("source stored", extra={"book": source.book_id, "source": str(source.pk), "frames": source.frames})


@contextmanager
def locked(book: Book) -> Iterator[None]:
    """One transaction in which nobody else numbers pages of ``book``."""
    with transaction.atomic():
        if not Book.objects.select_for_update().filter(pk=book.pk).exists():
            raise UploadRejected(gettext_noop("This book was deleted meanwhile."))
        yield


def number_pages(sources: Sequence[Source], places: Sequence[int] = (), *, after: int | None = None) -> None:
    """Makes pages of ``sources``, all of theirs or these, behind the book's last page; the caller holds the book's lock
    and may know that page's number."""
    if not sources:
        return
    book = sources[0].book_id
    if after is None:
        after = Page.objects.filter(book=book).aggregate(last=Max("number"))["last"] or 0
    wanted = [(source, place) for source in sources for place in places or source.places]
    Page.objects.bulk_create(
        Page(book_id=book, source=source, frame=place, number=number)
        for number, (source, place) in enumerate(wanted, start=after + 1)
    )


def check_new(source: Source) -> None:
    """Raises AlreadyThere where an earlier delivery brought the same bytes, be it as a removed page. A delivery may
    hold the same more than once, as blank pages are: the second is a repeat where two of them came before."""
    others = _others(source)
    if is_new(source):
        return
    same = Page.objects.filter(source__in=others).order_by("number")[source.copy : source.copy + 1]
    if same:
        raise AlreadyThere(told(ALREADY_HERE, number=same[0].number), name=source.name)
    if others.filter(expected__isnull=False).exists():
        raise AlreadyThere(
            gettext_noop("was sent already and becomes a page when the files before it are there."), name=source.name
        )
    raise AlreadyThere(gettext_noop("was removed from this book; bring that page back instead."), name=source.name)


def is_new(source: Source) -> bool:
    return _others(source).count() <= source.copy


def _others(source: Source) -> QuerySet[Source]:
    """The same content, of other deliveries."""
    same = Source.objects.filter(book=source.book_id, sha256=source.sha256)
    return same.exclude(delivery=source.delivery)


def pages_taken(book: Book) -> int:
    """How many of a book's pages are there, or held for files before them."""
    held = Source.objects.filter(book=book, expected__isnull=False).aggregate(frames=Sum("frames"))["frames"] or 0
    return int(book.pages.count() + held)


def check_room(taken: int, frames: int, *, name: str = "") -> None:
    """Raises UploadRejected where ``frames`` more pages would be too many for a book with ``taken``."""
    if taken + frames > limits.PAGES_PER_BOOK:
        words = told(
            "{frames} pages are too many: a book has at most {most}, and this one has {taken}. "
            "Split the file into several books, or take a part of it with process_book --pages.",
            frames=frames,
            most=limits.PAGES_PER_BOOK,
            taken=taken,
        )
        raise UploadRejected(words, name=name)
