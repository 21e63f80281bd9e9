"""What was done to a book's guidelines and what is proposed for them, each row it touched, and files to import."""

from __future__ import annotations

import uuid
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from books.models.book import Book, by_person
from books.models.typed_json import SentenceField, TypedJSONField
from books.stored.proposal import Content, Values
from jobs.models import Job


class Change(models.Model):
    """One thing that a person or a job did to topics and subtopics; undone as a whole, by a change of its own.

    Its rows are the historical topics and subtopics that point to it. ``is_final``: readers got what it did.
    """

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="changes")
    sentence: models.TextField[str, str] = SentenceField(help_text="What was done, for a person.")
    made_by = by_person(models.PROTECT)
    name = models.CharField(max_length=150, help_text="Of whoever made it, a person or a job, at that time.")
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    undoes = models.OneToOneField("self", null=True, blank=True, on_delete=models.CASCADE, related_name="undone_by")
    is_final = models.BooleanField(default=False)
    wrote = False  # in memory: whether any row belongs to it yet

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["book", "-id"], name="change_newest_of_book"),)

    def __str__(self) -> str:
        return self.sentence

    @property
    def is_undo(self) -> bool:
        """What undoes an undo does it again."""
        return self.undoes is not None and not self.undoes.is_undo

    def tell(self, sentence: str) -> None:
        """Says what was done once that is known."""
        self.sentence = sentence
        self.save(update_fields=["sentence"])


# Set by books.guidelines.changes.change, the only way to write a topic or subtopic.
current_change: ContextVar[Change | None] = ContextVar("current_change", default=None)


class ChangedRow(models.Model):
    """What a historical row has beside the row's own fields."""

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True


class RowHistory(HistoricalRecords):  # type: ignore[misc]  # the package has no types
    """A version of the row for each change that wrote it; rows that go with their book leave none behind."""

    def __init__(self, **options: Any) -> None:
        super().__init__(bases=(ChangedRow,), **options)

    def post_delete(self, instance: Any, using: str | None = None, **kwargs: Any) -> None:
        if current_change.get() is not None:
            super().post_delete(instance, using=using, **kwargs)


class Revisioned(models.Model):
    """A row that counts its versions, so that a person is told when it changed while they had it open."""

    revision = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.revision += 1
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "revision"}
        super().save(*args, **kwargs)


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


class ProposalKind(models.TextChoices):
    MERGE = "merge", _("Merge")
    RENAME_TOPIC = "rename_topic", _("Rename a topic")
    RENAME_SUBTOPIC = "rename_subtopic", _("Rename a subtopic")
    ORDER_TOPICS = "order_topics", _("Order of topics")
    ORDER_SUBTOPICS = "order_subtopics", _("Order in a topic")
    REWRITE_TOPIC = "rewrite_topic", _("Text of a topic")
    REWRITE = "rewrite", _("Text of a guideline")
    RECUT = "recut", _("New outline")


class ProposalState(models.TextChoices):
    """OUTDATED: what it was about has changed since, or a newer proposal took its place."""

    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    OUTDATED = "outdated", _("Outdated")


class Proposal(models.Model):
    """open -> accepted | refused | outdated, by ``books.guidelines.proposals``.

    ``subject`` says what it is about; one of each is open at a time, and what was decided once is not proposed again
    (``content`` is a fingerprint of ``after``). ``rests_on`` has the fields of the rows it was made from, by the row
    ("subtopic:7"): it is outdated once they are others. What ``before`` and ``after`` are depends on the kind.
    Made in memory by ``books.guidelines.proposals``; where it is to be done ``at_once``, no person has to decide.
    ``score``, 0 to 1, is how sure the engine is, where it says so. ``change`` is what accepting did; undone as any.
    """

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="proposals")
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    kind = models.CharField(max_length=20, choices=ProposalKind)
    subject = models.CharField(max_length=80)
    content = models.CharField(max_length=64)
    rests_on: models.JSONField[dict[str, Values], dict[str, Values]] = TypedJSONField(dict[str, Values], default=dict)
    before: models.JSONField[Content, Content] = TypedJSONField(Content, default=Values)
    after: models.JSONField[Content, Content] = TypedJSONField(Content, default=Values)
    reason: models.TextField[str, str] = SentenceField(blank=True)
    score = models.FloatField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.OPEN)
    is_automatic = models.BooleanField(default=False, help_text="Accepted without a person.")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = by_person()
    change = models.OneToOneField(Change, null=True, blank=True, on_delete=models.SET_NULL, related_name="proposal")
    at_once = False  # in memory

    class Meta:
        ordering = ("book", "id")
        constraints = (
            models.CheckConstraint(condition=Q(state__in=ProposalState.values), name="proposal_state_known"),
            models.CheckConstraint(condition=Q(kind__in=ProposalKind.values), name="proposal_kind_known"),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__range=(0, 1)), name="proposal_score_from_0_to_1"
            ),
            models.UniqueConstraint(
                fields=["book", "subject"], condition=Q(state="open"), name="proposal_open_once_per_subject"
            ),
        )
        indexes = (
            models.Index(fields=["book", "subject", "content"], name="proposal_made_before"),
            models.Index(fields=["book"], condition=Q(state="open"), name="proposal_open"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display().lower()})"
