"""The table of contents of a book, as a person confirmed it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from books.models.book import Book


class ContentsStatus(models.TextChoices):
    DRAFTED = "drafted", "Draft"
    CONFIRMED = "confirmed", "Confirmed"


class Contents(models.Model):
    """drafted -> confirmed, and back when a person takes the confirmation away. Only confirmed contents bind.

    ``entries`` are ``books.extraction.engine.TocEntry`` in JSON; ``scan`` follows its page when pages are moved.
    ``origin`` is what the draft was drawn from: "contents" pages, "headings", or "" for lines that a person gave.
    """

    book = models.OneToOneField(Book, primary_key=True, on_delete=models.CASCADE, related_name="contents")
    entries = models.JSONField(default=list)
    origin = models.CharField(max_length=10, blank=True)
    status = models.CharField(max_length=10, choices=ContentsStatus, default=ContentsStatus.DRAFTED)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(status__in=ContentsStatus.values), name="contents_status_known"),
        )

    def __str__(self) -> str:
        return f"Contents of {self.book}"
