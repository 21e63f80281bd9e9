"""Who did what: one row a change that somebody asked for, and one a sign-in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


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
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
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
