"""Puts a new cut of the book in the place of a guideline that a person had kept as it was.

A piece is what the cut has there: "key", "title", "number", "start_line", "pages", and its "topic" ("key", "number",
"title", "first_page", "last_page").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from books.errors import EditedMeanwhile
from books.guidelines.ordering import close_gaps
from books.models import ReviewStatus, Subtopic, Topic

Piece = dict[str, Any]


def recut(row: Subtopic, pieces: Sequence[Piece]) -> None:
    """``row`` becomes the piece that shares most pages with it and has no guideline of its own yet; without such a
    piece it goes. In the current change.

    What a person wrote stays in it, to be reviewed again. The other pieces get all of their pages.
    """
    free = [piece for piece in pieces if not _is_whole(_holder(row, piece), piece)]
    if not free:
        _remove(row)
        return
    best = max(free, key=lambda piece: len({*piece["pages"]} & {*row.pages}))
    for piece in free:
        if piece is not best:
            _fill(row, piece)
    _become(row, best)


def move(row: Subtopic, facts: dict[str, Any]) -> None:
    """Puts ``row`` at the end of the topic, in the current change."""
    left = row.topic_id
    topic = _topic(row.topic.book_id, facts)
    row.topic, row.sequence, row.cut_topic = topic, _after_last(topic), topic.key
    row.save(update_fields=["topic", "sequence", "cut_topic"])
    close_gaps(left)


def _become(row: Subtopic, piece: Piece) -> None:
    stand_in = _holder(row, piece)
    if stand_in is not None:
        if stand_in.is_decided:
            raise EditedMeanwhile(f"A person decided on “{stand_in.title}” since, which has its place in the new cut.")
        _remove(stand_in)
        row.refresh_from_db()
    row.key, row.pages, row.start_line = piece["key"], piece["pages"], piece["start_line"]
    row.number, row.cut_topic, row.merged_keys = piece["number"], piece["topic"]["key"], []
    if not row.is_edited:
        row.title = piece["title"]
    if row.status != ReviewStatus.DRAFT:
        row.await_review()
    row.save()
    if row.topic.key != piece["topic"]["key"]:
        move(row, piece["topic"])


def _fill(row: Subtopic, piece: Piece) -> None:
    """A guideline for the piece with all its pages; one that a person decided on gets them too, to be looked at."""
    present = _holder(row, piece)
    if present is None:
        topic = _topic(row.topic.book_id, piece["topic"])
        facts = {name: piece[name] for name in ("key", "title", "number", "start_line", "pages")}
        Subtopic.objects.create(topic=topic, sequence=_after_last(topic), cut_topic=topic.key, **facts)
        return
    present.pages = sorted({*present.pages, *piece["pages"]})
    if present.status != ReviewStatus.DRAFT:
        present.await_review()
    present.save()


def _holder(row: Subtopic, piece: Piece) -> Subtopic | None:
    """Which other guideline stands for the piece."""
    return Subtopic.objects.filter(topic__book=row.topic.book_id, key=piece["key"]).exclude(pk=row.pk).first()


def _is_whole(holder: Subtopic | None, piece: Piece) -> bool:
    return holder is not None and {*holder.pages} >= {*piece["pages"]}


def _topic(book_id: int, facts: dict[str, Any]) -> Topic:
    topics = Topic.objects.filter(book=book_id)
    found = topics.filter(key=facts["key"]).first()
    return found or Topic.objects.create(book_id=book_id, sequence=topics.count() + 1, **facts)


def _after_last(topic: Topic) -> int:
    last = topic.subtopics.order_by("-sequence").values_list("sequence", flat=True).first()
    return (last or 0) + 1


def _remove(row: Subtopic) -> None:
    topic_id = row.topic_id
    row.delete()
    close_gaps(topic_id)
