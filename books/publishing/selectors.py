"""What is published, read: whether, which versions there are, and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Case, Exists, OuterRef, QuerySet, Subquery, When

from books.models import Book, PublishedGuideline, PublishedSet
from books.models.book import BookQuerySet
from books.publishing.facts import differences, published_facts


def has_published(book: Book) -> bool:
    """Whether readers get anything of the book now."""
    return PublishedGuideline.objects.filter(book=book).current().exists()


def published_count(book: Book) -> int:
    return PublishedGuideline.objects.filter(book=book).current().count()


def with_published_version(books: BookQuerySet) -> BookQuerySet:
    """Adds ``published_version``: what readers get of each book, None where nothing."""
    out = PublishedGuideline.objects.current().filter(book=OuterRef("pk"))
    newest = PublishedSet.objects.filter(book=OuterRef("pk")).order_by("-version").values("version")[:1]
    return books.annotate(published_version=Case(When(Exists(out), then=Subquery(newest))))


def versions_of(book: Book) -> QuerySet[PublishedSet]:
    """The book's sets, newest first."""
    return PublishedSet.objects.filter(book=book).select_related("made_by", "restores").order_by("-version")


@dataclass(frozen=True, slots=True)
class Difference:
    """One guideline that two sets do not share: ``before`` or ``after`` is None where it is in the other alone."""

    before: PublishedGuideline | None
    after: PublishedGuideline | None
    changed: tuple[str, ...] = ()

    @property
    def either(self) -> PublishedGuideline:
        row = self.after or self.before
        assert row is not None  # noqa: S101 - a difference has a side
        return row


def differences_between(book: Book, before: int, after: int) -> list[Difference]:
    """What a reader of set ``after`` sees otherwise than one of set ``before``, in the order of teaching."""
    return sorted(
        _differences(book, before, after), key=lambda each: (each.either.topic_sequence, each.either.sequence)
    )


def _differences(book: Book, before: int, after: int) -> Iterator[Difference]:
    old = {row.key: row for row in PublishedGuideline.objects.of_version(book.pk, before)}
    new = {row.key: row for row in PublishedGuideline.objects.of_version(book.pk, after)}
    for key in {**old, **new}:
        one, other = old.get(key), new.get(key)
        if one is None or other is None:
            yield Difference(one, other)
        elif one.pk != other.pk and (changed := differences(published_facts(one), published_facts(other))):
            yield Difference(one, other, tuple(changed))
