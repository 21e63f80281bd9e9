"""Files on this machine into a book, for every command that takes some: the same rules and the same words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from books.intake.files import files_in
from books.intake.store import Receipt, Upload, add_all_files
from books.models import Book
from books.ocr.start import check_readable
from books.sentences import counted


def add_book(paths: Sequence[Path], facts: dict[str, Any], *, wanted: range | None = None) -> tuple[Book, Receipt]:
    """The pages at ``paths``, or those ``wanted`` of them, in the book of the title in ``facts`` (by default the name
    of the first path), which is made where there is none. Raises UploadRejected with nothing added."""
    title = facts.get("title") or paths[0].resolve().stem.replace("_", " ")
    with ExitStack() as stack:
        files, no_pages = files_in(paths)
        uploads = [Upload(file.name, stack.enter_context(file.open("rb"))) for file in files]
        book, is_new = Book.objects.get_or_create(title=title, defaults=facts)
        try:
            check_readable(book)
            receipt = add_all_files(book, uploads, wanted=wanted, no_pages=no_pages)
        except BaseException:
            if is_new:
                book.delete()
            raise
    return book, receipt


def told(book: Book, receipt: Receipt) -> Iterator[str]:
    added = counted(receipt.pages, "page")
    yield f"Book {book.pk}, {book.title}: {added} added, {book.pages.count()} in all."
    for refusal in receipt.refused:
        yield f"   Not taken: {refusal.message}"
    for note in receipt.notes:
        yield f"   Look at {note}"
