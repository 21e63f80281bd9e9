"""Topics, subtopics and the teaching guideline of each subtopic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from books.language import search_words
from books.models.book import Book, by_person
from books.models.change import Revisioned, RowHistory
from books.models.typed_json import TypedJSONField
from books.stored.guideline import Guideline, statements
from books.stored.made_with import MadeWith
from books.stored.pages import PageId

# The fields of a subtopic whose words are searched.
SEARCHED: Final = frozenset({"title", "summary", "guideline"})


class ReviewStatus(models.TextChoices):
    """The one declaration of a status: ``letter`` stands for it where there is no room for the word, ``tone`` is its
    colour (idle, waiting, good, bad or out). ``withheld`` says why a guideline does not go out, "" where it may.
    ``moves`` leads by a decision (``books.guidelines.review.Decision``) to another status; the rest is refused.
    """

    letter: str
    tone: str
    withheld: str
    moves: dict[str, str]

    def __new__(
        cls,
        value: str,
        letter: str = "",
        tone: str = "",
        withheld: str = "",
        moves: Mapping[str, str] | None = None,
    ) -> ReviewStatus:
        status = str.__new__(cls, value)
        status._value_, status.letter, status.tone = value, letter, tone
        status.withheld, status.moves = withheld, dict(moves or {})
        return status

    DRAFT = (
        "draft",
        "D",
        "idle",
        _("It is a draft: finalise the book, then approve it."),
        {"approve": "approved", "reject": "rejected"},
        _("Draft"),
    )
    PENDING_REVIEW = (
        "pending_review",
        "?",
        "waiting",
        _("Nobody has approved it yet."),
        {"approve": "approved", "reject": "rejected"},
        _("Pending review"),
    )
    APPROVED = "approved", "A", "good", "", {"reopen": "pending_review", "publish": "published"}, _("Approved")
    REJECTED = "rejected", "R", "bad", _("It was rejected."), {"reopen": "pending_review"}, _("Rejected")
    PUBLISHED = "published", "P", "out", "", {"reopen": "pending_review", "withdraw": "approved"}, _("Published")

    @property
    def awaits(self) -> bool:
        """A person's decision."""
        return "approve" in self.moves

    @property
    def reviewed_as(self) -> ReviewStatus:
        """What its reviewer decided: whatever may go out was approved."""
        return self if self.withheld else ReviewStatus.APPROVED


DECISIONS = tuple(status for status in ReviewStatus if not status.awaits)
# Subtopics that a person edited or decided on: a job proposes instead of changing them.
DECIDED = Q(is_edited=True) | Q(status__in=DECISIONS)


class Provenance(models.TextChoices):
    """How a guideline came to be; ``note`` is what a reader is told of it, "" where nothing needs to be said."""

    note: str

    def __new__(cls, value: str, note: str = "") -> Provenance:
        provenance = str.__new__(cls, value)
        provenance._value_, provenance.note = value, note
        return provenance

    OFFLINE = "offline", _("Made offline from the book's own words, without a language model."), _("Made offline")
    MODEL = "model", "", _("Made by a language model")
    IMPORTED = "imported", _("Imported from a file."), _("Imported from a file")

    @classmethod
    def notes(cls, found: Iterable[str]) -> list[str]:
        """What is to be said of guidelines of these provenances together."""
        counts = Counter(found)
        whole = counts.total()
        return [
            one.note
            if counts[one] == whole
            else gettext("{count} of {whole} guidelines: {note}").format(count=counts[one], whole=whole, note=one.note)
            for one in cls
            if one.note and counts[one]
        ]


class Topic(Revisioned):
    """A chapter or its like; its pages are those of its subtopics.

    ``sequence`` is the order of teaching, which is the book's unless somebody chose another; ``storyline`` says in a
    few sentences how its subtopics build on one another.
    """

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="topics")
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=20, blank=True, help_text="As printed.")
    key = models.CharField(max_length=80, blank=True)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    storyline = models.TextField(blank=True)
    made_with: models.JSONField[MadeWith, MadeWith] = TypedJSONField(
        MadeWith, default=MadeWith, help_text="Of the summary."
    )
    is_edited = models.BooleanField(default=False, help_text="A person changed it: no job may overwrite it.")

    history = RowHistory()

    class Meta:
        ordering = ("book", "sequence")
        constraints = (models.UniqueConstraint(fields=["book", "sequence"], name="topic_sequence_once_per_book"),)

    def __str__(self) -> str:
        return self.title


class Subtopic(Revisioned):
    """draft -> pending_review -> approved | rejected; approved -> published; a person may also go back from those.

    published: what readers of the published set see is this. Edited again it is pending review, and they go on seeing
    what was published until it is published anew.

    ``guideline`` is ``books.stored.guideline.Guideline``. ``pages`` has every page that belongs to it, those of merged
    subtopics included, and removed ones, which may come back. ``start_line`` is the heading on its first page before
    which the page belongs to its neighbour.

    ``key`` is what the cut of the book calls it, ``cut_topic`` the key of the topic in which the cut puts it, "" for
    one that a person made; ``merged_keys`` are those of subtopics that it took in. ``made_from`` has, of each of these
    parts, a fingerprint of what the engine was last asked about it: its answer was written, or offered to a person.
    """

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="subtopics")
    sequence = models.PositiveIntegerField()
    key = models.CharField(max_length=80)
    cut_topic = models.CharField(max_length=80, blank=True)
    merged_keys = models.JSONField(default=list)
    made_from = models.JSONField(default=list)
    number = models.CharField(max_length=20, blank=True, help_text="As printed.")
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    start_line = models.CharField(max_length=200, blank=True)
    pages: models.JSONField[tuple[PageId, ...], tuple[PageId, ...]] = TypedJSONField(tuple[PageId, ...], default=tuple)
    guideline: models.JSONField[Guideline, Guideline] = TypedJSONField(Guideline, default=dict)
    terms = models.JSONField(default=dict)
    engine = models.CharField(max_length=80, blank=True)
    made_with: models.JSONField[MadeWith, MadeWith] = TypedJSONField(
        MadeWith, default=MadeWith, help_text="Of the guideline."
    )
    provenance = models.CharField(max_length=8, choices=Provenance, default=Provenance.OFFLINE)
    status = models.CharField(max_length=16, choices=ReviewStatus, default=ReviewStatus.DRAFT)
    is_edited = models.BooleanField(default=False, help_text="A person changed it: no job may overwrite it.")
    reviewed_by = by_person()
    reviewed_at = models.DateTimeField(null=True, blank=True)
    rejection_reason = models.CharField(max_length=500, blank=True)

    search_text = models.TextField(blank=True, editable=False, help_text="The words of SEARCHED, kept by save.")

    history = RowHistory(excluded_fields=["made_from", "search_text"])

    class Meta:
        ordering = ("topic", "sequence")
        permissions = (("publish_guideline", "Can publish guidelines and take them back"),)
        constraints = (
            models.UniqueConstraint(fields=["topic", "sequence"], name="subtopic_sequence_once_per_topic"),
            models.UniqueConstraint(fields=["topic", "key"], name="subtopic_key_once_per_topic"),
            models.CheckConstraint(condition=Q(status__in=ReviewStatus.values), name="subtopic_status_known"),
            models.CheckConstraint(
                condition=~Q(status__in=[status.value for status in DECISIONS]) | Q(reviewed_at__isnull=False),
                name="subtopic_decision_has_time",
            ),
        )
        # The list across books turns pages by id; PostgreSQL has a full-text index on search_text besides.
        indexes = (
            models.Index(fields=["status", "id"], name="subtopic_status_id"),
            models.Index(fields=["reviewed_by", "id"], name="subtopic_reviewer_id"),
        )

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        fields = kwargs.get("update_fields")
        if fields is None or SEARCHED & set(fields):
            self.search_text = search_text_of(self)
            if fields is not None:
                kwargs["update_fields"] = {*fields, "search_text"}
        super().save(*args, **kwargs)

    def await_review(self) -> None:
        """Takes a decision back, in memory: what was decided on is no longer what is here."""
        self.status, self.reviewed_by_id, self.reviewed_at = ReviewStatus.PENDING_REVIEW, None, None
        self.rejection_reason = ""

    @property
    def is_decided(self) -> bool:
        """As DECIDED."""
        return self.is_edited or self.status in DECISIONS

    @property
    def state(self) -> ReviewStatus:
        return ReviewStatus(self.status)

    @property
    def keys(self) -> tuple[str, ...]:
        """Of all the parts of the cut that are in it."""
        return self.key, *self.merged_keys

    def rekey(self, before: str, after: str) -> None:
        """In memory: what the cut called ``before`` it calls ``after`` now."""
        self.key, *self.merged_keys = (after if key == before else key for key in self.keys)


def search_text_of(row: Subtopic) -> str:
    return search_words(" ".join([row.title, row.summary, *(each.text for _, each in statements(row.guideline))]))
