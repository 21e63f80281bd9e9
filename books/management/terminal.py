"""Shows a job's progress as a bar in the terminal, one line that is rewritten, or plain lines where there is none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management.base import OutputWrapper
from django.db import connection

from jobs.models import Job
from jobs.runner import run_to_end
from jobs.views import JobView, job_view

BAR_CELLS = 30
LOOK_SECONDS = 0.3


class Bar:
    """``stream`` gets a rewritten line where it is a terminal, else one line whenever ten more percent are done."""

    def __init__(self, stream: OutputWrapper) -> None:
        self.stream = stream
        self.shown = -10

    def show(self, view: JobView) -> None:
        full = BAR_CELLS * view.percent // 100
        line = f"{view.title:<24} [{'#' * full}{'.' * (BAR_CELLS - full)}] {view.percent:3}%  {view.headline}"
        if self.stream.isatty():
            self.stream.write(f"\r\033[K{line}", ending="" if view.is_active else "\n")
        elif view.percent >= self.shown + 10 or not view.is_active:
            self.shown = view.percent
            self.stream.write(line)
        self.stream.flush()


def follow(job: Job, stream: OutputWrapper, *, here: bool) -> Job:
    """Shows ``job`` until it is over or paused. ``here``: no cluster runs, so this process does the work."""
    bar = Bar(stream)
    if here:
        with _shown_meanwhile(lambda: bar.show(_view(job))):
            run_to_end(job.pk)
    while (view := _view(job)).is_active and view.job.status != "paused":
        bar.show(view)
        time.sleep(LOOK_SECONDS)
    bar.show(view)
    return view.job


def _view(job: Job) -> JobView:
    return job_view(Job.objects.get(pk=job.pk))


@contextmanager
def _shown_meanwhile(show: Callable[[], None]) -> Iterator[None]:
    over = threading.Event()

    def look() -> None:
        try:
            while not over.wait(LOOK_SECONDS):
                show()
        finally:
            connection.close()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
