"""The ids of job, book and item, or of the request, on every line that is logged meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.models import Item, Job
    from jobs.registry import Stage

_ids: ContextVar[dict[str, object] | None] = ContextVar("job_ids", default=None)


def ids_of(job: Job) -> dict[str, object]:
    """For a line about ``job`` that is logged outside its work."""
    return {"job": str(job.pk), "book": job.book_id, "kind": job.kind}


@contextmanager
def job_context(job: Job) -> Iterator[None]:
    token = _ids.set(ids_of(job))
    try:
        yield
    finally:
        _ids.reset(token)


def begin_request(request: str, trace: str) -> None:
    """From now on lines name the request, and the trace that it belongs to ("" for none)."""
    _ids.set({"request_id": request, **({"trace_id": trace} if trace else {})})


def end_request() -> None:
    _ids.set(None)


@contextmanager
def item_context(item: Item, stage: Stage) -> Iterator[None]:
    """Inside ``job_context``; adds what a person calls the item, also under the name of its unit ("page")."""
    token = _ids.set({**(_ids.get() or {}), "stage": stage.name, "item": item.label, stage.unit: item.label})
    try:
        yield
    finally:
        _ids.reset(token)


class JobContextFilter(logging.Filter):
    """Adds the ids to each record that does not carry them itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        for name, value in (_ids.get() or {}).items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True
