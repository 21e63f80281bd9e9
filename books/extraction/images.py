"""Which pages a model gets to see beside their text, and their images at the size at which it sees them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import BinaryIO, Final, cast

from django.core.files.storage import default_storage

from books.extraction.engines.factory import asks_a_model
from books.extraction.records import read_pages
from books.models import Book, Page
from books.ocr.engines.model import for_model
from books.ocr.image.open import encode_png, open_page
from books.structure.base import PageText

logger = logging.getLogger(__name__)
# Servers take so many in one request.
MOST_IMAGES: Final = 10


def pages_to_see(book: Book, pages: Iterable[Page] | None = None) -> list[Page]:
    """Those of the book's pages, or of ``pages``, whose images go along where a model is asked about them."""
    if not (book.sends_images and asks_a_model()):
        return []
    read = read_pages(book.pages.all()) if pages is None else pages
    return [page for page in read if page.reading and page.reading.beyond_text]


def with_images(pages: Sequence[PageText], seen: Iterable[Page]) -> tuple[PageText, ...]:
    """``pages`` with the images of the first ten of those to be ``seen``."""
    numbers = {page.number for page in pages}
    shown = [page for page in seen if page.number in numbers][:MOST_IMAGES]
    images = {page.number: _image(page) for page in shown}
    return tuple(replace(page, image=images.get(page.number, b"")) for page in pages)


def _image(page: Page) -> bytes:
    """A PNG; nothing where storage has no picture of the page any more."""
    try:
        with default_storage.open(page.image_name) as stored:
            return encode_png(for_model(open_page(cast("BinaryIO", stored.file))))
    except FileNotFoundError:
        logger.warning("page without a picture", extra={"book": page.book_id, "page": page.number})
        return b""
