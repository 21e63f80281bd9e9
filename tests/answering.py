"""The stand-in for a provider, which the engine and the ledger ask while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.standin import StandIn
from books.extraction.engines import factory
from books.ledger import choices


@contextmanager
def answering(settings: Any, **options: Any) -> Iterator[StandIn]:
    """``options`` are the stand-in's. What was built for another provider is forgotten, before and after."""
    with StandIn(**options) as running:
        settings.GUIDELINE_ENGINE = "openai"
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "a-key", running.url
        forget()
        yield running
    forget()


def forget() -> None:
    factory.guideline_engine.cache_clear()
    choices.ledger.cache_clear()
