"""Job and book ids on every line that is logged while a job is worked on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobs.models import Job

_ids: ContextVar[dict[str, object] | None] = ContextVar("job_ids", default=None)


@contextmanager
def job_context(job: Job) -> Iterator[None]:
    token = _ids.set({"job": str(job.pk), "book": job.book_id, "kind": job.kind})
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
