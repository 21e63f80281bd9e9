"""A book's topics and subtopics and their review as JSON: every change names the revision that its maker saw."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema

from books.api.base import READ, REVIEW, Id, Number, document, opened, require
from books.api.guidelines import EvidenceOut
from books.errors import EditRefused
from books.guidelines.edit import edit_subtopic, edit_topic
from books.guidelines.move import move_pages, move_subtopic, reorder_subtopics, reorder_topics
from books.guidelines.review import Decision, approve, decide
from books.guidelines.split import merge, split_subtopic
from books.models import Provenance, ReviewStatus, Subtopic, Topic
from books.models.page import page_numbers
from books.stored.guideline import FindingKind, Part, numbered
from books.stored.pages import PageNumbers

router = Router(tags=["review"])
VIEW, CHANGE = "books.view_subtopic", "books.change_subtopic"
SUBTOPIC = "/{int:book_id}/subtopics/{int:subtopic_id}"
SUBTOPICS = Subtopic.objects.select_related("topic").defer("terms", "search_text")


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
def list_subtopics(request: HttpRequest, book_id: int) -> list[SubtopicOut]:
    """In the order of teaching."""
    opened(request, book_id, VIEW)
    return _documents(book_id, *SUBTOPICS.filter(topic__book=book_id).order_by("topic__sequence", "sequence"))


@router.get(SUBTOPIC, auth=READ, response=SubtopicOut, url_name="one_subtopic")
def one_subtopic(request: HttpRequest, book_id: int, subtopic_id: int) -> SubtopicOut:
    require(request, VIEW)
    return _document(book_id, _subtopic(book_id, subtopic_id))


@router.patch(SUBTOPIC, auth=REVIEW, response=SubtopicOut, url_name="one_subtopic")
def patch_subtopic(request: HttpRequest, book_id: int, subtopic_id: int, words: EditIn) -> SubtopicOut:
    """Each statement is checked against its pages again; an approval is taken back."""
    user = _may_change(request, book_id, subtopic_id)
    return _document(book_id, edit_subtopic(book_id, subtopic_id, user=user, **words.dict()))


@router.post(SUBTOPIC + "/approve", auth=REVIEW, response=SubtopicOut)
def approve_subtopic(request: HttpRequest, book_id: int, subtopic_id: int, seen: SeenIn) -> SubtopicOut:
    return _decided(request, book_id, subtopic_id, Decision.APPROVE, seen)


@router.post(SUBTOPIC + "/reject", auth=REVIEW, response=SubtopicOut)
def reject_subtopic(request: HttpRequest, book_id: int, subtopic_id: int, seen: RejectIn) -> SubtopicOut:
    return _decided(request, book_id, subtopic_id, Decision.REJECT, seen)


@router.post(SUBTOPIC + "/reopen", auth=REVIEW, response=SubtopicOut)
def reopen_subtopic(request: HttpRequest, book_id: int, subtopic_id: int, seen: SeenIn) -> SubtopicOut:
    return _decided(request, book_id, subtopic_id, Decision.REOPEN, seen)


def _decided(request: HttpRequest, book_id: int, subtopic_id: int, decision: Decision, seen: SeenIn) -> SubtopicOut:
    user = _may_change(request, book_id, subtopic_id)
    return _document(book_id, decide(book_id, subtopic_id, decision, user=user, **seen.dict()))


@router.post("/{int:book_id}/subtopics/approve", auth=REVIEW, response=CountOut)
def approve_subtopics(request: HttpRequest, book_id: int, wanted: ApproveAllIn) -> CountOut:
    user, _ = opened(request, book_id, CHANGE)
    count = approve(book_id, wanted.seen, user=user, revisions=wanted.seen)
    return CountOut(approved=count, left=len(wanted.seen) - count)


@router.post(SUBTOPIC + "/split", auth=REVIEW, response=PairOut)
def split(request: HttpRequest, book_id: int, subtopic_id: int, cut: SplitIn) -> PairOut:
    user = _may_change(request, book_id, subtopic_id)
    at = next(iter(page_numbers(book_id).ids([cut.page])), "")
    return _pair(book_id, *split_subtopic(book_id, subtopic_id, at=at, user=user, **cut.dict(exclude={"page"})))


@router.post(SUBTOPIC + "/pages", auth=REVIEW, response=PairOut)
def move_pages_of(request: HttpRequest, book_id: int, subtopic_id: int, wanted: MovePagesIn) -> PairOut:
    """``first`` is the subtopic that gave the pages, ``second`` the one that took them."""
    user = _may_change(request, book_id, subtopic_id)
    _subtopic(book_id, wanted.to)
    numbers, said = page_numbers(book_id), wanted.dict()
    if not numbers.all().issuperset(said["pages"]):
        raise EditRefused("Choose pages of this guideline, and another guideline for them.")
    pages = numbers.ids(said.pop("pages"))
    return _pair(book_id, *move_pages(book_id, subtopic_id, pages=pages, user=user, **said))


@router.post(SUBTOPIC + "/merge", auth=REVIEW, response=SubtopicOut)
def merge_subtopic(request: HttpRequest, book_id: int, subtopic_id: int, wanted: MergeIn) -> SubtopicOut:
    user = _may_change(request, book_id, subtopic_id)
    _subtopic(book_id, wanted.other)
    return _document(book_id, merge(book_id, subtopic_id, user=user, **wanted.dict()))


@router.post(SUBTOPIC + "/place", auth=REVIEW, response=SubtopicOut)
def place_subtopic(request: HttpRequest, book_id: int, subtopic_id: int, wanted: PlaceIn) -> SubtopicOut:
    user = _may_change(request, book_id, subtopic_id)
    get_object_or_404(Topic, pk=wanted.topic, book=book_id)
    return _document(book_id, move_subtopic(book_id, subtopic_id, user=user, **wanted.dict()))


@router.post("/{int:book_id}/topics/{int:topic_id}/order", auth=REVIEW, response=list[SubtopicOut])
def order_of_topic(request: HttpRequest, book_id: int, topic_id: int, wanted: OrderIn) -> list[SubtopicOut]:
    user, _ = opened(request, book_id, CHANGE)
    reorder_subtopics(book_id, topic_id, wanted.ids, user=user)
    return _documents(book_id, *SUBTOPICS.filter(topic=topic_id).order_by("sequence"))


def _may_change(request: HttpRequest, book_id: int, subtopic_id: int) -> User:
    user = require(request, CHANGE)
    _subtopic(book_id, subtopic_id)
    return user


def _subtopic(book_id: int, subtopic_id: int) -> Subtopic:
    return get_object_or_404(SUBTOPICS, pk=subtopic_id, topic__book=book_id)


def _document(book_id: int, row: Subtopic) -> SubtopicOut:
    return _documents(book_id, row)[0]


def _pair(book_id: int, first: Subtopic, second: Subtopic) -> PairOut:
    one, other = _documents(book_id, first, second)
    return PairOut(first=one, second=other)


def _documents(book_id: int, *rows: Subtopic) -> list[SubtopicOut]:
    numbers = page_numbers(book_id)
    return [
        document(
            SubtopicOut,
            row,
            topic=row.topic.title,
            pages=numbers.numbers(row.pages),
            guideline=numbered(row.guideline, numbers),
            order=numbers.mark,
        )
        for row in rows
    ]


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
def list_topics(request: HttpRequest, book_id: int) -> list[TopicOut]:
    opened(request, book_id, VIEW)
    return _topics(book_id)


@router.patch("/{int:book_id}/topics/{int:topic_id}", auth=REVIEW, response=TopicOut)
def patch_topic(request: HttpRequest, book_id: int, topic_id: int, words: EditTopicIn) -> TopicOut:
    user = require(request, "books.change_topic")
    get_object_or_404(Topic, pk=topic_id, book=book_id)
    return _topic(edit_topic(book_id, topic_id, user=user, **words.dict()), page_numbers(book_id))


@router.post("/{int:book_id}/topics/order", auth=REVIEW, response=list[TopicOut])
def order_of_topics(request: HttpRequest, book_id: int, wanted: OrderIn) -> list[TopicOut]:
    user, _ = opened(request, book_id, "books.change_topic")
    reorder_topics(book_id, wanted.ids, user=user)
    return _topics(book_id)


def _topics(book_id: int) -> list[TopicOut]:
    numbers = page_numbers(book_id)
    rows = Topic.objects.filter(book=book_id).prefetch_related("subtopics").order_by("sequence")
    return [_topic(row, numbers) for row in rows]


def _topic(row: Topic, numbers: PageNumbers) -> TopicOut:
    pages = [page for subtopic in row.subtopics.all() for page in subtopic.pages]
    return document(TopicOut, row, first_page=numbers.first(pages), last_page=numbers.last(pages))
