"""Who comes in and what was done: sessions of people, tokens of programs, and the audit of both."""

from __future__ import annotations

from typing import Any, Final, cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AbstractBaseUser
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from books.models.book import by_person

# In a session: the language that its person chose, so that no request asks another table for it.
CHOSEN_LANGUAGE: Final = "language"


class Session(AbstractBaseSession):
    """``person`` is None until somebody signs in; Django keeps it in the data alone, where it cannot be asked for."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        """Whoever sees the key has the session."""
        return f"of {self.person or 'nobody'}"

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        return SessionStore


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row = cast("Session", super().create_model_instance(data))
        row.person_id = data.get(SESSION_KEY)
        return row


def end_sessions(person: AbstractBaseUser, *, but: str | None = None) -> None:
    """``but`` is the key of the one that stays."""
    Session.objects.filter(person=person.pk).exclude(session_key=but).delete()


@receiver(post_save, sender=settings.AUTH_USER_MODEL)
def _close_what_who_is_switched_off_had_open(instance: AbstractBaseUser, **_options: Any) -> None:
    """So that nothing is open again once the account is switched on."""
    if not instance.is_active:
        end_sessions(instance)


class TokenScope(models.TextChoices):
    """What a token may be asked to do; which operations that is, each says itself (``books.api.base``)."""

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


class Outcome(models.TextChoices):
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    FORBIDDEN = "forbidden", _("Not allowed")
    FAILED = "failed", _("Failed")


class AuditEntry(models.Model):
    """Written by ``books.audit`` alone and never changed; outlives its book, and keeps its person from being deleted.

    ``action`` is the name of an address, "sign in", "sign out", or what became of a row, such as "Changed user";
    ``about`` names the object.
    """

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    person = by_person(models.PROTECT)
    name = models.CharField(max_length=150, db_index=True, help_text=_("The person's user name at that time."))
    action = models.CharField(max_length=120)
    book_number = models.PositiveBigIntegerField(null=True, blank=True, db_index=True)
    about = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=9, choices=Outcome)
    token = models.CharField(max_length=100, blank=True, help_text=_("The API token that it was done with."))
    detail = models.CharField(max_length=300, blank=True, help_text=_("Why it was refused, or what was changed."))

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = _("audit entries")

    def __str__(self) -> str:
        return f"{self.name}: {self.action}, {self.get_outcome_display().lower()}"
