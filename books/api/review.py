"""A book's subtopics and their review as JSON: every change names the revision that its maker saw."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema

from books.api.base import Id, Number, require
from books.api.guidelines import EvidenceOut
from books.api.scopes import READ, REVIEW
from books.errors import EditRefused
from books.guidelines.edit import edit_subtopic
from books.guidelines.move import move_pages, move_subtopic, reorder_subtopics
from books.guidelines.review import Decision, approve, decide
from books.guidelines.split import merge, split_subtopic
from books.models import Book, Provenance, ReviewStatus, Subtopic, Topic
from books.models.page import page_numbers
from books.stored.guideline import FindingKind, Part, numbered

router = Router(tags=["review"])
VIEW, CHANGE = "books.view_subtopic", "books.change_subtopic"
SUBTOPIC = "/{int:book_id}/subtopics/{int:subtopic_id}"
Document = dict[str, Any]


class FindingOut(Schema):
    """``heading`` says the kind to a person, ``sentence`` what exactly was found."""

    kind: FindingKind
    heading: str = Field(alias="kind.heading")
    sentence: str
    instead: str


class CheckedOut(Schema):
    by: str
    at: datetime
    reason: str


class ReviewedStatementOut(Schema):
    text: str
    pages: list[int]
    kind: str
    basis: str
    evidence: list[EvidenceOut]
    findings: list[FindingOut]
    checked: CheckedOut | None


class SubtopicOut(Schema):
    """``revision`` goes into the body of what changes it: 409 ``edited_meanwhile`` where it is another by then; so may
    ``order``, which is another once pages of the book moved and numbers mean others."""

    id: int
    revision: int
    topic_id: int
    topic: str
    sequence: int
    number: str
    title: str
    summary: str
    pages: list[int]
    guideline: dict[Part, list[ReviewedStatementOut]]
    order: str
    provenance: Provenance
    status: ReviewStatus
    rejection_reason: str
    is_edited: bool


class PairOut(Schema):
    first: SubtopicOut
    second: SubtopicOut


class StatementIn(Schema):
    text: str
    pages: list[Number]


class SeenIn(Schema):
    revision: Number


class EditIn(SeenIn):
    """What is left out stays. A part that is named is replaced as a whole."""

    order: str = ""
    title: str | None = None
    summary: str | None = None
    guideline: dict[str, list[StatementIn]] | None = None


class RejectIn(SeenIn):
    reason: str


class SplitIn(SeenIn):
    """The second part begins at the top of ``page``, or with the line ``heading`` on it, which then both have."""

    page: Number
    heading: str = ""
    title: str = ""


class MovePagesIn(SeenIn):
    pages: list[Number]
    to: Id
    to_revision: Number | None = None


class MergeIn(SeenIn):
    """``other`` goes into this one."""

    other: Id
    other_revision: Number | None = None


class PlaceIn(SeenIn):
    """``place`` counts from 1; beyond the end is the end."""

    topic: Id
    place: Number


class OrderIn(Schema):
    """All the ids, in the wanted order."""

    ids: list[Id]


class ApproveAllIn(Schema):
    """The revision that was seen of each subtopic, by its id."""

    seen: dict[Id, Number]


class CountOut(Schema):
    """``left``: changed or decided since, or not there."""

    approved: int
    left: int


@router.get("/{int:book_id}/subtopics", auth=READ, response=list[SubtopicOut])
def list_subtopics(request: HttpRequest, book_id: int) -> list[Document]:
    """In the order of teaching."""
    require(request, VIEW)
    get_object_or_404(Book, pk=book_id)
    rows = Subtopic.objects.filter(topic__book=book_id).select_related("topic").defer("terms", "search_text")
    return _documents(book_id, *rows.order_by("topic__sequence", "sequence"))


@router.get(SUBTOPIC, auth=READ, response=SubtopicOut, url_name="one_subtopic")
def one_subtopic(request: HttpRequest, book_id: int, subtopic_id: int) -> Document:
    require(request, VIEW)
    return _document(book_id, _subtopic(book_id, subtopic_id))


@router.patch(SUBTOPIC, auth=REVIEW, response=SubtopicOut, url_name="one_subtopic")
def patch_subtopic(request: HttpRequest, book_id: int, subtopic_id: int, words: EditIn) -> Document:
    """Each statement is checked against its pages again; an approval is taken back."""
    user = _may_change(request, book_id, subtopic_id)
    return _document(book_id, edit_subtopic(book_id, subtopic_id, user=user, **words.dict()))


@router.post(SUBTOPIC + "/approve", auth=REVIEW, response=SubtopicOut)
def approve_subtopic(request: HttpRequest, book_id: int, subtopic_id: int, seen: SeenIn) -> Document:
    user = _may_change(request, book_id, subtopic_id)
    return _document(book_id, decide(book_id, subtopic_id, Decision.APPROVE, user=user, revision=seen.revision))


@router.post(SUBTOPIC + "/reject", auth=REVIEW, response=SubtopicOut)
def reject_subtopic(request: HttpRequest, book_id: int, subtopic_id: int, seen: RejectIn) -> Document:
    user = _may_change(request, book_id, subtopic_id)
    decided = decide(book_id, subtopic_id, Decision.REJECT, user=user, revision=seen.revision, reason=seen.reason)
    return _document(book_id, decided)


@router.post(SUBTOPIC + "/reopen", auth=REVIEW, response=SubtopicOut)
def reopen_subtopic(request: HttpRequest, book_id: int, subtopic_id: int, seen: SeenIn) -> Document:
    user = _may_change(request, book_id, subtopic_id)
    return _document(book_id, decide(book_id, subtopic_id, Decision.REOPEN, user=user, revision=seen.revision))


@router.post("/{int:book_id}/subtopics/approve", auth=REVIEW, response=CountOut)
def approve_subtopics(request: HttpRequest, book_id: int, wanted: ApproveAllIn) -> dict[str, int]:
    user = require(request, CHANGE)
    get_object_or_404(Book, pk=book_id)
    count = approve(book_id, wanted.seen, user=user, revisions=wanted.seen)
    return {"approved": count, "left": len(wanted.seen) - count}


@router.post(SUBTOPIC + "/split", auth=REVIEW, response=PairOut)
def split(request: HttpRequest, book_id: int, subtopic_id: int, cut: SplitIn) -> Document:
    user = _may_change(request, book_id, subtopic_id)
    at = next(iter(page_numbers(book_id).ids([cut.page])), "")
    pair = split_subtopic(
        book_id, subtopic_id, at=at, heading=cut.heading, title=cut.title, user=user, revision=cut.revision
    )
    return _pair(book_id, *pair)


@router.post(SUBTOPIC + "/pages", auth=REVIEW, response=PairOut)
def move_pages_of(request: HttpRequest, book_id: int, subtopic_id: int, wanted: MovePagesIn) -> Document:
    """``first`` is the subtopic that gave the pages, ``second`` the one that took them."""
    user = _may_change(request, book_id, subtopic_id)
    _subtopic(book_id, wanted.to)
    numbers, said = page_numbers(book_id), wanted.dict()
    if not numbers.all().issuperset(said["pages"]):
        raise EditRefused("Choose pages of this guideline, and another guideline for them.")
    pages = numbers.ids(said.pop("pages"))
    return _pair(book_id, *move_pages(book_id, subtopic_id, pages=pages, user=user, **said))


@router.post(SUBTOPIC + "/merge", auth=REVIEW, response=SubtopicOut)
def merge_subtopic(request: HttpRequest, book_id: int, subtopic_id: int, wanted: MergeIn) -> Document:
    user = _may_change(request, book_id, subtopic_id)
    _subtopic(book_id, wanted.other)
    return _document(book_id, merge(book_id, subtopic_id, user=user, **wanted.dict()))


@router.post(SUBTOPIC + "/place", auth=REVIEW, response=SubtopicOut)
def place_subtopic(request: HttpRequest, book_id: int, subtopic_id: int, wanted: PlaceIn) -> Document:
    user = _may_change(request, book_id, subtopic_id)
    get_object_or_404(Topic, pk=wanted.topic, book=book_id)
    return _document(book_id, move_subtopic(book_id, subtopic_id, user=user, **wanted.dict()))


@router.post("/{int:book_id}/topics/{int:topic_id}/order", auth=REVIEW, response=list[SubtopicOut])
def order_of_topic(request: HttpRequest, book_id: int, topic_id: int, wanted: OrderIn) -> list[Document]:
    user = require(request, CHANGE)
    get_object_or_404(Book, pk=book_id)
    reorder_subtopics(book_id, topic_id, wanted.ids, user=user)
    return _documents(book_id, *Subtopic.objects.filter(topic=topic_id).select_related("topic").order_by("sequence"))


def _may_change(request: HttpRequest, book_id: int, subtopic_id: int) -> User:
    user = require(request, CHANGE)
    _subtopic(book_id, subtopic_id)
    return user


def _subtopic(book_id: int, subtopic_id: int) -> Subtopic:
    rows = Subtopic.objects.select_related("topic").defer("terms", "search_text")
    return get_object_or_404(rows, pk=subtopic_id, topic__book=book_id)


FACTS = ("id", "revision", "topic_id", "sequence", "number", "title", "summary", "provenance", "status", "is_edited")


def _document(book_id: int, row: Subtopic) -> Document:
    return _documents(book_id, row)[0]


def _pair(book_id: int, first: Subtopic, second: Subtopic) -> Document:
    one, other = _documents(book_id, first, second)
    return {"first": one, "second": other}


def _documents(book_id: int, *rows: Subtopic) -> list[Document]:
    numbers = page_numbers(book_id)
    return [
        {name: getattr(row, name) for name in (*FACTS, "rejection_reason")}
        | {
            "topic": row.topic.title,
            "pages": numbers.numbers(row.pages),
            "guideline": numbered(row.guideline, numbers),
            "order": numbers.mark,
        }
        for row in rows
    ]
