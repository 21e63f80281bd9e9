"""What a program shows of itself: a token that speaks for its owner, as far as its scopes go."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class TokenScope(models.TextChoices):
    """What a token may be asked to do; which operations that is, each says itself (``books.api.scopes``)."""

    PUBLISHED = "published", _("Read published guidelines: GET /api/guidelines, as a tutor application does")
    READ = "read", _("Read books: their pages, jobs, guidelines in work, proposals and history")
    INTAKE = "intake", _("Write intake: create books, send, replace and remove pages, set contents")
    JOBS = "jobs", _("Run jobs: reading, generating and finalising, which may cost money; cancel, try again")
    REVIEW = "review", _("Review: edit, approve and reject pages and guidelines, decide on proposals")
    PUBLISH = "publish", _("Publish: give readers what is approved")

    @property
    def permission(self) -> str:
        """Without it, an owner has no use for the scope."""
        return {
            TokenScope.INTAKE: "books.change_book",
            TokenScope.JOBS: "jobs.change_job",
            TokenScope.REVIEW: "books.change_subtopic",
            TokenScope.PUBLISH: "books.publish_guideline",
        }.get(self, "books.view_subtopic")


class ApiToken(models.Model):
    """What a program sends as ``Authorization: Bearer``. Its text is shown once and kept nowhere: only its sha256 is.

    It may what ``owner`` may at the moment of the call, and of that only what ``scopes`` name. A fast hash is right
    for 256 random bits: there is nothing to guess that a slow one would protect.
    """

    name = models.CharField(
        _("name"), max_length=80, help_text=_("Which program has it, such as: tutor application, production.")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("owner"), editable=False, on_delete=models.CASCADE, related_name="+"
    )
    scopes = models.JSONField(_("scopes"), default=list)
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    beginning = models.CharField(
        _("beginning"), max_length=12, editable=False, help_text=_("To tell it from others in a log.")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True, help_text=_("Empty: never."))
    last_used_at = models.DateTimeField(_("last used at"), null=True, editable=False)
    # Requests that the processes of the web have taken in the last minute of use, counted since 1970.
    minute = models.PositiveIntegerField(default=0, editable=False)
    taken = models.PositiveIntegerField(default=0, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("API token"), _("API tokens")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}…)"

    @property
    def standing(self) -> str:
        """Only what is "valid" opens anything."""
        if self.revoked_at:
            return "revoked"
        if self.expires_at and self.expires_at <= timezone.now():
            return "expired"
        return "valid" if self.owner.is_active else "owner deactivated"
