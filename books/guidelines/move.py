"""Pages from one subtopic to another, and subtopics from one topic to another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _

from books.errors import EditRefused
from books.guidelines.changes import change, present
from books.guidelines.checking import Texts, pages_changed
from books.guidelines.order import close_gaps, order_subtopics, order_topics, place_behind
from books.guidelines.split import divided, new_key, union
from books.models import Subtopic, Topic
from books.models.page import page_numbers
from books.sentences import gettext_noop, told, told_count
from books.stored.pages import PageId, ranges


def move_pages(
    book_id: int,
    subtopic_id: int,
    *,
    pages: Iterable[PageId],
    to: int,
    user: AbstractBaseUser | None,
    revision: int | None,
    to_revision: int | None = None,
) -> tuple[Subtopic, Subtopic]:
    """Gives ``pages`` to the subtopic ``to``, with the statements that stand on them.

    Raises EditRefused where nothing would stay or be moved (that is a merge), or EditedMeanwhile.
    """
    moved = set(pages)
    with change(book_id, "Moved pages", user=user) as made:
        source = present(Subtopic.objects.filter(topic__book=book_id), subtopic_id, revision)
        target = present(Subtopic.objects.filter(topic__book=book_id), to, to_revision)
        if not moved or not moved <= set(source.pages) or source.pk == target.pk:
            raise EditRefused(_("Choose pages of this guideline, and another guideline for them."))
        if moved == set(source.pages):
            raise EditRefused(_("No page would be left here: merge the two instead."))
        stays, goes = divided(source.guideline, lambda _text, page: page in moved)
        source.guideline, target.guideline = stays, union(target.guideline, goes)
        numbers = page_numbers(book_id)
        source.pages = tuple(page for page in source.pages if page not in moved)
        target.pages = numbers.in_order((*target.pages, *moved))
        texts = Texts(book_id)
        for row in (source, target):
            pages_changed(row, texts)
            row.save()
        facts = {"pages": ranges(numbers.numbers(moved)), "other": source.title, "title": target.title}
        made.tell(
            told_count(
                "Moved page {pages} from “{other}” to “{title}”",
                "Moved pages {pages} from “{other}” to “{title}”",
                count=len(moved),
                **facts,
            )
        )
    return source, target


def move_subtopic(
    book_id: int,
    subtopic_id: int,
    *,
    topic: int,
    place: int,
    user: AbstractBaseUser | None,
    revision: int | None = None,
) -> Subtopic:
    """Puts the subtopic at ``place`` (from 1; beyond the end is the end) of ``topic``.

    A topic that lost its last subtopic goes. Raises EditedMeanwhile.
    """
    with change(book_id, "Moved", user=user) as made:
        row = present(Subtopic.objects.filter(topic__book=book_id), subtopic_id, revision)
        target = present(Topic.objects.filter(book=book_id), topic)
        left = row.topic_id
        if left != target.pk:
            row.key = new_key(target.pk, row.title, row.pages)
            row.topic, row.sequence, row.is_edited = target, place_behind(target.pk), True
            row.save()
            close_gaps(left)
        others = Subtopic.objects.filter(topic=target).exclude(pk=row.pk).order_by("sequence")
        wanted = list(others.values_list("pk", flat=True))
        wanted.insert(max(place, 1) - 1, row.pk)
        order_subtopics(target.pk, wanted)
        _keep_order(target)
        facts = {"title": row.title, "place": wanted.index(row.pk) + 1, "topic": target.title}
        made.tell(told("Moved “{title}” to place {place} of “{topic}”", **facts))
    row.refresh_from_db()
    return row


def reorder_topics(book_id: int, wanted: Sequence[int], *, user: AbstractBaseUser | None) -> None:
    """Puts the book's topics in the order of the ids ``wanted``; raises EditedMeanwhile unless those are its topics."""
    with change(book_id, gettext_noop("Put the topics in another order"), user=user):
        moved = order_topics(book_id, wanted)
        for topic in moved:
            _keep_order(topic)


def reorder_subtopics(book_id: int, topic_id: int, wanted: Sequence[int], *, user: AbstractBaseUser | None) -> None:
    with change(book_id, "Put subtopics in another order", user=user) as made:
        topic = present(Topic.objects.filter(book=book_id), topic_id)
        if order_subtopics(topic_id, wanted):
            _keep_order(topic)
        made.tell(told("Put the subtopics of “{title}” in another order", title=topic.title))


def _keep_order(topic: Topic) -> None:
    """No job may put in another order what a person ordered."""
    if not topic.is_edited:
        topic.refresh_from_db()
        topic.is_edited = True
        topic.save(update_fields=["is_edited"])
