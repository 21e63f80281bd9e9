"""Between the stages' plain data and the database."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic import TypeAdapter

from books.extraction.engine import BookFacts, Digest, Guideline, NamedSubtopic, Outline, PageText, TextLine, TocEntry
from books.extraction.stages import joined
from books.models import Book, Page, PageDigest, StoredOutline, Subtopic

DIGEST = TypeAdapter(Digest)
OUTLINE = TypeAdapter(Outline)
GUIDELINE = TypeAdapter(Guideline)
TOC = TypeAdapter(tuple[TocEntry, ...])


FACTS_OF_BOOK = ("title", "grade", "subject", "board", "country")


def book_facts(book: Book) -> BookFacts:
    return BookFacts(*(getattr(book, name) for name in FACTS_OF_BOOK))


def page_text(page: Page) -> PageText:
    """The page as read; one that was not read yet has no text."""
    reading = page.reading
    if reading is None:
        return PageText(page.number, "")
    width, height = page.image_width or 1, page.image_height or 1
    return PageText(page.number, reading.text, tuple(_line(line, width, height) for line in reading.lines))


def _line(line: dict[str, Any], width: int, height: int) -> TextLine:
    left, top, right, bottom = line["box"]
    return TextLine(
        text=line["text"],
        top=top / height,
        left=left / width,
        height=(bottom - top) / height,
        width=(right - left) / width,
        block=line["block"],
    )


def page_texts(book_id: int, numbers: Collection[int], *, has_layout: bool = True) -> tuple[PageText, ...]:
    """Of those that were read, in order; their lines are left out where nobody looks at them."""
    pages = Page.objects.filter(book=book_id, number__in=numbers, reading__isnull=False).order_by("number")
    if not has_layout:
        return tuple(PageText(number, text) for number, text in pages.values_list("number", "reading__text"))
    return tuple(page_text(page) for page in pages.select_related("reading"))


def digests_of(book_id: int, *, up_to: int | None = None) -> list[Digest]:
    """Of the book's pages, or those up to ``up_to``, in order."""
    stored = PageDigest.objects.filter(page__book=book_id).order_by("page__number")
    if up_to is not None:
        stored = stored.filter(page__number__lte=up_to)
    return [DIGEST.validate_python(data) for data in stored.values_list("data", flat=True)]


def outline_after(book_id: int, part: int, windows: int) -> Outline:
    """The stored outline of a run of pages after that many windows; an empty one after none."""
    if not windows:
        return Outline()
    return OUTLINE.validate_python(StoredOutline.objects.get(book=book_id, part=part, windows=windows).data)


def outline_prints(book_id: int) -> tuple[tuple[int, str], ...]:
    """What ``whole_outline`` is made of."""
    return tuple(StoredOutline.objects.filter(book=book_id).order_by("pk").values_list("pk", "fingerprint"))


def whole_outline(book_id: int) -> Outline:
    """Of all runs after their last window; an empty one where none was made."""
    last = {stored.part: stored for stored in StoredOutline.objects.filter(book=book_id).order_by("part", "windows")}
    return joined([OUTLINE.validate_python(stored.data) for stored in last.values()])


def named(subtopic: Subtopic) -> NamedSubtopic:
    return NamedSubtopic(
        key=str(subtopic.pk),
        topic=subtopic.topic.title,
        title=subtopic.title,
        summary=subtopic.summary,
        pages=tuple(subtopic.pages),
        terms=subtopic.terms,
    )
