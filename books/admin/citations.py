"""The page that a statement cites, as a picture, with its quotes marked, or where it has none there, the lines with
most of its words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from books.guidelines.evidence.quotes import PrintedBook
from books.language import content_stems
from books.models import Book, Page, Subtopic
from books.numbers import number_of
from books.stored.guideline import Statement, statements
from books.stored.pages import PageId, PageNumbers

# So many of a statement's matter words in one line make it worth a look; of a short statement, all of them.
TELLING_WORDS = 2

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class CitedPage:
    """``marks`` are (left, top, width, height) in pixels of the picture; ``previous`` and ``following`` are the
    guideline's own pages around this one. ``name`` tells fragments apart."""

    page: Page
    name: str
    said: str
    marks: list[Box]
    previous: int | None
    following: int | None


def cited_page(request: HttpRequest, book: Book, row: Subtopic, numbers: PageNumbers) -> CitedPage | None:
    """The page asked for as ``?page=4&said=concepts.0``, else the first that the guideline cites."""
    asked, said = number_of(request.GET.get("page")), request.GET.get("said", "")
    number, name = (asked, said) if asked is not None else _first_cited(row, numbers)
    near = Page.objects.filter(book=book, number__range=(number - 1, number + 1)).select_related("reading")
    pages = {each.number: each for each in near}
    page = pages.get(number)
    if page is None:
        return None
    statement, own = dict(statements(row.guideline)).get(name), numbers.numbers(row.pages)
    text = statement.text if statement else ""
    quotes = _quotes_of(statement, page) if statement else []
    printed = PrintedBook({at: "\n".join(map(_text, _lines(each))) for at, each in pages.items()}) if quotes else None
    return CitedPage(
        page,
        f"{number} {name}",
        text,
        [mark for quote in quotes for mark in (*_quote_marks(page, quote, printed), *_figure_marks(page, quote))]
        if printed
        else list(_marks(page, text)),
        max((each for each in own if each < page.number), default=None),
        min((each for each in own if each > page.number), default=None),
    )


def _first_cited(row: Subtopic, numbers: PageNumbers) -> tuple[int, str]:
    """The first page that a statement cites and where that stands; else the first page, 0 where there is none."""
    for name, each in statements(row.guideline):
        if first := numbers.first(each.pages):
            return first, name
    return numbers.first(row.pages), ""


def _quotes_of(statement: Statement[PageId], page: Page) -> list[str]:
    """What the page must print; a statement that is a quote stands on itself."""
    if statement.kind == "quote":
        return [statement.text]
    return [each.quote for each in statement.evidence if each.page == str(page.pk)]


def _quote_marks(page: Page, quote: str, printed: PrintedBook) -> Iterator[Box]:
    """Around the quote's words in each line that it runs over, which may begin or end on the page beside."""
    found = [each for each in printed.find(quote, [page.number]) if each.page == page.number]
    start = 0
    for line in _lines(page):
        text = _text(line)
        for each in found:
            first, last = max(0, each.start - start), min(len(text), each.end - start)
            if first < last:
                _, top, _, bottom = line["box"]
                left, right = _sides(line, text, first, last)
                yield left, top, right - left, bottom - top
        start += len(text) + 1


def _lines(page: Page) -> list[Any]:
    """Those of which is known where they stand."""
    return [each for each in (page.reading.lines if page.reading else ()) if _is_box(_of(each, "box"))]


def _text(line: Any) -> str:
    return str(_of(line, "text") or "")


def _sides(line: Any, text: str, first: int, last: int) -> tuple[int, int]:
    """Left and right of the words that have letters from ``first`` up to ``last``. Where the engine told no boxes of
    words, where they stand follows from their letters, which are about as wide as one another."""
    words = [each for each in _of(line, "words") or () if each[0] < last and each[1] > first]
    if words:
        return min(each[2] for each in words), max(each[3] for each in words)
    left, _, right, _ = line["box"]
    letter = (right - left) / len(text)
    return round(left + first * letter), round(left + last * letter)


def _figure_marks(page: Page, quote: str) -> Iterator[Box]:
    """Around the figures and tables whose caption the quote is from."""
    words = " ".join(quote.split())
    for region in page.reading.regions if page.reading else ():
        if words and words in " ".join(region.caption.split()):
            yield region.place


def _marks(page: Page, text: str) -> Iterator[Box]:
    wanted = set(content_stems(text))
    for line in page.reading.lines if page.reading and wanted else ():
        found = wanted & set(content_stems(_text(line)))
        box = _of(line, "box")
        if len(found) >= min(TELLING_WORDS, len(wanted)) and _is_box(box):
            left, top, right, bottom = box
            yield left, top, right - left, bottom - top


def _of(line: Any, name: str) -> Any:
    return line.get(name) if isinstance(line, dict) else None


def _is_box(box: Any) -> bool:
    return isinstance(box, list) and len(box) == 4 and all(isinstance(side, int) for side in box)
