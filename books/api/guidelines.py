"""Guidelines as JSON, filtered by curriculum: the published ones for readers, the others for people at work."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from ninja import Field, Query, Router, Schema
from ninja.errors import HttpError

from books.access import of_open_books
from books.api.base import PUBLISHED, Id, Moment, Words, require
from books.api.refusals import Refusal
from books.models import Feed, Provenance, PublishedSet, ReviewStatus, TokenScope
from books.publishing.feed import (
    PUBLISHED_ORDER,
    WORKING_ORDER,
    UnknownPlace,
    page_of,
    published,
    published_documents,
    working,
    working_documents,
)
from books.stored.guideline import FindingKind, Part
from books.stored.regions import RegionKind
from books.tokens import lack_of_scope, token_of

router = Router(tags=["guidelines"])
CURRICULUM = ("country", "board", "grade", "subject")


class GuidelineFilter(Schema):
    """``topic`` is a topic_key, ``since`` a time with its zone from which on it was published: the latest
    ``published_at`` that you have, since a clock of your own knows nothing of what is being published at that moment.
    ``version`` is one of ``book``'s. ``after`` is the ``next`` of the page before. Any status but published is for
    people at work, and tokens with the scope read."""

    country: Words | None = None
    board: Words | None = None
    grade: Words | None = None
    subject: Words | None = None
    book: Id | None = None
    topic: Annotated[str, Field(pattern=r"^topic-[0-9]{1,18}$")] | None = None
    status: ReviewStatus = ReviewStatus.PUBLISHED
    since: Moment | None = None
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    after: Id | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 100


class EvidenceOut(Schema):
    page: int
    quote: str


class FindingOfReaderOut(Schema):
    kind: FindingKind
    sentence: str


class StatementOut(Schema):
    """``kind`` is "quote" where ``text`` is the book's own words, which has no ``evidence``. ``printed_pages`` are the
    numbers that the pages bear in print, empty where none was seen; ``is_checked`` where a person let the statement
    stand in spite of its ``findings``."""

    text: str
    pages: list[int]
    printed_pages: list[int | None] = []
    kind: str = "statement"
    basis: str = ""
    evidence: list[EvidenceOut] = []
    findings: list[FindingOfReaderOut] = []
    is_checked: bool = False


class FigureOut(Schema):
    """A figure or table: ``box`` is left, top, right and bottom in shares (0 to 1) of the scan ``page``."""

    page: int
    kind: RegionKind
    caption: str
    box: tuple[float, float, float, float]


class GuidelineOut(Schema):
    """Pages are scan numbers from 1. ``key`` and ``topic_key`` stay the same for ever; ``id`` is of use as ``after``
    alone. ``version`` is that of the book's set, ``since_version`` the one from which on this has been so; unpublished
    ones have neither."""

    id: int
    key: str
    book_id: int
    book: str
    country: str
    board: str
    grade: str
    subject: str
    language: str
    topic_key: str
    topic_sequence: int
    topic_number: str
    topic_title: str
    topic_summary: str
    storyline: str
    sequence: int
    number: str
    title: str
    summary: str
    guideline: dict[Part, list[StatementOut]]
    pages: list[int]
    figures: list[FigureOut]
    engine: str
    provenance: Provenance
    status: ReviewStatus
    review_status: ReviewStatus
    reviewer: str
    reviewed_at: datetime | None
    version: int | None
    since_version: int | None
    published_at: datetime | None


class GuidelinesOut(Schema):
    """``count`` is told on the first page; ``next`` is null on the last."""

    items: list[GuidelineOut]
    count: int | None
    next: int | None


@router.get("", response={200: GuidelinesOut, 304: None, 429: Refusal}, auth=PUBLISHED)
def guidelines(request: HttpRequest, response: HttpResponse, wanted: Query[GuidelineFilter]) -> Any:
    """What readers get, in the order of teaching. Send the ETag of the last answer as If-None-Match: nothing was
    published since where the answer is 304."""
    user = require(request, "books.view_subtopic")
    if wanted.status != ReviewStatus.PUBLISHED:
        return _working(request, user, wanted)
    etag = f'"2-{_position(request)}"'
    unchanged = get_conditional_response(request, etag=etag)
    answer = response if unchanged is None else unchanged
    answer.headers["ETag"] = etag
    patch_cache_control(answer, private=True, no_cache=True)
    patch_vary_headers(answer, ["Authorization", "Cookie"])
    return _published(user, wanted) if unchanged is None else unchanged


def _position(request: HttpRequest) -> int:
    """Of the feed: a token brings it along."""
    if token := token_of(request):
        return getattr(token, "position", None) or 0
    return Feed.objects.values_list("position", flat=True).first() or 0


def _published(user: User, wanted: GuidelineFilter) -> dict[str, object]:
    facts = _given(wanted, *CURRICULUM, "book", "since")
    if wanted.topic is not None:
        facts["topic_key"] = wanted.topic
    if wanted.version is not None:
        if wanted.book is None:
            raise HttpError(422, "A version is one of a book's: name the book too.")
        if not PublishedSet.objects.filter(book=wanted.book, version=wanted.version).exists():
            raise Http404("That book has no such version.")
    rows = published(facts, wanted.version)
    return _page(of_open_books(rows, user), PUBLISHED_ORDER, wanted, published_documents)


def _working(request: HttpRequest, user: User, wanted: GuidelineFilter) -> dict[str, object]:
    if lack := lack_of_scope(request, TokenScope.READ):
        raise HttpError(403, lack)
    if wanted.since is not None or wanted.version is not None:
        raise HttpError(422, "Only what is published has a version and a time of publishing.")
    facts = _given(wanted, *CURRICULUM, "book", "status")
    if wanted.topic is not None:
        facts["topic"] = int(wanted.topic.removeprefix("topic-"))
    return _page(of_open_books(working(facts), user, "topic__book"), WORKING_ORDER, wanted, working_documents)


def _given(wanted: GuidelineFilter, *names: str) -> dict[str, object]:
    return {name: value for name in names if (value := getattr(wanted, name)) is not None}


def _page(rows: Any, order: tuple[str, ...], wanted: GuidelineFilter, documents: Any) -> dict[str, object]:
    try:
        page = page_of(rows, order, after=wanted.after, limit=wanted.limit)
    except UnknownPlace as error:
        raise HttpError(422, "There is nothing to go on after; begin without “after”.") from error
    return {"items": documents(page.rows), "count": page.count, "next": page.next}
