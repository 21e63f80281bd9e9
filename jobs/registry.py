"""What the domain gives the engine: a handler per kind of job, made of stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from jobs.states import Load

if TYPE_CHECKING:
    from jobs.models import Item, Job


@dataclass(frozen=True, slots=True)
class PlannedItem:
    """``key`` is unique in its stage and the same in every run; see the fields of ``jobs.models.Item``."""

    key: str
    label: str
    lane: str = ""
    fingerprint: str = ""


class Stage(Protocol):
    """``plan`` runs in a transaction under the job's lock; ``work`` outside of any, and writes nothing to the
    database; ``save`` and ``save_failure`` in the transaction that closes the item.

    ``unit`` is what a person calls its items ("page"). ``required``: a failed item fails the job before the next
    stage begins. ``weight`` is the stage's share of the progress bar. ``provider`` names the ``Throttle`` of what its
    items call outside this process, each one call at a time; "" where they call nothing.
    """

    name: str
    title: str
    unit: str
    required: bool
    weight: int

    @property
    def load(self) -> Load: ...

    @property
    def concurrency(self) -> int: ...

    @property
    def provider(self) -> str: ...

    def plan(self, job: Job) -> Sequence[PlannedItem]: ...

    def work(self, item: Item) -> Any: ...

    def save(self, item: Item, result: Any) -> None: ...

    def save_failure(self, item: Item, message: str) -> None: ...


@dataclass(frozen=True)
class Handler:
    """A kind of job: its stages in order.

    An exclusive one (the default) has its book to itself: while it is active no other exclusive job of the book starts.
    One that neither reads nor changes what the others work on, such as a delivery, runs beside them.
    """

    kind: str
    title: str
    stages: tuple[Stage, ...]
    is_exclusive: bool = True

    def stage(self, name: str) -> Stage:
        return next(stage for stage in self.stages if stage.name == name)

    def stage_after(self, name: str) -> Stage | None:
        """The stage that follows ``name``; the first one for an empty name."""
        if not name:
            return self.stages[0]
        names = [stage.name for stage in self.stages]
        following = self.stages[names.index(name) + 1 :]
        return following[0] if following else None


_handlers: dict[str, Handler] = {}


def register(handler: Handler) -> None:
    _handlers[handler.kind] = handler


def handler_for(kind: str) -> Handler:
    return _handlers[kind]


def handlers() -> Mapping[str, Handler]:
    return _handlers
