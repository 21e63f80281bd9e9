"""What readers get: numbered sets of a book's guidelines, the announcement of each, and whom webhooks tell of it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Cast
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from books.models.book import Book, by_person
from books.models.guideline import Provenance
from books.models.typed_json import SentenceField, TypedJSONField
from books.sealing import SealedField
from books.stored.reader import FigureDocument, GuidelineDocument
from books.stored.sentence import Sentence
from jobs.models import Item, Job

CURRENT = Q(until_version__isnull=True)


class PublishedSet(models.Model):
    """What was published of a book at one moment, numbered from 1 without a gap; the highest is what readers get.

    Never changed. Its rows are the ``PublishedGuideline`` of the book whose versions include this one. ``restores`` is
    the earlier set that it brought back.
    """

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="published_sets")
    version = models.PositiveIntegerField()
    sentence: models.TextField[str, str] = SentenceField(help_text="What was published, for a person.")
    made_by = by_person(models.PROTECT)
    made_at = models.DateTimeField()
    restores = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    left_out: models.JSONField[list[dict[str, str]], list[dict[str, str]]] = TypedJSONField(
        list[dict[str, Sentence]], default=list, help_text="What could not go out then: [{title, topic, reason}]."
    )

    class Meta:
        ordering = ("book", "-version")
        constraints = (
            models.UniqueConstraint(fields=["book", "version"], name="published_version_once_per_book"),
            models.CheckConstraint(condition=Q(version__gte=1), name="published_version_from_one"),
        )

    def __str__(self) -> str:
        return f"Version {self.version}"


class PublishedGuidelineQuerySet(models.QuerySet["PublishedGuideline"]):
    def current(self) -> PublishedGuidelineQuerySet:
        """What readers get now."""
        return self.filter(CURRENT)

    def of_version(self, book_id: int, version: int) -> PublishedGuidelineQuerySet:
        rows = self.filter(book=book_id, since_version__lte=version)
        return rows.filter(CURRENT | Q(until_version__gte=version))

    def in_order(self) -> PublishedGuidelineQuerySet:
        return self.order_by("book", "topic_sequence", "sequence", "id")


class PublishedGuideline(models.Model):
    """One guideline as readers get it, whole, so that reading joins nothing.

    It is part of every set of its book from ``since_version`` to ``until_version``; the latter alone is ever written,
    once. ``key`` and ``topic_key`` name the same subtopic and topic for ever (docs/adr/0003). Pages are scan numbers
    from 1 as they were when it was published.
    """

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="published_guidelines")
    since_version = models.PositiveIntegerField()
    until_version = models.PositiveIntegerField(null=True, blank=True)
    published_at = models.DateTimeField()

    book_title = models.CharField(max_length=200)
    country = models.CharField(max_length=80, blank=True)
    board = models.CharField(max_length=80, blank=True)
    grade = models.CharField(max_length=40, blank=True)
    subject = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=40)

    topic_key = models.CharField(max_length=40)
    topic_sequence = models.PositiveIntegerField()
    topic_number = models.CharField(max_length=20, blank=True)
    topic_title = models.CharField(max_length=200)
    topic_summary = models.TextField(blank=True)
    storyline = models.TextField(blank=True)

    key = models.CharField(max_length=40)
    sequence = models.PositiveIntegerField()
    number = models.CharField(max_length=20, blank=True)
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True)
    guideline: models.JSONField[GuidelineDocument, GuidelineDocument] = models.JSONField(default=dict)
    pages: models.JSONField[list[int], list[int]] = models.JSONField(default=list)
    figures: models.JSONField[list[FigureDocument], list[FigureDocument]] = models.JSONField(default=list)
    engine = models.CharField(max_length=80, blank=True)
    provenance = models.CharField(max_length=8, choices=Provenance)
    reviewer = models.CharField(
        max_length=150, blank=True, help_text="The name, never the account, of who approved it."
    )
    reviewed_at = models.DateTimeField()

    objects = PublishedGuidelineQuerySet.as_manager()

    class Meta:
        ordering = ("book", "topic_sequence", "sequence", "id")
        constraints = (
            models.UniqueConstraint(fields=["book", "key"], condition=CURRENT, name="published_once_at_a_time"),
            models.UniqueConstraint(fields=["book", "key", "since_version"], name="published_once_per_version"),
            models.CheckConstraint(
                condition=CURRENT | Q(until_version__gte=F("since_version")), name="published_versions_in_order"
            ),
        )
        indexes = (
            models.Index(
                fields=["book", "topic_sequence", "sequence", "id"], condition=CURRENT, name="published_in_order"
            ),
            models.Index(fields=["country", "board", "grade", "subject"], condition=CURRENT, name="published_place"),
            models.Index(fields=["board"], condition=CURRENT, name="published_board"),
            models.Index(fields=["grade", "subject"], condition=CURRENT, name="published_grade"),
            models.Index(fields=["subject"], condition=CURRENT, name="published_subject"),
            models.Index(fields=["published_at"], condition=CURRENT, name="published_lately"),
        )

    def __str__(self) -> str:
        return self.title


class Feed(models.Model):
    """How often what readers get has changed, in one row that each change locks until it commits.

    So changes commit in the order of ``position`` and ``moved_at``, and who saw one saw all before it. Ids and clocks
    promise neither: they are given out while a transaction runs.
    """

    position = models.PositiveBigIntegerField(default=0)
    moved_at = models.DateTimeField(default=datetime(2000, 1, 1, tzinfo=UTC))

    def __str__(self) -> str:
        return str(self.position)

    @classmethod
    def move(cls, now: datetime) -> datetime:
        """Takes the turn of the present transaction and returns its time: ``now``, or just after the one before."""
        cls.objects.get_or_create(pk=1)
        feed = cls.objects.select_for_update().get(pk=1)
        feed.position += 1
        feed.moved_at = max(now, feed.moved_at + timedelta(microseconds=1))
        feed.save()
        return feed.moved_at


class Happening(models.TextChoices):
    PUBLISHED = "guidelines.published", _("Guidelines published")
    ROLLED_BACK = "guidelines.rolled_back", _("Rolled back to an earlier version")
    WITHDRAWN = "guidelines.withdrawn", _("All guidelines of a book taken back")


class Announcement(models.Model):
    """What readers got changed: one row a published set, and one when a book with published guidelines goes.

    It outlives its book, so it names that by id and title.
    """

    number = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    happening = models.CharField(_("event"), max_length=24, choices=Happening)
    book_number = models.BigIntegerField()
    book_title = models.CharField(max_length=200)
    version = models.PositiveIntegerField()
    guidelines = models.PositiveIntegerField(help_text="How many the book has for readers since.")
    written = models.PositiveIntegerField(help_text="How many came or changed.")
    removed = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=["book_number", "-id"], name="announcement_newest"),)

    def __str__(self) -> str:
        return f"{self.get_happening_display()}: {self.book_title}"


class WebhookEndpoint(models.Model):
    """An address of another system. ``secret`` signs what is sent there, so it is kept, sealed.

    ``happenings`` are the events that it is told of; none means all.
    """

    url = models.CharField(_("address"), max_length=500, help_text="https://…")
    description = models.CharField(_("description"), max_length=80, blank=True)
    happenings = models.JSONField(default=list, verbose_name=_("events"))
    secret = SealedField(editable=False)
    is_active = models.BooleanField(_("is active"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("webhook endpoint"), _("webhook endpoints")
        ordering = ("url",)

    def __str__(self) -> str:
        return self.description or self.url

    def clean(self) -> None:
        """Whether the address may be reached is judged at each delivery: names point elsewhere tomorrow."""
        schemes = ["https", "http"] if settings.WEBHOOKS_MAY_STAY_INSIDE else ["https"]
        try:
            URLValidator(schemes)(self.url)
        except ValidationError as error:
            raise ValidationError(
                {
                    "url": gettext("Give a whole address that begins with {schemes}.").format(
                        schemes=" or ".join(schemes)
                    )
                }
            ) from error
        if "@" in self.url.split("/")[2]:
            raise ValidationError(
                {"url": gettext("No user name or password in the address: the signature takes their place.")}
            )


class DeliveryState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")


class Standing(NamedTuple):
    """How a delivery stands: as its ``state``, or "stopped" where its job ended before it arrived. ``tried_at`` and
    ``next_try`` are None where it was, or will be, never tried."""

    state: str
    attempts: int
    error: str
    tried_at: datetime | None
    next_try: datetime | None


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def with_item(self) -> WebhookDeliveryQuerySet:
        """Adds the columns of the item that tries each, as ``item_attempts`` and so on."""
        items = Item.objects.filter(job=OuterRef("job"), key=Cast(OuterRef("pk"), models.CharField()))
        names = ("attempts", "error_message", "started_at", "not_before")
        return self.annotate(**{f"item_{name}": Subquery(items.values(name)[:1]) for name in names})


class WebhookDelivery(models.Model):
    """waiting -> delivered | failed, and back to waiting when a person asks for it again.

    ``job`` tries it; where the book is gone, and with it its jobs, the sweep does, at ``next_try``. While a job tries,
    its item knows how it stands.
    """

    endpoint = models.ForeignKey(
        WebhookEndpoint, verbose_name=_("endpoint"), on_delete=models.CASCADE, related_name="deliveries"
    )
    announcement = models.ForeignKey(
        Announcement, verbose_name=_("announcement"), on_delete=models.CASCADE, related_name="deliveries"
    )
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try = models.DateTimeField(_("next try"), null=True)
    status_code = models.PositiveSmallIntegerField(
        _("status code"), null=True, help_text=_("What the other system answered.")
    )
    error = models.CharField(_("error"), max_length=300, blank=True)
    tried_at = models.DateTimeField(_("tried at"), null=True)

    objects = WebhookDeliveryQuerySet.as_manager()
    item_attempts: int | None  # and those below: on rows of with_item
    item_error_message: str | None
    item_started_at: datetime | None
    item_not_before: datetime | None

    class Meta:
        verbose_name, verbose_name_plural = _("webhook delivery"), _("webhook deliveries")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["endpoint", "announcement"], name="delivered_once_per_endpoint"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
        )
        indexes = (models.Index(fields=["next_try"], condition=Q(state="waiting"), name="delivery_to_try"),)

    def __str__(self) -> str:
        return gettext("{announcement} to {endpoint}").format(announcement=self.announcement, endpoint=self.endpoint)

    @property
    def standing(self) -> Standing:
        """Of a row of ``with_item``, its job at hand."""
        state = self.state
        if self.state != DeliveryState.WAITING or self.job is None or self.item_attempts is None:
            return Standing(state, self.attempts, self.error, self.tried_at, self.next_try)
        tried = self.item_attempts, self.item_error_message or "", self.item_started_at
        if not self.job.is_active:
            return Standing("stopped", *tried, None)
        return Standing(state, *tried, self.item_not_before)
