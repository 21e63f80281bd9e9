"""A handler whose stages do what a test tells them, and shortcuts to the rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from books.models import Book
from jobs import clock
from jobs.models import Item, Job
from jobs.registry import Handler, PlannedItem
from jobs.states import Load

KIND = "rig"


@dataclass
class RigStage:
    """Saves what ``work`` returned in ``saved``; ``scripts`` maps an item's key to what its work does."""

    name: str
    title: str = "Rigging"
    unit: str = "page"
    load: Load = Load.CPU
    concurrency: int = 1
    required: bool = False
    weight: int = 1
    provider: str = ""
    keys: list[str] = field(default_factory=lambda: ["1", "2", "3"])
    lane: str = ""
    scripts: dict[str, Callable[[Item], Any]] = field(default_factory=dict)
    saved: list[tuple[str, Any]] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    worked: list[str] = field(default_factory=list)
    refuses_plan: Exception | None = None

    def plan(self, job: Job) -> list[PlannedItem]:
        if self.refuses_plan:
            raise self.refuses_plan
        return [PlannedItem(key, key, lane=self.lane, fingerprint=f"input of {key}") for key in self.keys]

    def work(self, item: Item) -> Any:
        self.worked.append(item.key)
        script = self.scripts.get(item.key)
        return script(item) if script else f"result of {item.key}"

    def save(self, item: Item, result: Any) -> None:
        if isinstance(result, Exception):
            raise result
        self.saved.append((item.key, result))

    def save_failure(self, item: Item, message: str) -> None:
        self.failures.append((item.key, message))


def rig_handler(*stages: RigStage) -> Handler:
    return Handler(kind=KIND, title="Rigging the book", stages=stages)


def new_book() -> Book:
    return Book.objects.create(title="A book")


def raises(error: Exception) -> Callable[[Item], Any]:
    def work(_item: Item) -> Any:
        raise error

    return work


def pass_time(monkeypatch: Any, seconds: float) -> None:
    """Sets the engine's clock ahead by ``seconds`` of what it says now."""
    later = clock.now() + timedelta(seconds=seconds)
    monkeypatch.setattr(clock, "now", lambda: later)


def states(job: Job) -> list[str]:
    return list(Item.objects.filter(job=job).order_by("ordinal").values_list("state", flat=True))
