"""Takes judged files into a book: the raw file to storage, rows to the database, and nothing half way."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from django.contrib.auth.models import AbstractBaseUser
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max

from books.errors import UploadRejected
from books.intake import limits
from books.intake.inspect import Inspected, inspect
from books.intake.naming import natural_order, shown_name
from books.models import Book, Page, Source

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
        return sum(source.frames for source in self.stored)


def add_files(book: Book, uploads: Sequence[Upload], *, user: AbstractBaseUser | None = None) -> Receipt:
    """Stores every acceptable file of ``uploads`` in natural order of names; the others are named in the receipt.

    Raises UploadRejected, with nothing stored, for an empty upload or one of more than 200 files.
    """
    _check_count(uploads)
    receipt = Receipt()
    for upload in _in_order(uploads):
        try:
            receipt.stored.append(_add(book, upload, user))
        except UploadRejected as error:
            receipt.refused.append(error)
    return receipt


def add_all_files(book: Book, uploads: Sequence[Upload], *, user: AbstractBaseUser | None = None) -> Receipt:
    """Stores all of ``uploads`` or, where one of them is refused, raises its UploadRejected with nothing stored."""
    ordered = _in_order(uploads)
    if not ordered:
        raise UploadRejected("There is nothing to add.")
    facts = [inspect(upload.data, upload.name) for upload in ordered]
    _check_room(book, sum(fact.frames for fact in facts))
    receipt = add_files(book, ordered[: limits.FILES_PER_UPLOAD], user=user)
    for start in range(limits.FILES_PER_UPLOAD, len(ordered), limits.FILES_PER_UPLOAD):
        more = add_files(book, ordered[start : start + limits.FILES_PER_UPLOAD], user=user)
        receipt.stored += more.stored
        receipt.refused += more.refused
    return receipt


def _check_count(uploads: Sequence[Upload]) -> None:
    if not uploads:
        raise UploadRejected("Choose at least one file.")
    if len(uploads) > limits.FILES_PER_UPLOAD:
        raise UploadRejected(
            f"{len(uploads)} files at once are too many; send at most {limits.FILES_PER_UPLOAD} at a time."
        )


def _in_order(uploads: Sequence[Upload]) -> list[Upload]:
    waiting: dict[str, list[Upload]] = {}
    for upload in uploads:
        waiting.setdefault(upload.name, []).append(upload)
    return [waiting[name].pop(0) for name in natural_order(upload.name for upload in uploads)]


def _add(book: Book, upload: Upload, user: AbstractBaseUser | None) -> Source:
    facts = inspect(upload.data, upload.name)
    source = Source(
        book=book,
        name=shown_name(upload.name),
        format=facts.format,
        sha256=facts.sha256,
        size=facts.size,
        frames=facts.frames,
        uploaded_by_id=user.pk if user else None,
    )
    _check_new(book, source)
    _check_room(book, facts.frames, name=source.name)
    default_storage.save(source.storage_name, File(upload.data))
    try:
        _add_rows(book, source, facts)
    except BaseException:
        default_storage.delete(source.storage_name)
        raise
    logger.info("source stored", extra={"book": book.pk, "source": str(source.pk), "frames": facts.frames})
    return source


def _add_rows(book: Book, source: Source, facts: Inspected) -> None:
    with transaction.atomic():
        Book.objects.select_for_update().get(pk=book.pk)
        _check_new(book, source)
        _check_room(book, facts.frames, name=source.name)
        last = book.pages.aggregate(last=Max("number"))["last"] or 0
        source.save(force_insert=True)
        Page.objects.bulk_create(
            [Page(book=book, source=source, frame=frame, number=last + 1 + frame) for frame in range(facts.frames)]
        )


def _check_new(book: Book, source: Source) -> None:
    same = Page.objects.filter(book=book, source__sha256=source.sha256).order_by("number").first()
    if same is not None:
        raise UploadRejected(f"is already in this book, as page {same.number}.", name=source.name)


def _check_room(book: Book, frames: int, *, name: str = "") -> None:
    present = book.pages.count()
    if present + frames > limits.PAGES_PER_BOOK:
        raise UploadRejected(
            f"{frames} pages are too many: a book has at most {limits.PAGES_PER_BOOK}, and this one has {present}.",
            name=name,
        )
