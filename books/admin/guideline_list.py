"""Guidelines across books: filtered, searched, and turned page by page without ever counting them all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponseBase, QueryDict
from django.utils.translation import gettext as _

from books.access import of_open_books, open_books
from books.admin.guards import StaffRequest, screen, show
from books.guidelines.search import with_words
from books.models import Book, ReviewStatus, Subtopic
from books.models.book import books_with_words, wanted_words
from books.models.page import page_numbers
from books.numbers import number_of
from books.stored.guideline import in_doubt, statements
from books.stored.pages import PageNumbers, span

A_PAGE = 25
# Counting stops here: "more than 500" helps nobody less than 250,000 does.
COUNTED = 500
CURRICULUM = ("country", "board", "grade", "subject")
ANY = "any"


@dataclass(frozen=True, slots=True)
class Hit:
    """A row of the list; ``words`` is a sentence of it in pieces, each with whether it is what was searched for."""

    row: Subtopic
    doubts: int
    pages: str
    words: list[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class Filters:
    """As asked for; awaiting review where nothing is."""

    status: str
    reviewer: str
    book: str
    q: str
    country: str
    board: str
    grade: str
    subject: str

    @classmethod
    def of(cls, asked: QueryDict) -> Filters:
        said = {name: asked.get(name, "").strip() for name in cls.__slots__}
        if not asked:
            said["status"] = ReviewStatus.PENDING_REVIEW
        return cls(**said)

    @property
    def as_query(self) -> str:
        said = {name: getattr(self, name) for name in self.__slots__}
        return urlencode({name: value for name, value in said.items() if value} or {"status": ANY})


@screen("books.view_book", "/books/book/review/", "books_review")
def guideline_list(request: StaffRequest) -> HttpResponseBase:
    """``?after=`` the id of a guideline goes on behind it, ``?before=`` goes back: both read one page by the key."""
    wanted = Filters.of(request.GET)
    rows = _filtered(wanted, of_open_books(Subtopic.objects.all(), request.user, "topic__book"))
    found, earlier, later = _page(rows, *(number_of(request.GET.get(name)) for name in ("after", "before")))
    numbers = page_numbers(*{row.topic.book.pk for row in found})
    context = {
        "title": _("Review"),
        "filters": wanted,
        "statuses": ReviewStatus.choices,
        "curriculum": [(name, values, getattr(wanted, name)) for name, values in _curriculum(request.user)],
        "reviewers": User.objects.filter(Exists(Subtopic.objects.filter(reviewed_by=OuterRef("pk")))),
        "hits": [_hit(row, wanted.q, numbers) for row in found],
        "earlier": earlier,
        "later": later,
        "count": rows.order_by()[: COUNTED + 1].count(),
        "counted": COUNTED,
    }
    return show(request, "review", context)


def _filtered(wanted: Filters, rows: QuerySet[Subtopic]) -> QuerySet[Subtopic]:
    if wanted.status in ReviewStatus.values:
        rows = rows.filter(status=wanted.status)
    if (reviewer := number_of(wanted.reviewer)) is not None:
        rows = rows.filter(reviewed_by=reviewer)
    facts = {name: getattr(wanted, name) for name in CURRICULUM if getattr(wanted, name)}
    if facts or wanted.book:
        rows = rows.filter(
            topic__book__in=books_with_words(wanted.book, Book.objects.filter(**facts)).order_by().values("pk")
        )
    return with_words(rows, wanted.q)


def _page(
    rows: QuerySet[Subtopic], after: int | None, before: int | None
) -> tuple[list[Subtopic], int | None, int | None]:
    """One page in the order of the ids, and where the pages before and behind it begin, None where there is none."""
    whole = rows.select_related("topic__book", "reviewed_by").defer("terms", "search_text", "made_with")
    if before is not None:
        found = list(whole.filter(pk__lt=before).order_by("-pk")[: A_PAGE + 1])
        shown = found[:A_PAGE][::-1]
        return shown, shown[0].pk if len(found) > A_PAGE else None, shown[-1].pk if shown else None
    start = after or 0
    found = list(whole.filter(pk__gt=start).order_by("pk")[: A_PAGE + 1])
    shown = found[:A_PAGE]
    return shown, shown[0].pk if start and shown else None, shown[-1].pk if len(found) > A_PAGE else None


def _curriculum(person: User) -> list[tuple[str, list[str]]]:
    """What books have, in one query over the index of these columns."""
    rows = list(open_books(person).order_by().values_list(*CURRICULUM).distinct())
    columns = [{row[at] for row in rows} - {""} for at, _ in enumerate(CURRICULUM)]
    return [(name, sorted(values)) for name, values in zip(CURRICULUM, columns, strict=True)]


def _hit(row: Subtopic, query: str, numbers: PageNumbers) -> Hit:
    pages = span(numbers.numbers(row.pages))
    return Hit(row, len(in_doubt(row.guideline)), pages, list(_words(row, query)))


def _words(row: Subtopic, query: str) -> Iterator[tuple[str, bool]]:
    """The first sentence with a word that was searched for, else the summary."""
    wanted = wanted_words(query)
    if not wanted:
        yield row.summary, False
        return
    beginning = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, wanted))})", re.IGNORECASE)
    texts = (row.summary, *(each.text for _, each in statements(row.guideline)))
    text = next((each for each in texts if beginning.search(each)), row.summary)
    for at, piece in enumerate(beginning.split(text)):
        yield piece, at % 2 == 1
