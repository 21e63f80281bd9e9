"""What extraction keeps between its stages, so that a resumed or repeated job starts from there."""

from __future__ import annotations

from django.db import models

from books.models.book import Book
from books.models.page import Page


class DigestsInBook(models.Manager["PageDigest"]):
    """All but those of removed pages, whose numbers are free for others."""

    def get_queryset(self) -> models.QuerySet[PageDigest]:
        return super().get_queryset().filter(page__removed_at=None)


class PageDigest(models.Model):
    """The facts of one page as ``books.extraction.engine.Digest`` in JSON; replaced when the page's input changes.

    ``recipe``, here and on all other results, is ``books.extraction.engine.Recipe`` in JSON.
    """

    page = models.OneToOneField(Page, on_delete=models.CASCADE, related_name="digest")
    recipe = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64)
    data = models.JSONField()

    objects = DigestsInBook()

    class Meta:
        ordering = ("page",)

    def __str__(self) -> str:
        return f"Digest of {self.page}"


class StoredOutline(models.Model):
    """The outline of one run of pages after its first ``windows`` windows of digests, made from input ``fingerprint``.

    ``part`` numbers the runs of a book: one for all its pages, or one a chapter of confirmed contents, or one for the
    range of pages that a job was limited to.
    """

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="outlines")
    part = models.PositiveIntegerField(default=1)
    windows = models.PositiveSmallIntegerField()
    recipe = models.JSONField(default=dict)
    fingerprint = models.CharField(max_length=64)
    data = models.JSONField()

    class Meta:
        ordering = ("book", "part", "windows")
        constraints = (models.UniqueConstraint(fields=["book", "part", "windows"], name="outline_once_per_window"),)

    def __str__(self) -> str:
        return f"Outline of {self.book} to window {self.windows}"
