"""Guidelines as JSON, filtered by curriculum."""

from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, FilterSchema, Query, Router, Schema
from ninja.pagination import paginate

from books.api.permission import require
from books.models import Subtopic

router = Router(tags=["guidelines"])


class GuidelineFilter(FilterSchema):
    country: str | None = None
    board: str | None = None
    grade: str | None = None
    subject: str | None = None
    status: Literal["draft", "pending_review", "approved", "rejected"] | None = None


class GuidelineOut(Schema):
    """Pages are scan numbers from 1; every part of ``guideline`` is a list of {"text", "pages"}."""

    id: int
    book_id: int = Field(alias="topic.book_id")
    book: str = Field(alias="topic.book.title")
    country: str = Field(alias="topic.book.country")
    board: str = Field(alias="topic.book.board")
    grade: str = Field(alias="topic.book.grade")
    subject: str = Field(alias="topic.book.subject")
    topic_title: str = Field(alias="topic.title")
    title: str
    summary: str
    pages: list[int]
    status: str
    guideline: dict[str, Any]


@router.get("", response=list[GuidelineOut])
@paginate
def guidelines(request: HttpRequest, wanted: Query[GuidelineFilter]) -> QuerySet[Subtopic]:
    require(request, "books.view_subtopic")
    rows = Subtopic.objects.select_related("topic__book").exclude(guideline={})
    for name, value in wanted.dict(exclude_none=True).items():
        rows = rows.filter(**{name if name == "status" else f"topic__book__{name}": value})
    return rows.order_by("topic__book", "topic__sequence", "sequence")
