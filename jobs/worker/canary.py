"""The canary: a task that a cluster gives itself, to prove that its pusher, its queue and a worker pass tasks on.

It never goes through the shared queue. So it cannot pile up there while the cluster is busy or down, and no other
machine's cluster of the same pool can answer for this one.
"""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.utils import timezone
from django_q.signing import SignedPackage


class CanaryBroker:
    """A django-q2 broker with a canary task among its tasks every CANARY_SECONDS."""

    def __init__(self, broker: Any) -> None:
        self._broker = broker
        self._due_at = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._broker, name)

    def dequeue(self) -> list[tuple[object, str]]:
        """Pairs of acknowledgement id and signed task. A canary has no id: there is no message to acknowledge."""
        tasks = list(self._broker.dequeue() or ())
        if time.monotonic() >= self._due_at:
            self._due_at = time.monotonic() + settings.CANARY_SECONDS
            tasks.append((None, _canary_package()))
        return tasks


def _canary_package() -> str:
    """A task as ``django_q.tasks.async_task`` would sign it, its result not kept."""
    task = {
        "id": "canary",
        "name": "canary",
        "func": "jobs.tasks.canary",
        "args": (),
        "kwargs": {},
        "started": timezone.now(),
        "save": False,
    }
    package: str = SignedPackage.dumps(task)
    return package
