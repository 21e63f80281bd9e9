"""A book's topics as JSON: their words and their order."""

from __future__ import annotations

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from books.api.base import require
from books.api.review import VIEW, Document, OrderIn, SeenIn
from books.api.scopes import READ, REVIEW
from books.guidelines.edit import edit_topic
from books.guidelines.move import reorder_topics
from books.models import Book, Topic
from books.models.page import page_numbers
from books.stored.pages import PageNumbers

router = Router(tags=["review"])


class TopicOut(Schema):
    id: int
    revision: int
    sequence: int
    title: str
    summary: str
    storyline: str
    first_page: int
    last_page: int


class EditTopicIn(SeenIn):
    title: str | None = None
    summary: str | None = None
    storyline: str | None = None


@router.get("/{int:book_id}/topics", auth=READ, response=list[TopicOut])
def list_topics(request: HttpRequest, book_id: int) -> list[Document]:
    require(request, VIEW)
    get_object_or_404(Book, pk=book_id)
    return _topics(book_id)


@router.patch("/{int:book_id}/topics/{int:topic_id}", auth=REVIEW, response=TopicOut)
def patch_topic(request: HttpRequest, book_id: int, topic_id: int, words: EditTopicIn) -> Document:
    user = require(request, "books.change_topic")
    get_object_or_404(Topic, pk=topic_id, book=book_id)
    return _topic(edit_topic(book_id, topic_id, user=user, **words.dict()), page_numbers(book_id))


@router.post("/{int:book_id}/topics/order", auth=REVIEW, response=list[TopicOut])
def order_of_topics(request: HttpRequest, book_id: int, wanted: OrderIn) -> list[Document]:
    user = require(request, "books.change_topic")
    get_object_or_404(Book, pk=book_id)
    reorder_topics(book_id, wanted.ids, user=user)
    return _topics(book_id)


def _topics(book_id: int) -> list[Document]:
    numbers = page_numbers(book_id)
    rows = Topic.objects.filter(book=book_id).prefetch_related("subtopics").order_by("sequence")
    return [_topic(row, numbers) for row in rows]


def _topic(row: Topic, numbers: PageNumbers) -> Document:
    pages = [page for subtopic in row.subtopics.all() for page in subtopic.pages]
    facts = {name: getattr(row, name) for name in ("id", "revision", "sequence", "title", "summary", "storyline")}
    return facts | {"first_page": numbers.first(pages), "last_page": numbers.last(pages)}
