"""Image work for pages that a model reads: ahead of the calls, so that no call's place is taken by a page that is still
being made ready, and few at a time, so that memory does not grow with the calls in flight."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from threading import Lock
from typing import Any, Final

from django.dispatch import receiver

from books.models import Page
from books.ocr.scans import Prepared, made_of, prepare
from jobs.runner import slice_over

# A page in the making takes up to 70 MB, one that is ready 2 MB. The other half of the processors is for the calls.
AT_ONCE: Final = min(4, max(1, (os.cpu_count() or 2) // 2))
AHEAD: Final = 8


class PagesAhead:
    """Of one job at a time: its runner's threads share it. What was begun is known by all that it is made of."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="prepare")
        self._begun: dict[tuple[object, ...], Future[Prepared]] = {}
        self._lock = Lock()

    def take(self, page: Page, engine: str) -> Prepared:
        """Waits until the page is ready. Raises what ``prepare`` raises."""
        with self._lock:
            begun = self._begun.pop(made_of(page, engine), None)
        return (begun or self._executor.submit(prepare, page, engine)).result()

    def begin(self, pages: Iterable[Page], engine: str) -> None:
        """Begins with ``pages``; what was begun earlier and is not among them is forgotten."""
        wanted = {made_of(page, engine): page for page in pages}
        with self._lock:
            begun = {made: self._begun.pop(made, None) for made in wanted}
            self._forget()
            self._begun = {made: begun[made] or self._executor.submit(prepare, wanted[made], engine) for made in wanted}

    def forget(self) -> None:
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        for future in self._begun.values():
            future.cancel()
        self._begun = {}


@cache
def pages_ahead() -> PagesAhead:
    """The one of this process."""
    return PagesAhead()


@receiver(slice_over)
def forget_what_was_begun(**_: Any) -> None:
    """Nothing that was made ready outlives its slice: another process, or another job, goes on with the pages."""
    pages_ahead().forget()
