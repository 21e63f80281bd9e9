"""A job that writes one reading for each page and stage; what goes wrong on the way stands in its params."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from typing import Any

from books.models import Book, Page, Reading
from jobs.errors import JobError
from jobs.models import Item, Job
from jobs.registry import Handler, PlannedItem
from jobs.states import Load

KIND = "effects"
PAGES = 3


class Passing(JobError):
    code = "passing"
    retryable = True


class WritePages:
    """``seconds`` is how long each item takes. The page that ``fails`` or ``interrupts`` names does so when
    it is first claimed; the one that ``kills`` names always takes its process with it in the first stage."""

    title, unit, required, weight, provider = "Writing", "page", False, 1, ""

    def __init__(self, name: str, load: Load, concurrency: int) -> None:
        self.name, self.load, self.concurrency = name, load, concurrency

    def plan(self, job: Job) -> list[PlannedItem]:
        pages = Page.objects.filter(book_id=job.book_id).order_by("number")
        return [PlannedItem(key=str(page.pk), label=str(page.number)) for page in pages]

    def work(self, item: Item) -> str:
        params = item.job.params
        time.sleep(params.get("seconds", 0))
        if item.label == params.get("kills") and item.stage == "first":
            os.kill(os.getpid(), signal.SIGKILL)
        if item.lease_token == 1 and item.stage == "first":
            if item.label == params.get("fails"):
                raise Passing("Try again.", retry_after=0)
            if item.label == params.get("interrupts"):
                raise KeyboardInterrupt
        return f"{self.name} of page {item.label}"

    def save(self, item: Item, result: Any) -> None:
        Reading.objects.create(
            page_id=item.key, engine=self.name, version=str(os.getpid()), text=result, confidence=100
        )

    def save_failure(self, item: Item, message: str) -> None:
        """Nothing: the item's own row says it."""


FIRST, SECOND = WritePages("first", Load.CPU, 1), WritePages("second", Load.IO, 3)
EFFECTS = Handler(KIND, "Writing pages", (FIRST, SECOND))


def book_of(pages: int = PAGES) -> Book:
    book = Book.objects.create(title="Effects")
    source = book.sources.create(name="scan.png", format="png", sha256="0" * 64, size=1, frames=pages)
    Page.objects.bulk_create([Page(book=book, number=n, source=source, frame=n) for n in range(1, pages + 1)])
    return book


def effects(job: Job) -> Counter[tuple[int, str]]:
    """How often each page was written by each stage."""
    readings = Reading.objects.filter(page__book_id=job.book_id)
    return Counter(readings.values_list("page__number", "engine"))


def every_effect_once(pages: int = PAGES) -> Counter[tuple[int, str]]:
    return Counter((number, stage.name) for number in range(1, pages + 1) for stage in EFFECTS.stages)
