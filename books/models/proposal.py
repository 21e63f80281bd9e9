"""What a job would do to a book's guidelines, and leaves to a person to accept or refuse."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from books.models.book import Book
from books.models.change import Change
from books.models.typed_json import TypedJSONField
from books.stored.proposal import Content, Values
from jobs.models import Job


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
    reason = models.TextField(blank=True)
    score = models.FloatField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=ProposalState, default=ProposalState.OPEN)
    is_automatic = models.BooleanField(default=False, help_text="Accepted without a person.")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    change = models.OneToOneField(Change, null=True, blank=True, on_delete=models.SET_NULL, related_name="proposal")

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
