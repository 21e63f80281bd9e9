"""What a browser announced and has not sent completely: it keeps the shown order while files arrive out of order."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from books.models.book import Book
from books.models.page import Source


class Delivery(models.Model):
    """The files of one upload, announced in the order in which they shall become pages.

    Gone when it is closed: by the browser at its end, or after an hour without a sign of it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="deliveries")
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    image_bytes = models.PositiveBigIntegerField(help_text="The most bytes an image of it may have.")
    touched_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "deliveries"

    def __str__(self) -> str:
        return f"Upload to {self.book}"


class ExpectedFile(models.Model):
    """A file of a delivery: waiting, held (``source`` is stored, a file before it is still waiting) or refused.

    The row goes when the file becomes pages. Its id is the id that its source gets.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="files")
    place = models.PositiveIntegerField(help_text="From 0, in the shown order.")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(help_text="Bytes, as announced.")
    sha256 = models.CharField(max_length=64, blank=True, help_text="As announced; empty where the browser cannot tell.")
    source = models.OneToOneField(Source, null=True, blank=True, on_delete=models.CASCADE, related_name="expected")
    refusal = models.TextField(blank=True)

    class Meta:
        ordering = ("delivery", "place")
        constraints = (
            models.UniqueConstraint(fields=["delivery", "place"], name="expected_file_place_once"),
            models.CheckConstraint(condition=Q(source=None) | Q(refusal=""), name="expected_file_held_or_refused"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def storage_name(self) -> str:
        return Source(pk=self.pk, book_id=self.delivery.book_id).storage_name
