"""A file of guidelines that somebody sent and has not confirmed yet."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from books.models.book import Book


class GuidelineImport(models.Model):
    """What a file says, read and checked; gone once it is applied or discarded, or after a day.

    ``seen_change`` is the book's newest change when the differences were shown: they hold only until the next one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="imports")
    name = models.CharField(max_length=255)
    document = models.JSONField()
    seen_change = models.PositiveBigIntegerField()
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    sent_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name
