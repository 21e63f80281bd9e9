"""Builds the ledger and reads which model a stage asks; the one place in this room that reads settings."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from books.models import StageModel
from books.providers.ledger import Ledger

if TYPE_CHECKING:
    from books.providers.deferred_client import DeferredClient


@cache
def ledger() -> Ledger:
    """Raises ImproperlyConfigured without OPENAI_API_KEY. The SDK is imported here, only where it is used."""
    if not settings.OPENAI_API_KEY:
        raise ImproperlyConfigured("OPENAI_API_KEY is empty; set it, or choose the local and offline engines.")
    from books.providers.client import OpenAIClient

    return Ledger(
        OpenAIClient(
            api_key=settings.OPENAI_API_KEY,
            base_url=settings.OPENAI_BASE_URL or None,
            timeout=settings.LLM_TIMEOUT_SECONDS,
        )
    )


@cache
def deferred_client() -> DeferredClient:
    from books.providers.deferred_client import DeferredClient

    return DeferredClient(
        api_key=settings.OPENAI_API_KEY,
        base_url=settings.OPENAI_BASE_URL or None,
        timeout=settings.LLM_TIMEOUT_SECONDS,
    )


def model_of(stage: str) -> tuple[str, float | None, int]:
    """Model, temperature and limit of answer tokens of ``stage``, as set in the admin or else by OPENAI_MODEL."""
    row = StageModel.objects.filter(stage=stage).first()
    return (row.model, row.temperature, row.max_tokens) if row else (settings.OPENAI_MODEL, None, 4_000)
