"""What the stages of extraction share."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.conf import settings

from books.ledger.asking import asking_for
from books.ledger.choices import choices_kept, model_of
from jobs.models import Item, Job
from jobs.states import Load

T = TypeVar("T")


class GuidelineStage(ABC):
    """The offline engine computes, so its items belong to the processor pool; a model is waited for by many threads.

    ``compute`` is the stage's work; calls that it makes to a model go on its item's account. A failed item leaves
    nothing behind.
    """

    name: str
    # The model that it asks, where that is not named as the stage is.
    asks = ""
    required = True

    @property
    def load(self) -> Load:
        return Load.IO if asks_a_model() else Load.CPU

    @property
    def concurrency(self) -> int:
        return int(settings.LLM_CONCURRENCY) if asks_a_model() else 1

    @property
    def provider(self) -> str:
        return model_of(self.asks or self.name).provider if asks_a_model() else ""

    def work(self, item: Item) -> Any:
        with asking_for(item), choices_kept():
            return self.compute(item)

    @abstractmethod
    def compute(self, item: Item) -> Any: ...

    def save_failure(self, item: Item, message: str) -> None:
        return None


class OncePerJob(Generic[T]):
    """What all items of a job share, made once: for another job, or where ``stamp`` (what it is made of) differs, it is
    made anew and the one before forgotten."""

    def __init__(self, make: Callable[[Job], T], stamp: Callable[[Job], object]) -> None:
        self._make, self._stamp = make, stamp
        self._made: tuple[object, T] | None = None
        self._lock = threading.Lock()

    def of(self, job: Job) -> T:
        stamp = (job.pk, self._stamp(job))
        with self._lock:
            if self._made is None or self._made[0] != stamp:
                self._made = stamp, self._make(job)
            return self._made[1]


def asks_a_model() -> bool:
    return bool(settings.GUIDELINE_ENGINE == "openai")
