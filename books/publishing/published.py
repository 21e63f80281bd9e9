"""What of a book readers see; everything that has to spare it asks here."""

from __future__ import annotations

from books.models import Book, ReviewStatus, Subtopic

# What was approved may be read downstream already, through an export.
SEEN = (ReviewStatus.APPROVED, ReviewStatus.PUBLISHED)


def published_count(book: Book) -> int:
    """How many of its guidelines readers may see."""
    return Subtopic.objects.filter(topic__book=book, status__in=SEEN).count()


def has_published(book: Book) -> bool:
    return published_count(book) > 0
