"""What readers get: numbered sets of a book's guidelines, and the announcement of each."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from books.models.book import Book
from books.models.guideline import Provenance

CURRENT = Q(until_version__isnull=True)


class PublishedSet(models.Model):
    """What was published of a book at one moment, numbered from 1 without a gap; the highest is what readers get.

    Never changed. Its rows are the ``PublishedGuideline`` of the book whose versions include this one. ``restores`` is
    the earlier set that it brought back.
    """

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="published_sets")
    version = models.PositiveIntegerField()
    sentence = models.CharField(max_length=300, help_text="What was published, for a person.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()
    restores = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    left_out = models.JSONField(default=list, help_text="What could not go out then: [{title, topic, reason}].")

    class Meta:
        ordering = ("book", "-version")
        constraints = (
            models.UniqueConstraint(fields=["book", "version"], name="published_version_once_per_book"),
            models.CheckConstraint(condition=Q(version__gte=1), name="published_version_from_one"),
        )

    def __str__(self) -> str:
        return f"Version {self.version}"


class PublishedGuidelineQuerySet(models.QuerySet["PublishedGuideline"]):
    def current(self) -> PublishedGuidelineQuerySet:
        """What readers get now."""
        return self.filter(CURRENT)

    def of_version(self, book_id: int, version: int) -> PublishedGuidelineQuerySet:
        rows = self.filter(book=book_id, since_version__lte=version)
        return rows.filter(CURRENT | Q(until_version__gte=version))

    def in_order(self) -> PublishedGuidelineQuerySet:
        return self.order_by("book", "topic_sequence", "sequence", "id")


class PublishedGuideline(models.Model):
    """One guideline as readers get it, whole, so that reading joins nothing.

    It is part of every set of its book from ``since_version`` to ``until_version``; the latter alone is ever written,
    once. ``key`` and ``topic_key`` name the same subtopic and topic for ever (docs/adr/0003). Pages are scan numbers
    from 1 as they were when it was published; each part of ``guideline`` is a list of {"text", "pages"}.
    """

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="published_guidelines")
    since_version = models.PositiveIntegerField()
    until_version = models.PositiveIntegerField(null=True, blank=True)
    published_at = models.DateTimeField()

    book_title = models.CharField(max_length=200)
    country = models.CharField(max_length=80, blank=True)
    board = models.CharField(max_length=80, blank=True)
    grade = models.CharField(max_length=40, blank=True)
    subject = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=40)

    topic_key = models.CharField(max_length=40)
    topic_sequence = models.PositiveIntegerField()
    topic_number = models.CharField(max_length=20, blank=True)
    topic_title = models.CharField(max_length=200)
    topic_summary = models.TextField(blank=True)
    storyline = models.TextField(blank=True)

    key = models.CharField(max_length=40)
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    guideline = models.JSONField(default=dict)
    pages = models.JSONField(default=list)
    figures = models.JSONField(default=list)
    engine = models.CharField(max_length=80, blank=True)
    provenance = models.CharField(max_length=8, choices=Provenance)
    reviewer = models.CharField(
        max_length=150, blank=True, help_text="The name, never the account, of who approved it."
    )
    reviewed_at = models.DateTimeField()

    objects = PublishedGuidelineQuerySet.as_manager()

    class Meta:
        ordering = ("book", "topic_sequence", "sequence", "id")
        constraints = (
            models.UniqueConstraint(fields=["book", "key"], condition=CURRENT, name="published_once_at_a_time"),
            models.UniqueConstraint(fields=["book", "key", "since_version"], name="published_once_per_version"),
            models.CheckConstraint(
                condition=CURRENT | Q(until_version__gte=F("since_version")), name="published_versions_in_order"
            ),
        )
        indexes = (
            models.Index(
                fields=["book", "topic_sequence", "sequence", "id"], condition=CURRENT, name="published_in_order"
            ),
            models.Index(fields=["country", "board", "grade", "subject"], condition=CURRENT, name="published_place"),
            models.Index(fields=["board"], condition=CURRENT, name="published_board"),
            models.Index(fields=["grade", "subject"], condition=CURRENT, name="published_grade"),
            models.Index(fields=["subject"], condition=CURRENT, name="published_subject"),
            models.Index(fields=["published_at"], condition=CURRENT, name="published_lately"),
        )

    def __str__(self) -> str:
        return self.title


class Feed(models.Model):
    """How often what readers get has changed, in one row that each change locks until it commits.

    So changes commit in the order of ``position`` and ``moved_at``, and who saw one saw all before it. Ids and clocks
    promise neither: they are given out while a transaction runs.
    """

    position = models.PositiveBigIntegerField(default=0)
    moved_at = models.DateTimeField(default=datetime(2000, 1, 1, tzinfo=UTC))

    def __str__(self) -> str:
        return str(self.position)

    @classmethod
    def move(cls, now: datetime) -> datetime:
        """Takes the turn of the present transaction and returns its time: ``now``, or just after the one before."""
        cls.objects.get_or_create(pk=1)
        feed = cls.objects.select_for_update().get(pk=1)
        feed.position += 1
        feed.moved_at = max(now, feed.moved_at + timedelta(microseconds=1))
        feed.save()
        return feed.moved_at


class Happening(models.TextChoices):
    PUBLISHED = "guidelines.published", _("Guidelines published")
    ROLLED_BACK = "guidelines.rolled_back", _("Rolled back to an earlier version")
    WITHDRAWN = "guidelines.withdrawn", _("All guidelines of a book taken back")


class Announcement(models.Model):
    """What readers got changed: one row a published set, and one when a book with published guidelines goes.

    It outlives its book, so it names that by id and title.
    """

    number = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    happening = models.CharField(max_length=24, choices=Happening)
    book_number = models.BigIntegerField()
    book_title = models.CharField(max_length=200)
    version = models.PositiveIntegerField()
    guidelines = models.PositiveIntegerField(help_text="How many the book has for readers since.")
    written = models.PositiveIntegerField(help_text="How many came or changed.")
    removed = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["book_number", "-id"], name="announcement_newest"),)

    def __str__(self) -> str:
        return f"{self.get_happening_display()}: {self.book_title}"
