from __future__ import annotations

import pytest

from jobs import actions, registry
from tests.jobs.rig import KIND, RigStage, new_book, rig_handler


@pytest.fixture
def stage() -> RigStage:
    return RigStage("first")


@pytest.fixture
def woken(monkeypatch) -> list[tuple[str, str]]:
    """What the queue was asked, instead of a queue."""
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(actions, "enqueue_slice", lambda job_id, load: asked.append((str(job_id), str(load))))
    return asked


@pytest.fixture
def rig(stage, woken, monkeypatch):
    """Registers a handler of the given stages (by default ``stage``) for the kind "rig"."""

    def register(*stages: RigStage):
        monkeypatch.setitem(registry._handlers, KIND, rig_handler(*(stages or (stage,))))

    register()
    return register


@pytest.fixture
def book(db):
    return new_book()
