"""Keys with which other programs read what is published."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class TokenScope(models.TextChoices):
    READ = "read", "Read published guidelines"


class ReaderToken(models.Model):
    """What a program sends as ``Authorization: Bearer``. Its text is shown once and kept nowhere: only its sha256 is.

    A fast hash is right for 256 random bits: there is nothing to guess that a slow one would protect.
    """

    name = models.CharField(max_length=80, help_text="Who reads with it, such as: tutor application, production.")
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    beginning = models.CharField(max_length=12, editable=False, help_text="To tell it from others in a log.")
    scope = models.CharField(max_length=8, choices=TokenScope, default=TokenScope.READ)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: never.")
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}…)"

    @property
    def is_valid(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())
