"""A book's approved text with its places, as other programs read it: hOCR 1.2 and ALTO 4."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.template.loader import get_template

from books.models import Book
from books.publishing.text.reviewed import printable, reviewed_pages

END: Final = {"hocr": "</body>\n</html>\n", "alto": "</Layout>\n</alto>\n"}


def marked_up(book: Book, form: str) -> Iterator[bytes]:
    """``form`` is hocr or alto; in pieces of a page."""
    page_template = get_template(f"bookpipeline/text/{form}_page.xml")
    yield get_template(f"bookpipeline/text/{form}.xml").render({"title": printable(book.title)}).encode()
    for page in reviewed_pages(book):
        yield page_template.render({"page": page}).encode()
    yield END[form].encode()
