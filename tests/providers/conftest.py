from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.standin import StandIn
from books.ledger.asking import Ledger, asking_for
from books.models import Book
from books.ocr.job import OCR
from books.providers.client import OpenAIClient
from jobs.models import Item
from jobs.states import ItemState, JobStatus
from tests.factories import ItemFactory, JobFactory
from tests.providers.requests import Remembered, ledger_of


@pytest.fixture
def provider() -> Iterator[StandIn]:
    with StandIn() as running:
        yield running


@pytest.fixture
def client(provider) -> OpenAIClient:
    return OpenAIClient(api_key="a-key", base_url=provider.url, timeout=2, profiles=Remembered())


@pytest.fixture
def ledger(client) -> Ledger:
    return ledger_of(client)


@pytest.fixture
def item(transactional_db) -> Item:
    job = JobFactory(book=Book.objects.create(title="A book"), kind=OCR.kind, status=JobStatus.RUNNING)
    return ItemFactory(job=job, state=ItemState.PENDING)


@pytest.fixture
def _asking(item) -> Iterator[None]:
    with asking_for(item):
        yield
