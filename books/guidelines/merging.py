"""Two subtopics that teach the same become one, with the pages and statements of both."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from books.errors import EditRefused
from books.guidelines.changes import change, present
from books.guidelines.checking import edited, texts_of
from books.guidelines.ordering import close_gaps, span_pages
from books.guidelines.parts import Parts
from books.models import ReviewStatus, Subtopic

Statements = list[dict[str, Any]]


def merge(
    book_id: int,
    subtopic_id: int,
    *,
    other: int,
    user: AbstractBaseUser | None,
    revision: int | None,
    other_revision: int | None = None,
) -> Subtopic:
    """A person's merge: the subtopic takes in ``other``. Raises EditRefused or EditedMeanwhile."""
    with change(book_id, "Merged", user=user) as made:
        one = present(Subtopic.objects.filter(topic__book=book_id), subtopic_id, revision)
        two = present(Subtopic.objects.filter(topic__book=book_id), other, other_revision)
        if one.pk == two.pk:
            raise EditRefused("Choose another guideline to merge with.")
        topics = [one.topic_id, two.topic_id]
        merge_subtopics(one, two)
        one.refresh_from_db()  # it may have moved up into the gap
        edited(one, texts_of(book_id))
        one.save()
        span_pages(topics)
        made.tell(f"Merged “{two.title}” into “{one.title}”")
    return one


def merge_subtopics(one: Subtopic, other: Subtopic) -> None:
    """``one`` takes pages, statements and summary of ``other``, which goes, as does its topic where it was the last.

    In the current change, with rows read inside it. A decision on ``one`` was about less than it is now: it awaits
    review again.
    """
    one.guideline = union(one.guideline, other.guideline)
    one.summary = " ".join(dict.fromkeys(filter(None, (one.summary, other.summary))))
    one.pages = sorted({*one.pages, *other.pages})
    one.merged_keys = [*one.merged_keys, *(other.keys if other.cut_topic else other.merged_keys)]
    one.made_from = one.made_from | other.made_from
    one.terms = {term: one.terms.get(term, 0) + other.terms.get(term, 0) for term in {**one.terms, **other.terms}}
    if one.status != ReviewStatus.DRAFT:
        one.await_review()
    one.save()
    topic_id = other.topic_id
    other.delete()
    close_gaps(topic_id)


def union(one: Parts, other: Parts) -> Parts:
    """Part by part; equal statements once, with the pages of both."""
    return {part: _union(one.get(part, []), other.get(part, [])) for part in {**one, **other}}


def _union(one: Statements, other: Statements) -> Statements:
    kept: dict[str, dict[str, Any]] = {}
    for statement in (*one, *other):
        known = kept.get(statement["text"], statement)
        kept[statement["text"]] = {**known, "pages": sorted({*known["pages"], *statement["pages"]})}
    return list(kept.values())
