"""A book's approved text to read: Markdown and EPUB 3, page by page."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Final, NamedTuple

from django.template.loader import render_to_string

from books.models import Book, Topic
from books.models.page import page_numbers
from books.publishing.files.export import inert, plain
from books.publishing.text.reviewed import TextLine, printable, reviewed_pages
from jobs import clock

BROKEN_WORD: Final = re.compile(r"(?<=[^\W\d_])- (?=[^\W\d_A-Z])")
LANGUAGE_LETTERS: Final = 3
CONTAINER: Final = (
    '<?xml version="1.0"?>\n<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>\n'
)


def text_markdown(book: Book) -> Iterator[bytes]:
    """A heading a page, a paragraph a block of lines."""
    yield f"# {plain(book.title)}\n".encode()
    for page in reviewed_pages(book):
        parts = [f"## {page.name}", f"> {page.note}" if page.note else "", *map(_markdown, page.paragraphs)]
        yield "".join(f"\n{part}\n" for part in parts if part).encode()


def _markdown(lines: list[TextLine]) -> str:
    """A table that a model read is one already."""
    if all(line.text.startswith("|") for line in lines):
        return "\n".join(inert(line.text) for line in lines)
    return plain(_running(lines))


def _running(lines: list[TextLine]) -> str:
    return BROKEN_WORD.sub("", " ".join(line.text for line in lines))


def text_epub(book: Book) -> Iterator[bytes]:
    """All of it at once, a few megabytes: a file a page, chapters where the guidelines' topics begin."""
    pages = [
        {"number": page.number, "printed": page.printed, "name": page.name, "note": page.note, "paragraphs": words}
        for page in reviewed_pages(book)
        for words in [[_running(lines) for lines in page.paragraphs]]
    ]
    facts = {
        "title": printable(book.title),
        "author": printable(book.author),
        "key": f"urn:bookpipeline:book:{book.pk}",
        "language": book.language[:LANGUAGE_LETTERS],
        "changed": f"{clock.now():%Y-%m-%dT%H:%M:%SZ}",
        "pages": pages,
        "chapters": _chapters(book) or pages,
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as epub:
        epub.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        epub.writestr("META-INF/container.xml", CONTAINER)
        for name in ("book.opf", "nav.xhtml"):
            epub.writestr(name, render_to_string(f"bookpipeline/text/{name}", facts))
        for page in pages:
            shown = {"page": page, "language": facts["language"]}
            epub.writestr(f"page_{page['number']}.xhtml", render_to_string("bookpipeline/text/page.xhtml", shown))
    yield packed.getvalue()


class Chapter(NamedTuple):
    name: str
    number: int


def _chapters(book: Book) -> list[Chapter]:
    """Each topic that has a page left, with the number of its first."""
    numbers = page_numbers(book.pk)
    topics = Topic.objects.filter(book=book).prefetch_related("subtopics")
    found = [
        Chapter(printable(topic.title), number)
        for topic in topics
        if (number := numbers.first(page for row in topic.subtopics.all() for page in row.pages))
    ]
    return sorted(found, key=lambda chapter: chapter.number)
