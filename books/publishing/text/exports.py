"""The forms in which the text of a book goes out, each as a stream of bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Final

from django.http import StreamingHttpResponse
from django.template.loader import get_template
from django.utils.translation import gettext_lazy as _

from books.errors import Busy
from books.models import Book
from books.publishing.text.prose import text_epub, text_markdown
from books.publishing.text.reviewed import printable, reviewed_pages
from books.publishing.text.searchable_pdf import searchable_pdf

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

ENDS: Final = {"hocr": "</body>\n</html>\n", "alto": "</Layout>\n</alto>\n"}


def marked_up(book: Book, form: str) -> Iterator[bytes]:
    """``form`` is hocr or alto; in pieces of a page."""
    page_template = get_template(f"bookpipeline/text/{form}_page.xml")
    yield get_template(f"bookpipeline/text/{form}.xml").render({"title": printable(book.title)}).encode()
    for page in reviewed_pages(book):
        yield page_template.render({"page": page}).encode()
    yield ENDS[form].encode()


# 500 scans take half a minute of a processor: so many streams leave a process its other threads.
AT_ONCE: Final = 2
TOO_MANY: Final = _("Others are having books exported just now. Try it again in a minute.")
_streams = BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True, slots=True)
class TextForm:
    """``about`` is for a person who chooses."""

    title: _StrOrPromise
    about: _StrOrPromise
    ending: str
    content_type: str
    written: Callable[[Book], Iterator[bytes]]


TEXT_FORMS: Final = {
    "pdf": TextForm(
        _("Searchable PDF"), _("the scans with the text beneath"), "pdf", "application/pdf", searchable_pdf
    ),
    "epub": TextForm("EPUB", _("to read on anything"), "epub", "application/epub+zip", text_epub),
    "md": TextForm("Markdown", _("plain text with headings"), "md", "text/markdown; charset=utf-8", text_markdown),
    "hocr": TextForm(
        "hOCR", _("words and places"), "hocr", "text/html; charset=utf-8", partial(marked_up, form="hocr")
    ),
    "alto": TextForm("ALTO", _("the same for libraries"), "xml", "application/xml", partial(marked_up, form="alto")),
}


def text_response(book: Book, form: str) -> StreamingHttpResponse:
    """The file of ``form``, one of TEXT_FORMS. Raises Busy where too many are on their way."""
    kind = TEXT_FORMS[form]
    pieces = _one_of_few(kind.written(book))
    next(pieces)  # Begun, it ends with the response.
    response = StreamingHttpResponse(pieces, content_type=kind.content_type)
    response["Content-Disposition"] = f'attachment; filename="{book.file_name}-text.{kind.ending}"'
    return response


def _one_of_few(pieces: Iterator[bytes]) -> Iterator[bytes]:
    if not _streams.acquire(blocking=False):
        raise Busy(str(TOO_MANY))
    try:
        yield b""
        yield from pieces
    finally:
        _streams.release()
