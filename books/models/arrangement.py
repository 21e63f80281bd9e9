"""What people did to the order of a book's pages, kept so that it can be undone."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from books.models.book import Book


class Arrangement(models.Model):
    """One change of a book's pages, undone in the reverse order of time and deleted with that.

    ``before`` and ``after`` list page ids in book order. ``turned`` maps the ids of turned pages to what they were
    (rotation, OCR status, reading and review) and the rotation they were turned "to". ``citations`` maps rows that cite
    pages to what renumbering back cannot restore: {"before": their facts, "after": a fingerprint of what they became}.
    """

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="arrangements")
    sentence = models.CharField(max_length=200, help_text="What was done, for a person.")
    before = models.JSONField(default=list)
    after = models.JSONField(default=list)
    turned = models.JSONField(default=dict)
    citations = models.JSONField(default=dict)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.sentence
