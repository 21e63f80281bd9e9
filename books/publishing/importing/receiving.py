"""Takes a file of guidelines in, checked, and changes nothing yet."""

from __future__ import annotations

import json
from typing import IO, Any

from django.contrib.auth.models import AbstractBaseUser

from books.errors import ImportRefused
from books.models import Book, Change, GuidelineImport
from books.publishing.document import document_of
from books.publishing.importing.matching import pairs_of, wanted_of
from books.publishing.sheets import ranges, subtopics_of_sheet

MOST_BYTES = 20 * 1024 * 1024
# Each takes up to a hundred bytes once it is read; 5,000 guidelines of 30 statements have half as many.
MOST_VALUES = 1_000_000
FORMS = ("json", "csv", "xlsx")


def receive(book: Book, name: str, file: IO[bytes], *, user: AbstractBaseUser | None) -> GuidelineImport:
    """Reads and checks a file (.json, .csv or .xlsx) without changing anything.

    Raises ImportRefused for a file that is too large, unreadable, or speaks of rows or pages the book has not.
    """
    form = name.rpartition(".")[2].lower()
    if form not in FORMS:
        raise ImportRefused("Send a .json, .csv or .xlsx file that was exported here, edited or not.")
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ImportRefused("The file is larger than 20 MB.")
    document = _document(data, form)
    newest = Change.objects.filter(book=book).values_list("pk", flat=True).first() or 0
    received = GuidelineImport(
        book=book, name=name[:255], document=document, seen_change=newest, sent_by_id=user.pk if user else None
    )
    _check_pages(received)
    pairs_of(received)
    received.save()
    return received


def _document(data: bytes, form: str) -> dict[str, Any]:
    if form != "json":
        return {"rows": [row.model_dump() for row in subtopics_of_sheet(data, form)]}
    if sum(map(data.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise ImportRefused("The file holds more than the guidelines of a book.")
    try:
        read = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ImportRefused("This file cannot be read as JSON.") from error
    return document_of(read).model_dump()


def _check_pages(received: GuidelineImport) -> None:
    """A book without pages takes any: its scans may come later."""
    there = set(received.book.pages.values_list("number", flat=True))
    for wanted in wanted_of(received) if there else ():
        cited = {page for lines in wanted.guideline.values() for line in lines for page in line.pages}
        unknown = {*wanted.pages, *cited} - there
        if unknown:
            raise ImportRefused(f"“{wanted.title}” names pages that this book has not: {ranges(unknown)}.")
