"""A book's table of contents, and what extraction keeps between its stages."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from books.models.book import Book, by_person
from books.models.page import Page
from books.models.typed_json import TypedJSONField
from books.stored.made_with import MadeWith
from books.stored.outline import ContentsLine, CutBook
from books.stored.pages import PageId


class ContentsStatus(models.TextChoices):
    DRAFTED = "drafted", _("Draft")
    CONFIRMED = "confirmed", _("Confirmed")


# With pages by id.
Lines = tuple[ContentsLine[PageId], ...]


class Contents(models.Model):
    """drafted -> confirmed, and back when a person takes the confirmation away. Only confirmed contents decide the cut.

    ``origin`` is what the draft was drawn from: "contents" pages, "headings", or "" for lines that a person gave.
    """

    book = models.OneToOneField(Book, primary_key=True, on_delete=models.CASCADE, related_name="contents")
    entries: models.JSONField[Lines, Lines] = TypedJSONField(Lines, default=tuple)
    origin = models.CharField(max_length=10, blank=True)
    status = models.CharField(max_length=10, choices=ContentsStatus, default=ContentsStatus.DRAFTED)
    changed_by = by_person()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(status__in=ContentsStatus.values), name="contents_status_known"),
        )

    def __str__(self) -> str:
        return f"Contents of {self.book}"


class DigestsInBook(models.Manager["PageDigest"]):
    """All but those of removed pages, whose numbers are free for others."""

    def get_queryset(self) -> models.QuerySet[PageDigest]:
        return super().get_queryset().filter(page__removed_at=None)


class PageDigest(models.Model):
    """The facts of one page as ``books.structure.base.Digest`` in JSON, without its number; replaced when the page's
    input changes."""

    page = models.OneToOneField(Page, on_delete=models.CASCADE, related_name="digest")
    made_with: models.JSONField[MadeWith, MadeWith] = TypedJSONField(MadeWith, default=MadeWith)
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
    made_with: models.JSONField[MadeWith, MadeWith] = TypedJSONField(MadeWith, default=MadeWith)
    fingerprint = models.CharField(max_length=64)
    data: models.JSONField[CutBook, CutBook] = TypedJSONField(CutBook)

    class Meta:
        ordering = ("book", "part", "windows")
        constraints = (models.UniqueConstraint(fields=["book", "part", "windows"], name="outline_once_per_window"),)

    def __str__(self) -> str:
        return f"Outline of {self.book} to window {self.windows}"


class AppliedCut(models.Model):
    """The whole outline by which the book's topics and subtopics were made last, whatever a job has cut since; and the
    one ``before``, which comes back with the rows when the ``change`` is undone."""

    book = models.OneToOneField(Book, primary_key=True, on_delete=models.CASCADE, related_name="applied_cut")
    data: models.JSONField[CutBook, CutBook] = TypedJSONField(CutBook)
    before: models.JSONField[CutBook, CutBook] = TypedJSONField(CutBook, default=CutBook)
    change = models.ForeignKey("books.Change", null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self) -> str:
        return f"Applied cut of {self.book}"
