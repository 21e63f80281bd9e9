"""Sessions that know whose they are: Django keeps that inside their data alone, where it cannot be asked for."""

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

# In a session: the language that its person chose, so that no request asks another table for it.
CHOSEN_LANGUAGE: Final = "language"


class Session(AbstractBaseSession):
    """``person`` is None until somebody signs in."""

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
def _close_what_who_is_switched_off_had_open(instance: AbstractBaseUser, **_: Any) -> None:
    """So that nothing is open again once the account is switched on."""
    if not instance.is_active:
        end_sessions(instance)
