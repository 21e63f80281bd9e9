"""Which pages a model gets to see beside their text, and their images at the size at which it sees them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import BinaryIO, Final, cast

from django.core.files.storage import default_storage
from django.db.models import QuerySet

from books.extraction.base import SubtopicSource
from books.extraction.engines.factory import asks_a_model
from books.models import Book, Page
from books.ocr.engines.model import for_model
from books.ocr.image.open import encode_png, open_page
from books.structure.base import PageText

logger = logging.getLogger(__name__)
# Servers take so many in one request.
MOST_IMAGES: Final = 10


def pages_to_see(book: Book, numbers: Collection[int] | None = None) -> list[Page]:
    """Those of the book's pages, or of these, whose images go along where a model is asked about them."""
    if not (book.sends_images and asks_a_model()):
        return []
    return [page for page in _read(book, numbers) if page.reading and page.reading.beyond_text]


def with_images(book: Book, pages: Sequence[PageText]) -> tuple[PageText, ...]:
    """``pages`` with the captions on them, and with the images of the first ten of those to be seen."""
    rows = {row.number: row for row in _read(book, [page.number for page in pages])}
    sees = book.sends_images and asks_a_model()
    seen = [row for row in rows.values() if sees and row.reading and row.reading.beyond_text][:MOST_IMAGES]
    images = {row.number: _image(row) for row in seen}
    captions = {number: row.reading.captions for number, row in rows.items() if row.reading}
    return tuple(
        replace(page, image=images.get(page.number, b""), captions=captions.get(page.number, ())) for page in pages
    )


def illustrated(source: SubtopicSource, book: Book) -> SubtopicSource:
    return replace(source, pages=with_images(book, source.pages))


def _read(book: Book, numbers: Collection[int] | None) -> QuerySet[Page]:
    pages = (
        book.pages.filter(reading__isnull=False).select_related("reading").defer("reading__lines").order_by("number")
    )
    return pages if numbers is None else pages.filter(number__in=numbers)


def _image(page: Page) -> bytes:
    """A PNG; nothing where storage has no picture of the page any more."""
    try:
        with default_storage.open(page.image_name) as stored:
            return encode_png(for_model(open_page(cast("BinaryIO", stored.file))))
    except FileNotFoundError:
        logger.warning("page without a picture", extra={"book": page.book_id, "page": page.number})
        return b""
