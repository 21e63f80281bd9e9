"""Builds the ledger and reads which model a stage asks; the one place in this room that reads settings."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from books.ledger.asking import Ledger, ask_without_book
from books.ledger.prices import price_of
from books.models import ProviderProfile, StageModel
from books.providers.request import Choice

if TYPE_CHECKING:
    from books.providers.check import Finding
    from books.providers.client import OpenAIClient

DEFAULT_PROVIDER = "openai"
# How long another process may not know yet what one found out about a server.
PROFILE_SECONDS = 30.0
STAGES_SECONDS = 5
# What the stages declare of their questions, by name: see ``declare``.
_declared: dict[str, Choice] = {}
_choices: ContextVar[dict[str, Choice] | None] = ContextVar("choices_of_models", default=None)


def declare(stage: str, effort: str, max_tokens: int) -> None:
    """The effort and the limit with which ``stage`` asks, unless the admin says otherwise; as in ``Choice``."""
    _declared[stage] = Choice("", effort=effort, max_tokens=max_tokens)


def providers() -> dict[str, dict[str, str]]:
    """Each with its ``api_key`` and ``base_url`` ("" for OpenAI's own)."""
    first = {"api_key": settings.OPENAI_API_KEY, "base_url": settings.OPENAI_BASE_URL}
    return {DEFAULT_PROVIDER: first, **settings.LLM_PROVIDERS}


def base_url_of(provider: str) -> str:
    return providers().get(provider, {}).get("base_url", "")


@cache
def ledger() -> Ledger:
    """Raises ImproperlyConfigured without OPENAI_API_KEY."""
    kept = cache(client_of)
    kept(DEFAULT_PROVIDER)
    return Ledger(kept, base_url_of)


def client_of(provider: str) -> OpenAIClient:
    """The SDK is imported here, only where it is used."""
    facts = providers().get(provider)
    if facts is None:
        raise ImproperlyConfigured(f"LLM_PROVIDERS names no {provider!r}; a stage's model is to come from it.")
    if not facts.get("api_key"):
        raise ImproperlyConfigured(f"{provider} has no API key; set it, or choose the local and offline engines.")
    from books.providers.client import OpenAIClient

    return OpenAIClient(
        api_key=facts["api_key"],
        base_url=facts.get("base_url") or None,
        timeout=settings.LLM_TIMEOUT_SECONDS,
        profiles=StoredProfiles(provider),
        provider=provider,
    )


def checked(stage: str) -> tuple[Choice, list[Finding]]:
    """Who answers for ``stage``, and what a check of it found. Raises ImproperlyConfigured as ``client_of``."""
    from books.providers.check import check_provider

    choice = model_of(stage)
    client = client_of(choice.provider)
    price = price_of(choice.model, base_url_of(choice.provider))
    ask = partial(ask_without_book, client, price=price)
    return choice, check_provider(ask, choice, partial(client.profiles.left_out, choice.model), price.source)


class StoredProfiles:
    """What the models of one provider are known to refuse, kept in the database and for a moment in this process."""

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self._known: dict[str, tuple[float, tuple[str, ...] | None]] = {}

    def left_out(self, model: str) -> tuple[str, ...]:
        return self._left_out(model) or ()

    def is_proven(self, model: str) -> bool:
        return self._left_out(model) is not None

    def learn(self, model: str, left_out: tuple[str, ...]) -> None:
        ProviderProfile.objects.update_or_create(
            provider=self.provider, model=model, defaults={"left_out": list(left_out)}
        )
        self._known[model] = time.monotonic(), left_out

    def _left_out(self, model: str) -> tuple[str, ...] | None:
        """None where no request was taken yet."""
        read_at, known = self._known.get(model, (0.0, None))
        if known is None or time.monotonic() - read_at > PROFILE_SECONDS:
            row = ProviderProfile.objects.filter(provider=self.provider, model=model).first()
            known = None if row is None else tuple(row.left_out)
            self._known[model] = time.monotonic(), known
        return known


@contextmanager
def choices_kept() -> Iterator[None]:
    """What was chosen for a stage is read once in the block: the model that is asked is the one that a result names."""
    token = _choices.set({})
    try:
        yield
    finally:
        _choices.reset(token)


def model_of(stage: str) -> Choice:
    """What ``stage`` asks, as set in the admin or else OPENAI_MODEL."""
    kept = _choices.get()
    if kept is None:
        return _chosen(stage)
    if stage not in kept:
        kept[stage] = _chosen(stage)
    return kept[stage]


def provider_of(stage: str) -> str:
    """Of its model; each claim of an item asks for those of all stages."""
    row = _row_of(stage)
    return row.provider if row else DEFAULT_PROVIDER


def _row_of(stage: str) -> StageModel | None:
    return _stage_models(int(time.monotonic() / STAGES_SECONDS)).get(stage)


def _chosen(stage: str) -> Choice:
    """The admin's row where there is one; what that leaves open is as the stage declares it."""
    declared, row = _declared.get(stage, Choice("")), _row_of(stage)
    if row is None:
        return replace(declared, model=settings.OPENAI_MODEL)
    limit = row.max_tokens or declared.max_tokens
    return Choice(row.model, row.temperature, limit, row.provider, row.effort or declared.effort)


@lru_cache(maxsize=1)
def _stage_models(_moment: int) -> dict[str, StageModel]:
    """Read anew every STAGES_SECONDS."""
    return {row.stage: row for row in StageModel.objects.all()}


@receiver([post_save, post_delete], sender=StageModel)
def forget_stage_models(**_: Any) -> None:
    _stage_models.cache_clear()
