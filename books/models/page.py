"""What was uploaded, the pages it became, what was read on them, and in which order people put them."""

from __future__ import annotations

import re
import uuid
from hashlib import sha256
from typing import Any, Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from books.models.book import Book, by_person
from books.models.typed_json import SentenceField, TypedJSONField
from books.stored.cut import Corners, Cut
from books.stored.pages import PageNumbers, Turned
from books.stored.regions import Region, StoredLine, beyond_text
from books.stored.sentence import Sentence

TURNS: Final = (0, 90, 180, 270)
# The engine of a text that a person typed.
PERSON: Final = "person"
# Headings such as "Notes" may well stand alone on two pages; a text of this many letters does not.
TELLING_LETTERS: Final = 40
# Good print is read with about 90, poor print with 65.
CLEAN_CONFIDENCE: Final = 80.0


class OcrStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DONE = "done", _("Read")
    BLANK = "blank", _("Blank")
    FAILED = "failed", _("Failed")


class PageReview(models.TextChoices):
    PENDING = "pending", _("To review")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")


class Source(models.Model):
    """An uploaded file, stored once and never changed. ``frames`` is the number of pages in it, beside what is
    ``left_out``: reduced copies, and pages that cannot be used, which ``notes`` names."""

    copy = 0  # no column: how many of the same content stand before it in a delivery that is being stored

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="sources")
    name = models.CharField(max_length=255, help_text="As the person's machine called it; shown, never used as a path.")
    format = models.CharField(max_length=8)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    frames = models.PositiveIntegerField()
    left_out = models.JSONField(default=list, help_text="Places in the file, from 0, of what is no page.")
    notes: models.JSONField[list[str], list[str]] = TypedJSONField(
        list[Sentence], default=list, help_text="Sentences on what a person should look at."
    )
    delivery = models.UUIDField(default=uuid.uuid4, editable=False, help_text="Shared by files that came together.")
    uploaded_by = by_person()
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("uploaded_at",)
        # The same bytes twice in one delivery are two pages.
        indexes = (models.Index(fields=["book", "sha256"], name="source_content"),)
        constraints = (models.CheckConstraint(condition=Q(frames__gte=1), name="source_has_frames"),)

    def __str__(self) -> str:
        return self.name

    @property
    def storage_name(self) -> str:
        return f"books/{self.book_id}/sources/{self.pk}"

    @property
    def places(self) -> list[int]:
        """Where in the file its pages are, from 0."""
        return [place for place in range(self.frames + len(self.left_out)) if place not in self.left_out]


class PagesInBook(models.Manager["Page"]):
    """All but removed pages."""

    def get_queryset(self) -> models.QuerySet[Page]:
        return super().get_queryset().filter(removed_at=None)


class EveryPage(models.Manager["Page"]):
    """Removed ones too."""


class Page(models.Model):
    """One page scan: frame ``frame`` (from 0) of its source, or the ``part`` of it between these corners.

    waiting -> done | blank | failed, by the OCR job; a person who types the text makes it done or blank.

    Storage names hang on the page's id, so that renumbering moves no file. A removed page keeps all it has, for thirty
    days; it is in no list and its number is free: ``objects``, and so every ``book.pages``, leaves it out.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="pages")
    frame = models.PositiveIntegerField(default=0)
    part: models.JSONField[Corners | None, Corners | None] = TypedJSONField(Corners, null=True, blank=True)
    rotation = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Degrees clockwise, as a person turned it; empty where nobody did."
    )
    removed_at = models.DateTimeField(null=True, blank=True)
    ocr_status = models.CharField(max_length=8, choices=OcrStatus, default=OcrStatus.WAITING)
    ocr_error: models.TextField[str, str] = SentenceField(blank=True)
    reading = models.ForeignKey("books.Reading", null=True, blank=True, on_delete=models.RESTRICT, related_name="+")
    image_width = models.PositiveIntegerField(null=True, blank=True)
    image_height = models.PositiveIntegerField(null=True, blank=True)
    cut: models.JSONField[Cut | None, Cut | None] = TypedJSONField(
        Cut, null=True, blank=True, help_text="Where an image wider than high is cut if it is a spread."
    )
    review = models.CharField(max_length=8, choices=PageReview, default=PageReview.PENDING)
    reviewed_by = by_person()
    reviewed_at = models.DateTimeField(null=True, blank=True)

    objects = PagesInBook()
    every = EveryPage()

    class Meta:
        ordering = ("book", "number")
        # Few of all pages; the tidying looks for them every minute.
        indexes = (
            models.Index(fields=["removed_at"], condition=~Q(removed_at=None), name="page_removed"),
            # What waits for a person, in few books among many.
            models.Index(
                fields=["book", "number"],
                condition=Q(review="pending", ocr_status__in=["done", "blank"]),
                name="page_to_review",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["book", "number"], condition=Q(removed_at=None), name="page_number_once_per_book"
            ),
            models.CheckConstraint(condition=Q(rotation__in=TURNS), name="page_rotation_is_a_turn"),
            models.UniqueConstraint(
                fields=["source", "frame"], condition=Q(part__isnull=True), name="page_once_per_frame"
            ),
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
    def mark(self) -> str:
        """What a person saw of it: another after every new text and every decision."""
        return f"{self.reading_id or ''}/{self.review}/{self.reviewed_at.isoformat() if self.reviewed_at else ''}"

    @property
    def as_seen(self) -> str:
        """In a form: which page, and its mark. The number of a reading names its page in few characters."""
        return self.mark if self.reading_id else f"{self.pk}:{self.mark}"

    @property
    def image_name(self) -> str:
        return f"books/{self.book_id}/pages/{self.pk}/page.png"

    @property
    def file_names(self) -> tuple[str, ...]:
        """Of all that storage may hold of the page; thumbnails were files once."""
        return self.image_name, f"books/{self.book_id}/pages/{self.pk}/thumbnail.png"


def page_numbers(*books: int) -> PageNumbers:
    """Of the pages of ``books`` (ids) as they are now."""
    printed = "digest__data__printed_number"
    pages = list(Page.objects.filter(book__in=books).order_by().values_list("pk", "number", printed))
    seen = {str(page): found for page, _, found in pages if type(found) is int}
    return PageNumbers({str(page): number for page, number, _ in pages}, seen)


class Reading(models.Model):
    """What one engine read on a page, or a person typed (engine PERSON); older ones stay as history.

    ``lines`` holds {"text", "confidence", "box": [left, top, right, bottom] in pixels of the page image, "block",
    "unsure": [[start, end, confidence], ...] of the words in its text that the engine was unsure of,
    "words": [[start, end, left, right], ...] of all of them, where the engine knows their boxes}.
    ``chosen_by`` names the person who typed or restored it: only an explicit request reads such a page again.
    ``rotation`` is by how many degrees the engine turned the page clockwise beyond the page's own rotation.
    ``missing_ink`` is the share (0 to 1) of the page's ink that no line covers. ``doubts`` are codes of
    books.ocr.engines.base.Doubt: why a person has to look, which ``text_may_be_missing`` says of every one.
    ``regions`` are the formulas, tables and figures on the page image.
    """

    page = models.ForeignKey(Page, on_delete=models.CASCADE, related_name="readings")
    engine = models.CharField(max_length=40)
    version = models.CharField(max_length=80)
    text = models.TextField(blank=True)
    confidence = models.FloatField(help_text="0 to 100.")
    lines: models.JSONField[list[StoredLine], list[StoredLine]] = models.JSONField(default=list)
    missing_ink = models.FloatField(default=0)
    text_may_be_missing = models.BooleanField(default=False)
    doubts = models.JSONField(default=list)
    rotation = models.PositiveSmallIntegerField(default=0)
    regions: models.JSONField[list[Region], list[Region]] = TypedJSONField(list[Region], default=list)
    seconds = models.FloatField(default=0)
    chosen_by = models.CharField(max_length=150, blank=True)
    text_print = models.CharField(max_length=64, blank=True, help_text="Equal for equal texts; empty for short ones.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(confidence__range=(0, 100)), name="reading_confidence_percent"),
        )

    def __str__(self) -> str:
        return f"{self.engine} on {self.page}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.text_print = text_print(self.text)
        super().save(*args, **kwargs)

    @property
    def captions(self) -> tuple[str, ...]:
        """Of its figures and tables, in order."""
        return tuple(each.caption for each in self.regions if each.caption)

    @property
    def beyond_text(self) -> tuple[str, ...]:
        """As ``books.stored.regions.beyond_text``."""
        is_doubtful = self.text_may_be_missing or (bool(self.text) and self.confidence < CLEAN_CONFIDENCE)
        return beyond_text(self.text, self.regions, is_doubtful=is_doubtful)


def text_print(text: str) -> str:
    """A sha256 of the letters and digits of ``text``, "" where it has too few to tell pages apart."""
    letters = re.sub(r"[\W_]+", "", text).casefold()
    return sha256(letters.encode()).hexdigest() if len(letters) >= TELLING_LETTERS else ""


class Thumbnail(models.Model):
    """A few kilobytes of JPEG, in a table of its own so that no list of pages loads them."""

    page = models.OneToOneField(Page, on_delete=models.CASCADE, primary_key=True, related_name="+")
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"Thumbnail of {self.page}"


class Arrangement(models.Model):
    """One change of a book's pages, undone in the reverse order of time and deleted with that.

    ``before`` and ``after`` list page ids in book order. ``turned`` has the turned pages by their ids.
    """

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="arrangements")
    sentence: models.TextField[str, str] = SentenceField(help_text="What was done, for a person.")
    before = models.JSONField(default=list)
    after = models.JSONField(default=list)
    turned: models.JSONField[dict[str, Turned], dict[str, Turned]] = TypedJSONField(dict[str, Turned], default=dict)
    made_by = by_person()
    made_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.sentence

    @property
    def inserted(self) -> list[uuid.UUID]:
        """The pages that it brought, in book order."""
        before = set(self.before)
        return [uuid.UUID(page) for page in self.after if page not in before]
