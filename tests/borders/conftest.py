"""What the borders' tests borrow from the rooms' own, and a model that all of them may ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.standin import StandIn
from books.extraction.engines import factory as guideline_factory
from books.ledger import choices, kept
from tests.admin.conftest import admin, book, person, said, screens  # noqa: F401
from tests.jobs.conftest import rig, stage, woken  # noqa: F401

CALLS = 3


@pytest.fixture
def asked(settings, tmp_path) -> Iterator[StandIn]:
    """A model for every stage that asks one, and a folder of this test's own for what is kept."""
    caches = (guideline_factory.guideline_engine, choices.ledger)
    with StandIn(latency=0.2) as running:
        settings.GUIDELINE_ENGINE, settings.LLM_CONCURRENCY, settings.DATA_DIR = "openai", CALLS, tmp_path
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "a-key", running.url
        for cache in caches:
            cache.cache_clear()
        yield running
    for cache in caches:
        cache.cache_clear()
    kept._in_process.clear()
