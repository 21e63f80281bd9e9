"""What a browser announced and has not sent completely, and stored files that go with the rows that own them."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.db.models import Q
from django.db.models.signals import post_delete
from django.dispatch import receiver

from books.models.book import Book
from books.models.page import Page, Source
from books.models.typed_json import SentenceField


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
    copy = models.PositiveIntegerField(default=0, help_text="How many of the same content stand before it.")
    source = models.OneToOneField(Source, null=True, blank=True, on_delete=models.CASCADE, related_name="expected")
    refusal: models.TextField[str, str] = SentenceField(blank=True)

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


def delete_once_committed(name: str) -> None:
    """A storage that is away then is logged, and keeps nobody from going on."""

    def delete_file() -> None:
        default_storage.delete(name)

    # Not a partial, which has no name for Django to log.
    transaction.on_commit(delete_file, robust=True)


@receiver(post_delete, sender=Source)
def delete_source_file(instance: Source, origin: Any = None, **_: Any) -> None:
    if not _is_book(origin):
        delete_once_committed(instance.storage_name)


@receiver(post_delete, sender=Page)
def delete_page_files(instance: Page, origin: Any = None, **_: Any) -> None:
    for name in () if _is_book(origin) else instance.file_names:
        delete_once_committed(name)


@receiver(post_delete, sender=ExpectedFile)
def delete_unfinished_file(instance: ExpectedFile, origin: Any = None, **_: Any) -> None:
    """A browser may have sent it to the bucket without telling."""
    if not _is_book(origin) and instance.source_id is None and not instance.refusal:
        delete_once_committed(instance.storage_name)


def _is_book(origin: Any) -> bool:
    """``origin``, the row or the rows that somebody deleted."""
    return getattr(origin, "model", type(origin)) is Book
