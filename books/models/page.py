"""What was uploaded, the pages it became, and what was read on them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from books.models.book import Book


class OcrStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    DONE = "done", "Read"
    BLANK = "blank", "Blank"
    FAILED = "failed", "Failed"


class PageReview(models.TextChoices):
    PENDING = "pending", "To review"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"


class Source(models.Model):
    """An uploaded file, stored once and never changed. ``frames`` is the number of pages in it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="sources")
    name = models.CharField(max_length=255, help_text="As the person's machine called it; shown, never used as a path.")
    format = models.CharField(max_length=8)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    frames = models.PositiveIntegerField()
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("uploaded_at",)
        constraints = (
            models.UniqueConstraint(fields=["book", "sha256"], name="source_once_per_book"),
            models.CheckConstraint(condition=Q(frames__gte=1), name="source_has_frames"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def storage_name(self) -> str:
        return f"books/{self.book_id}/sources/{self.pk}"


class Page(models.Model):
    """One page scan: frame ``frame`` (from 0) of its source. waiting -> done | blank | failed, by the OCR job alone.

    Storage names hang on the page's id, so that renumbering moves no file.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="pages")
    frame = models.PositiveIntegerField(default=0)
    ocr_status = models.CharField(max_length=8, choices=OcrStatus, default=OcrStatus.WAITING)
    ocr_error = models.TextField(blank=True)
    reading = models.ForeignKey("books.Reading", null=True, blank=True, on_delete=models.RESTRICT, related_name="+")
    image_width = models.PositiveIntegerField(null=True, blank=True)
    image_height = models.PositiveIntegerField(null=True, blank=True)
    review = models.CharField(max_length=8, choices=PageReview, default=PageReview.PENDING)
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("book", "number")
        constraints = (
            models.UniqueConstraint(fields=["book", "number"], name="page_number_once_per_book"),
            models.UniqueConstraint(fields=["source", "frame"], name="page_once_per_frame"),
            models.CheckConstraint(condition=Q(number__gte=1), name="page_number_from_one"),
            models.CheckConstraint(condition=Q(ocr_status__in=OcrStatus.values), name="page_ocr_status_known"),
            models.CheckConstraint(condition=Q(review__in=PageReview.values), name="page_review_known"),
            models.CheckConstraint(
                condition=Q(ocr_status__in=["waiting", "failed"]) | Q(reading__isnull=False),
                name="page_read_has_reading",
            ),
            models.CheckConstraint(
                condition=~Q(review="approved") | Q(ocr_status__in=["done", "blank"]), name="page_approved_was_read"
            ),
        )

    def __str__(self) -> str:
        return f"Page {self.number}"

    @property
    def image_name(self) -> str:
        return f"books/{self.book_id}/pages/{self.pk}/page.png"

    @property
    def thumbnail_name(self) -> str:
        return f"books/{self.book_id}/pages/{self.pk}/thumbnail.png"


class Reading(models.Model):
    """What one engine read on a page; older ones stay as history.

    ``lines`` holds {"text", "confidence", "box": [left, top, right, bottom] in pixels of the page image, "block"}.
    ``missing_ink`` is the share (0 to 1) of the page's ink that no line covers.
    """

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="readings")
    engine = models.CharField(max_length=40)
    version = models.CharField(max_length=80)
    text = models.TextField(blank=True)
    confidence = models.FloatField(help_text="0 to 100.")
    lines = models.JSONField(default=list)
    missing_ink = models.FloatField(default=0)
    text_may_be_missing = models.BooleanField(default=False)
    seconds = models.FloatField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(confidence__range=(0, 100)), name="reading_confidence_percent"),
        )

    def __str__(self) -> str:
        return f"{self.engine} on {self.page}"
