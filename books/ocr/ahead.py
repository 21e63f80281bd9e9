"""Image work for pages that a model reads: ahead of the calls, so that no call's place is taken by a page that is still
being made ready, and few at a time, so that memory does not grow with the calls in flight."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from threading import Lock
from typing import Final
from uuid import UUID

from books.models import Page
from books.ocr.scans import Prepared, prepare

# A page in the making takes up to 70 MB, one that is ready 9 MB. The other half of the processors is for the calls.
AT_ONCE: Final = min(4, max(1, (os.cpu_count() or 2) // 2))
AHEAD: Final = 8


class PagesAhead:
    """Of one job at a time: its runner's threads share it."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="prepare")
        self._begun: dict[UUID, Future[Prepared]] = {}
        self._lock = Lock()

    def take(self, page: Page, engine: str) -> Prepared:
        """Waits until the page is ready. Raises what ``prepare`` raises."""
        with self._lock:
            begun = self._begun.pop(page.pk, None)
        return (begun or self._executor.submit(prepare, page, engine)).result()

    def begin(self, pages: Iterable[Page], engine: str) -> None:
        """Begins with ``pages``; what was begun earlier and is not among them is forgotten."""
        with self._lock:
            self._begun = {
                page.pk: self._begun.get(page.pk) or self._executor.submit(prepare, page, engine) for page in pages
            }


@cache
def pages_ahead() -> PagesAhead:
    """The one of this process."""
    return PagesAhead()
