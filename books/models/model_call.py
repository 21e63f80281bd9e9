"""Every call to a model, what it cost and what it answered; prices, and which model a stage asks."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from books.models.book import Book
from jobs.models import Item, Job


class CallOutcome(models.TextChoices):
    ANSWERED = "answered", _("Answered")
    REFUSED = "refused", _("Refused")
    TRUNCATED = "truncated", _("Cut off")
    INVALID = "invalid", _("Did not fit its schema")
    FAILED = "failed", _("No answer")


class ModelCall(models.Model):
    """One call. An answered one is reused whenever the same input (``input_sha256``) is asked again.

    Never changed, but that its outcome is put down after it was received, and its cost once the price is known.
    One without a book checked a provider. ``cost`` is in US dollars; ``tier`` the one that the provider says served it;
    ``is_estimate`` marks tokens that the provider did not tell.
    """

    book = models.ForeignKey(
        Book, verbose_name=_("book"), null=True, blank=True, on_delete=models.CASCADE, related_name="model_calls"
    )
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    stage = models.CharField(_("stage"), max_length=40)
    item = models.CharField(_("item"), max_length=80, blank=True)
    provider = models.CharField(_("provider"), max_length=60)
    model = models.CharField(_("model"), max_length=80)
    prompt_version = models.CharField(max_length=20)
    schema_version = models.CharField(max_length=20)
    input_sha256 = models.CharField(max_length=64)
    images = models.PositiveSmallIntegerField(default=0, help_text="Sent along.")
    tokens_in = models.PositiveIntegerField(_("tokens in"), default=0)
    tokens_cached = models.PositiveIntegerField(default=0)
    tokens_out = models.PositiveIntegerField(_("tokens out"), default=0)
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=6, null=True, blank=True)
    tier = models.CharField(max_length=20, blank=True)
    is_estimate = models.BooleanField(_("tokens estimated"), default=False)
    seconds = models.FloatField(default=0)
    outcome = models.CharField(_("outcome"), max_length=10, choices=CallOutcome)
    error_code = models.CharField(max_length=40, blank=True)
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name, verbose_name_plural = _("model call"), _("model calls")
        ordering = ("-id",)
        constraints = (models.CheckConstraint(condition=Q(outcome__in=CallOutcome.values), name="call_outcome_known"),)
        indexes = (
            models.Index(fields=["input_sha256"], name="call_input"),
            models.Index(fields=["model"], condition=Q(cost=None), name="call_unpriced"),
            models.Index(fields=["book", "stage"], name="call_book_stage"),
            models.Index(fields=["created_at"], name="call_created"),
        )

    def __str__(self) -> str:
        return f"{self.stage} call to {self.model}"


class Reservation(models.Model):
    """What the call that ``item`` has in flight may cost at most; where a cap holds, it counts as spent.

    It ends with the call, with the item and its job, and where the worker died with the item's lease (``lease_token``).
    """

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.CASCADE, related_name="+")
    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="+")
    lease_token = models.PositiveBigIntegerField()
    amount = models.DecimalField(max_digits=12, decimal_places=6)

    def __str__(self) -> str:
        return f"${self.amount} for {self.item}"


class ModelPrice(models.Model):
    """What one model costs."""

    model = models.CharField(_("model"), max_length=80, unique=True)
    input = models.DecimalField(_("input, US$ per million tokens"), max_digits=10, decimal_places=4)
    cached_input = models.DecimalField(_("cached input, US$ per million tokens"), max_digits=10, decimal_places=4)
    output = models.DecimalField(_("output, US$ per million tokens"), max_digits=10, decimal_places=4)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = _("model price"), _("model prices")
        ordering = ("model",)

    def __str__(self) -> str:
        return self.model


class Effort(models.TextChoices):
    MINIMAL = "minimal", _("Minimal")
    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class ProviderProfile(models.Model):
    """What requests to a model of a provider go without, since it refuses them; a row says that it took one."""

    provider = models.CharField(_("provider"), max_length=60)
    model = models.CharField(_("model"), max_length=80)
    left_out = models.JSONField(_("left out"), default=list, blank=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = _("provider profile"), _("provider profiles")
        ordering = ("provider", "model")
        constraints = (models.UniqueConstraint(fields=["provider", "model"], name="profile_of_model"),)

    def __str__(self) -> str:
        return gettext("{model} of {provider}").format(model=self.model, provider=self.provider)


class StageModel(models.Model):
    """Which model a stage asks, and how; stages without a row use OPENAI_MODEL."""

    stage = models.CharField(_("stage"), max_length=40, unique=True)
    provider = models.CharField(_("provider"), max_length=60, default="openai")
    model = models.CharField(_("model"), max_length=80)
    effort = models.CharField(
        _("effort"),
        max_length=10,
        blank=True,
        choices=Effort,
        help_text=_("How long a reasoning model may think. Empty: as the stage declares it, low for little tasks."),
    )
    temperature = models.FloatField(
        _("temperature"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(2)],
        help_text=_("Empty: the model's own."),
    )
    max_tokens = models.PositiveIntegerField(
        _("max tokens"),
        null=True,
        blank=True,
        validators=[MinValueValidator(100)],
        help_text=_("Of an answer with the thought before it. Empty: the stage's own, with room for both."),
    )

    class Meta:
        verbose_name, verbose_name_plural = _("stage model"), _("stage models")
        ordering = ("stage",)

    def __str__(self) -> str:
        return f"{self.stage}: {self.model}"
