"""Builds the ledger and reads which model a stage asks; the one place in this room that reads settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from books.models import StageModel
from books.providers.ledger import Ledger

if TYPE_CHECKING:
    from books.providers.deferred_client import DeferredClient

Choice = tuple[str, float | None, int]
_choices: ContextVar[dict[str, Choice] | None] = ContextVar("choices_of_models", default=None)


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


@contextmanager
def choices_kept() -> Iterator[None]:
    """What was chosen for a stage is read once in the block: the model that is asked is the one that a result names."""
    token = _choices.set({})
    try:
        yield
    finally:
        _choices.reset(token)


def model_of(stage: str) -> Choice:
    """Model, temperature and limit of answer tokens of ``stage``, as set in the admin or else by OPENAI_MODEL."""
    kept = _choices.get()
    if kept is None:
        return _chosen(stage)
    if stage not in kept:
        kept[stage] = _chosen(stage)
    return kept[stage]


def _chosen(stage: str) -> Choice:
    row = StageModel.objects.filter(stage=stage).first()
    return (row.model, row.temperature, row.max_tokens) if row else (settings.OPENAI_MODEL, None, 4_000)
