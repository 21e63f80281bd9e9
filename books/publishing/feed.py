"""Guidelines by curriculum, a page at a time: what readers get, and for people what is still being worked on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Max, Model, OuterRef, Q, QuerySet, Subquery

from books.models import Page, PublishedGuideline, PublishedSet, ReviewStatus, Subtopic
from books.models.page import page_numbers
from books.publishing.published import Figures, facts_of, figures_on
from books.stored.pages import PageNumbers

Row = TypeVar("Row", bound=Model)
PUBLISHED_ORDER = ("book_id", "topic_sequence", "sequence", "id")
WORKING_ORDER = ("topic__book_id", "topic__sequence", "sequence", "id")


@dataclass(frozen=True, slots=True)
class Rows(Generic[Row]):
    """``count`` is how many there are in all, told on the first page; ``next`` is the next one's ``after``."""

    rows: list[Row]
    count: int | None
    next: int | None


class UnknownPlace(Exception):
    """``after`` is no row that these rows could follow."""


def published(wanted: Mapping[str, Any], version: int | None = None) -> QuerySet[PublishedGuideline]:
    """Those whose fields are as ``wanted``, each with the ``version`` of its book's set; of the present sets, or of the
    one of ``wanted["book"]`` that ``version`` names."""
    facts = dict(wanted)
    since = facts.pop("since", None)
    rows = PublishedGuideline.objects.all()
    rows = rows.current() if version is None else rows.of_version(facts["book"], version)
    if since is not None:
        rows = rows.filter(published_at__gte=since)
    present = PublishedSet.objects.filter(book=OuterRef("book")).order_by().values("book").annotate(x=Max("version"))
    return rows.filter(**facts).annotate(version=Subquery(present.values("x")))


def working(wanted: Mapping[str, Any]) -> QuerySet[Subtopic]:
    """Written guidelines as people see them, by status."""
    rows = Subtopic.objects.select_related("topic__book", "reviewed_by").exclude(guideline={})
    place = {"status": "status", "topic": "topic", "book": "topic__book"}
    return rows.filter(**{place.get(name, f"topic__book__{name}"): value for name, value in wanted.items()})


def page_of(rows: QuerySet[Row], order: tuple[str, ...], *, after: int | None, limit: int) -> Rows[Row]:
    """``limit`` of ``rows`` in ``order``, those behind the row ``after``. Raises UnknownPlace.

    By place and not by number, so that a page costs the same however far down it is, and a row that comes or goes
    meanwhile moves no other into or out of the next page.
    """
    count = rows.count() if after is None else None
    if after is not None:
        rows = rows.filter(_behind(rows.model, order, after))
    found = list(rows.order_by(*order)[: limit + 1])
    return Rows(found[:limit], count, found[limit - 1].pk if len(found) > limit else None)


def _behind(model: type[Row], order: tuple[str, ...], after: int) -> Q:
    place = model._default_manager.filter(pk=after).values_list(*order).first()
    if place is None:
        raise UnknownPlace
    behind = Q()
    for at, name in enumerate(order):
        equal = {order[before]: place[before] for before in range(at)}
        behind |= Q(**equal, **{f"{name}__gt": place[at]})
    # Says again what an index on the order can use.
    return behind & Q(**{f"{order[0]}__gte": place[0]})


def published_documents(rows: list[PublishedGuideline]) -> list[dict[str, object]]:
    return [_published_document(row) for row in rows]


def _published_document(row: PublishedGuideline) -> dict[str, object]:
    names = [field.attname for field in row._meta.concrete_fields]
    return {name: getattr(row, name) for name in names} | {
        "book": row.book_title,
        "version": getattr(row, "version", row.since_version),
        "status": "published",
        "review_status": "approved",
    }


def working_documents(rows: list[Subtopic]) -> list[dict[str, object]]:
    """For people who are signed in: they know one another by their accounts."""
    numbers = page_numbers(*{row.topic.book_id for row in rows})
    figures = figures_on(Page.objects.filter(pk__in={page for row in rows for page in row.pages}))
    return [_working_document(row, numbers, figures) for row in rows]


def _working_document(row: Subtopic, numbers: PageNumbers, figures: Figures) -> dict[str, object]:
    return facts_of(row, numbers, figures) | {
        "id": row.pk,
        "reviewer": row.reviewed_by.get_username() if row.reviewed_by else "",
        "book_id": row.topic.book_id,
        "book": row.topic.book.title,
        "status": row.status,
        "review_status": ReviewStatus(row.status).reviewed_as,
        "version": None,
        "since_version": None,
        "published_at": None,
    }
