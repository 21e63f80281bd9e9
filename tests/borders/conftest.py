"""What the borders' tests borrow from the rooms' own, and a model that all of them may ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.standin import StandIn
from books.ledger import kept
from tests.admin.conftest import admin, book, person, said  # noqa: F401
from tests.answering import answering
from tests.jobs.conftest import rig, stage, woken  # noqa: F401

CALLS = 3


@pytest.fixture
def asked(settings, tmp_path) -> Iterator[StandIn]:
    """A model for every stage that asks one, and a folder of this test's own for what is kept."""
    settings.LLM_CONCURRENCY, settings.DATA_DIR = CALLS, tmp_path
    with answering(settings, latency=0.2) as running:
        yield running
    kept._in_process.clear()
