"""Between the stages' plain data and the database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TypeVar

from django.db.models import QuerySet
from pydantic import TypeAdapter

from books.extraction.base import NamedSubtopic
from books.extraction.outline_ops import joined
from books.models import AppliedCut, Book, Page, PageDigest, StoredOutline, Subtopic, Topic
from books.models.page import page_numbers
from books.stored.outline import CutBook
from books.stored.pages import PageId, PageNumbers
from books.stored.regions import RegionKind, StoredLine
from books.structure.base import BookFacts, Digest, PageText, TextLine

DIGEST = TypeAdapter(Digest)
Row = TypeVar("Row", Topic, Subtopic)
FACTS_OF_BOOK = ("title", "grade", "subject", "board", "country", "language")


def book_facts(book: Book) -> BookFacts:
    return BookFacts(*(getattr(book, name) for name in FACTS_OF_BOOK))


def page_text(page: Page, *, has_layout: bool = True) -> PageText:
    """The page as read; one that was not read yet has no text."""
    reading = page.reading
    if reading is None:
        return PageText(page.number, "")
    if not has_layout:
        return PageText(page.number, reading.text, captions=reading.captions)
    width, height = page.image_width or 1, page.image_height or 1
    lines = tuple(_line(line, width, height) for line in reading.lines)
    formulas = [region.box for region in reading.regions if region.kind == RegionKind.FORMULA]
    misread = [line["text"] for line in reading.lines if any(_overlap(line["box"], box) for box in formulas)]
    misread += [words for line in reading.lines for words in _unsure(line)]
    return PageText(page.number, reading.text, lines, reading.captions, tuple(misread))


def _unsure(line: StoredLine) -> Iterator[str]:
    """Each word of which the engine was not sure, with the words beside it."""
    text = line["text"]
    for start, end, _ in line.get("unsure", ()):
        yield " ".join([*text[:start].split()[-1:], text[start:end], *text[end:].split()[:1]])


def _overlap(one: Sequence[int], other: Sequence[int]) -> bool:
    return all(max(one[at], other[at]) < min(one[at + 2], other[at + 2]) for at in (0, 1))


def _line(line: StoredLine, width: int, height: int) -> TextLine:
    left, top, right, bottom = line["box"]
    return TextLine(
        text=line["text"],
        top=top / height,
        left=left / width,
        height=(bottom - top) / height,
        width=(right - left) / width,
        block=line["block"],
    )


def read_pages(pages: QuerySet[Page], *, has_layout: bool = False) -> QuerySet[Page]:
    """Those of ``pages`` that were read, in order; their lines are left out where nobody looks at them."""
    rows = pages.filter(reading__isnull=False).select_related("reading").order_by("number")
    return rows if has_layout else rows.defer("reading__lines")


def stored_digest(digest: Digest) -> dict[str, object]:
    """Without the number of its page, which another page may have tomorrow."""
    return {name: value for name, value in DIGEST.dump_python(digest, mode="json").items() if name != "page"}


def digests_of(book_id: int, pages: Collection[int] | None = None) -> list[Digest]:
    """Of the book's pages, or those with the numbers ``pages``, in order."""
    stored = PageDigest.objects.filter(page__book=book_id).order_by("page__number")
    if pages is not None:
        stored = stored.filter(page__number__in=pages)
    return [digest_of(data, number) for number, data in stored.values_list("page__number", "data")]


def digest_of(data: dict[str, object], number: int) -> Digest:
    """What was stored, of the page that has that number now."""
    return DIGEST.validate_python({**data, "page": number})


def outline_after(book_id: int, part: int, windows: int) -> CutBook:
    """The stored outline of a run of pages after that many windows; an empty one after none."""
    return StoredOutline.objects.get(book=book_id, part=part, windows=windows).data if windows else CutBook()


def whole_outline(book_id: int) -> CutBook:
    """Of all runs after their last window; an empty one where none was made."""
    last = {stored.part: stored for stored in StoredOutline.objects.filter(book=book_id).order_by("part", "windows")}
    return joined([stored.data for stored in last.values()], page_numbers(book_id))


def applied_cut(book_id: int) -> CutBook:
    """By which the book's subtopics were made last, whatever a job has cut since."""
    applied = AppliedCut.objects.filter(book=book_id).first()
    return applied.data if applied else CutBook()


def named(subtopic: Subtopic, numbers: PageNumbers) -> NamedSubtopic:
    return NamedSubtopic(
        key=str(subtopic.pk),
        topic=subtopic.topic.title,
        title=subtopic.title,
        summary=subtopic.summary,
        pages=tuple(numbers.numbers(subtopic.pages)),
        terms=subtopic.terms,
    )


def in_the_book(rows: Iterable[Row], numbers: PageNumbers) -> list[Row]:
    """As the book has them, whatever the order of teaching is."""
    return sorted(rows, key=lambda row: (*_span(row, numbers), row.pk))


def _span(row: Subtopic | Topic, numbers: PageNumbers) -> tuple[int, int]:
    inside = [row] if isinstance(row, Subtopic) else row.subtopics.all()
    pages = [page for subtopic in inside for page in subtopic.pages]
    return numbers.first(pages), numbers.last(pages)


def read_texts(book_id: int) -> dict[PageId, PageText]:
    """Of all pages that were read, without their lines."""
    pages = Page.objects.filter(book=book_id, reading__isnull=False)
    rows = pages.values_list("pk", "number", "reading__text")
    return {str(page): PageText(number, text) for page, number, text in rows}
