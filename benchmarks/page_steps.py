"""Where the time of a page goes: milliseconds of each step, by the clock, in one process that reads a book."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from importlib import import_module
from typing import Any
from unittest import mock

# In the order of a page's way; a step within another counts for itself alone.
STEPS = {
    "open or render, in a box": ("books.ocr.scans", "_scan"),
    "even out the paper": ("books.ocr.image.normalise", "evened"),
    "straighten": ("books.ocr.image.normalise", "level"),
    "turn upright": ("books.ocr.engines.tesseract", "upright"),
    "ink, bullets, leaders": ("books.ocr.engines.tesseract", "Sheet"),
    "OCR": ("books.ocr.engines.tesseract.TesseractEngine", "_attempt"),
    "second look": ("books.ocr.engines.tesseract.TesseractEngine", "_completed"),
    "figures and formulas": ("books.ocr.engines.tesseract", "find_regions"),
    "picture and thumbnail": ("books.ocr.scans", "pictured"),
    "store the picture": ("books.ocr.job.default_storage", "save"),
    "store the reading": ("books.ocr.job.ReadStage", "save"),
}
# Whatever is called for it, OCR too, is part of it.
WHOLE = "second look"


class Clock:
    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.running: list[str] = []
        self.since = 0.0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        if WHOLE in self.running:
            name = WHOLE
        self._turn()
        self.running.append(name)
        try:
            yield
        finally:
            self._turn()
            self.running.pop()

    def _turn(self) -> None:
        now = time.perf_counter()
        if self.running:
            self.seconds[self.running[-1]] += now - self.since
        self.since = now

    def timed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(call, updated=())
        def timing(*args: Any, **kwargs: Any) -> Any:
            with self.step(name):
                return call(*args, **kwargs)

        return timing


def steps_of_reading(book: Any) -> dict[str, float]:
    """Milliseconds a page of each step of reading ``book`` here, and of all else that the job does."""
    from books.ocr.start import start_reading
    from jobs.runner import run_to_end

    job, clock = start_reading(book), Clock()
    with ExitStack() as patches:
        for name, (where, attribute) in STEPS.items():
            owner = found(where)
            call = clock.timed(name, getattr(owner, attribute))
            patches.enter_context(mock.patch.object(owner, attribute, call))
        with clock.step("the job around them"):
            run_to_end(job.pk)
    pages = book.pages.count()
    return {name: 1000 * clock.seconds[name] / pages for name in (*STEPS, "the job around them")}


def found(where: str) -> Any:
    try:
        return import_module(where)
    except ModuleNotFoundError:
        module, _, name = where.rpartition(".")
        return getattr(import_module(module), name)
