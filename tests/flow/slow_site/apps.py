"""Each call of the guideline engine sleeps and leaves a line in CALLS_FILE before it answers."""

from __future__ import annotations

import functools
import os
import time
from pathlib import Path

from django.apps import AppConfig

from books.extraction.base import BookFacts
from books.extraction.engines.offline import OfflineEngine

METHODS = ("digest", "outline", "write", "refine_names")


def slow(name, method):
    @functools.wraps(method)
    def call(*args, **kwargs):
        if BookFacts("") in args:  # What contents are matched by, which is nobody's work.
            return method(*args, **kwargs)
        with Path(os.environ["CALLS_FILE"]).open("a") as calls:
            calls.write(f"{name} {os.getpid()}\n")
        time.sleep(float(os.environ["CALL_SECONDS"]))
        return method(*args, **kwargs)

    return call


class SlowConfig(AppConfig):
    name = "tests.flow.slow_site"

    def ready(self):
        for name in METHODS:
            setattr(OfflineEngine, name, slow(name, getattr(OfflineEngine, name)))
