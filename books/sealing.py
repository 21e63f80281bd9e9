"""Secrets that the database holds but a copy of it does not tell: sealed with a key made of SECRET_KEY.

What a key before it sealed (SECRET_KEY_FALLBACKS) can be read; ``manage.py reseal`` seals it anew.
"""

from __future__ import annotations

import logging
from base64 import urlsafe_b64encode
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac

logger = logging.getLogger(__name__)


def seal(text: str) -> str:
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises ValueError for what none of our keys sealed."""
    try:
        return _keys().decrypt(sealed).decode()
    except InvalidToken as error:
        raise ValueError("It was sealed with another SECRET_KEY.") from error


def _keys() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(urlsafe_b64encode(_key(secret))) for secret in secrets])


def _key(secret: str) -> bytes:
    return salted_hmac("books.sealing", "", secret=secret, algorithm="sha256").digest()


class SealedField(models.TextField):  # type: ignore[type-arg]  # generic in the stubs alone
    """Text that is sealed in the database alone; "" where it cannot be read any more, which the log says."""

    def get_prep_value(self, value: str) -> str:
        return seal(value) if value else ""

    def from_db_value(self, value: str, *_: Any) -> str:
        try:
            return unseal(value) if value else ""
        except ValueError:
            logger.error("a secret cannot be read", extra={"field": str(self)})  # noqa: TRY400 - nothing more to tell
            return ""
