"""What the stages of extraction share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.conf import settings

from books.providers.ledger import asking_for
from jobs.constants import Load
from jobs.models import Item


class GuidelineStage(ABC):
    """The offline engine computes, so its items belong to the processor pool; a model is waited for by many threads.

    ``compute`` is the stage's work; calls that it makes to a model go on its item's account. A failed item leaves
    nothing behind.
    """

    required = True

    @property
    def load(self) -> Load:
        return Load.IO if asks_a_model() else Load.CPU

    @property
    def concurrency(self) -> int:
        return int(settings.LLM_CONCURRENCY) if asks_a_model() else 1

    @property
    def provider(self) -> str:
        return "openai" if asks_a_model() else ""

    def work(self, item: Item) -> Any:
        with asking_for(item):
            return self.compute(item)

    @abstractmethod
    def compute(self, item: Item) -> Any: ...

    def save_failure(self, item: Item, message: str) -> None:
        return None


def asks_a_model() -> bool:
    return bool(settings.GUIDELINE_ENGINE == "openai")
