"""Takes judged files into a book: the raw file to storage, rows to the database, and nothing half way."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from django.contrib.auth.models import AbstractBaseUser
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max, Sum

from books.errors import AlreadyThere, UploadRejected
from books.intake import limits
from books.intake.busy import check_may_grow
from books.intake.files import natural_order, shown_name
from books.intake.inspect import inspect
from books.models import Book, Page, Source
from jobs.errors import JobAlreadyActive

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Upload:
    """``name`` is what the person's machine called it; ``data`` is seekable."""

    name: str
    data: BinaryIO


@dataclass(slots=True)
class Receipt:
    """What became of an upload: the sources stored, and a sentence (naming the file) for each that was not."""

    stored: list[Source] = field(default_factory=list)
    refused: list[UploadRejected] = field(default_factory=list)

    @property
    def pages(self) -> int:
        return Page.objects.filter(source__in=self.stored).count()


def add_files(book: Book, uploads: Sequence[Upload], *, user: AbstractBaseUser | None = None) -> Receipt:
    """Stores every acceptable file of ``uploads`` in natural order of names; the others are named in the receipt.

    Raises, with nothing stored, UploadRejected for an empty upload or one of more than 200 files, and JobAlreadyActive
    while a job works from the pages there are.
    """
    check_count(len(uploads))
    check_may_grow(book)
    image_bytes = limits.image_bytes(len(uploads))
    receipt = Receipt()
    for upload in _in_order(uploads):
        try:
            source = judged_source(book, upload, user, image_bytes=image_bytes)
            _add(source, upload.data, range(source.frames))
            receipt.stored.append(source)
        except UploadRejected as error:
            receipt.refused.append(error)
        except JobAlreadyActive as error:
            if not receipt.stored:
                raise
            receipt.refused.append(UploadRejected(error.message, name=shown_name(upload.name)))
    return receipt


def store_files(book: Book, uploads: Sequence[Upload], files: ExitStack, *, user: AbstractBaseUser | None) -> Receipt:
    """Judges and stores files as ``add_files`` does, and leaves their rows to the caller, who adds them with
    ``add_source``. Where ``files`` is left by an exception, the stored files go again."""
    check_count(len(uploads))
    image_bytes = limits.image_bytes(len(uploads))
    receipt = Receipt()
    for upload in _in_order(uploads):
        try:
            source = judged_source(book, upload, user, image_bytes=image_bytes)
            check_new(source)
            if source.sha256 in {other.sha256 for other in receipt.stored}:
                raise AlreadyThere("was sent twice.", name=source.name)
        except UploadRejected as error:
            receipt.refused.append(error)
        else:
            files.enter_context(stored(source, upload.data))
            receipt.stored.append(source)
    return receipt


def add_all_files(
    book: Book, uploads: Sequence[Upload], *, wanted: range | None = None, user: AbstractBaseUser | None = None
) -> Receipt:
    """Stores all of ``uploads``, or raises the UploadRejected of the first bad one with nothing stored.

    ``wanted`` limits them to some of their pages, counted from 1 through all files in order. The receipt names only
    files that were in the book already.
    """
    chosen = [each for each in _chosen(book, _in_order(uploads), wanted, user) if each[2]]
    if not chosen:
        raise UploadRejected("There are no pages to add.")
    present = set(book.sources.values_list("sha256", flat=True))
    check_room(pages_taken(book), sum(len(frames) for source, _, frames in chosen if source.sha256 not in present))
    receipt = Receipt()
    for source, data, frames in chosen:
        try:
            _add(source, data, frames)
            receipt.stored.append(source)
        except AlreadyThere as error:
            receipt.refused.append(error)
    return receipt


def _chosen(
    book: Book, uploads: Sequence[Upload], wanted: range | None, user: AbstractBaseUser | None
) -> Iterator[tuple[Source, BinaryIO, list[int]]]:
    """Each upload's row, content and wanted frames. Raises UploadRejected for the first bad one."""
    before = 0
    for upload in uploads:
        source = judged_source(book, upload, user, image_bytes=limits.BULK_FILE_BYTES)
        frames = [frame for frame in range(source.frames) if wanted is None or before + frame + 1 in wanted]
        yield source, upload.data, frames
        before += source.frames


def check_count(files: int) -> None:
    """Raises UploadRejected for an upload of no files or of more than 200."""
    if not files:
        raise UploadRejected("Choose at least one file.")
    if files > limits.FILES_PER_UPLOAD:
        raise UploadRejected(f"{files} files at once are too many; send at most {limits.FILES_PER_UPLOAD} at a time.")


def _in_order(uploads: Sequence[Upload]) -> list[Upload]:
    waiting: dict[str, list[Upload]] = {}
    for upload in uploads:
        waiting.setdefault(upload.name, []).append(upload)
    return [waiting[name].pop(0) for name in natural_order(upload.name for upload in uploads)]


def _add(source: Source, data: BinaryIO, frames: Sequence[int]) -> None:
    check_new(source)
    check_room(pages_taken(source.book), len(frames), name=source.name)
    with stored(source, data), locked(source.book):
        check_may_grow(source.book)
        add_source(source, frames)


def add_source(source: Source, frames: Sequence[int]) -> None:
    """Makes pages of these frames of a stored file; the caller holds the book's lock. Raises UploadRejected."""
    check_new(source)
    check_room(pages_taken(source.book), len(frames), name=source.name)
    source.save(force_insert=True)
    number_pages([source], frames)


def judged_source(book: Book, upload: Upload, user: AbstractBaseUser | None, *, image_bytes: int) -> Source:
    """The row, not saved yet, of a file that can become pages; UploadRejected for any other."""
    facts = inspect(upload.data, upload.name, image_bytes=image_bytes)
    return Source(
        book=book,
        name=shown_name(upload.name),
        format=facts.format,
        sha256=facts.sha256,
        size=facts.size,
        frames=facts.frames,
        uploaded_by_id=user.pk if user else None,
    )


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
            raise UploadRejected("This book was deleted meanwhile.")
        yield


def number_pages(sources: Sequence[Source], frames: Sequence[int] | None = None, *, after: int | None = None) -> None:
    """Makes pages of ``sources``, all frames or these, behind the book's last page; the caller holds the book's lock
    and may know that page's number."""
    if not sources:
        return
    book = sources[0].book_id
    if after is None:
        after = Page.objects.filter(book=book).aggregate(last=Max("number"))["last"] or 0
    wanted = [(source, frame) for source in sources for frame in frames or range(source.frames)]
    Page.objects.bulk_create(
        Page(book_id=book, source=source, frame=frame, number=number)
        for number, (source, frame) in enumerate(wanted, start=after + 1)
    )


def check_new(source: Source) -> None:
    """Raises AlreadyThere where the same bytes are in the book, be it as a removed page."""
    others = Source.objects.filter(book=source.book_id, sha256=source.sha256).exclude(pk=source.pk)
    same = Page.objects.filter(source__in=others).order_by("number").first()
    if same is not None:
        raise AlreadyThere(f"is already in this book, as page {same.number}.", name=source.name)
    if others.filter(expected__isnull=False).exists():
        raise AlreadyThere("was sent already and becomes a page when the files before it are there.", name=source.name)
    if others.exists():
        raise AlreadyThere("was removed from this book; bring that page back instead.", name=source.name)


def pages_taken(book: Book) -> int:
    """How many of a book's pages are there, or held for files before them."""
    held = Source.objects.filter(book=book, expected__isnull=False).aggregate(frames=Sum("frames"))["frames"] or 0
    return int(book.pages.count() + held)


def check_room(taken: int, frames: int, *, name: str = "") -> None:
    """Raises UploadRejected where ``frames`` more pages would be too many for a book with ``taken``."""
    if taken + frames > limits.PAGES_PER_BOOK:
        raise UploadRejected(
            f"{frames} pages are too many: a book has at most {limits.PAGES_PER_BOOK}, and this one has {taken}.",
            name=name,
        )
