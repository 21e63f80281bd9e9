"""Jobs whose items do nothing at all, or wait for a second, so that what remains is the engine."""

from __future__ import annotations

import time

from django.apps import AppConfig

KIND, WAITING = "nothing", "waiting"


class Nothing:
    name, title, unit, provider = "nothing", "Nothing", "item", ""
    load, concurrency, required, weight = "cpu", 1, False, 1

    def plan(self, job):
        from jobs.registry import PlannedItem

        return [PlannedItem(str(n), str(n)) for n in range(job.params["items"])]

    def work(self, item):
        return None

    def save(self, item, result):
        pass

    def save_failure(self, item, message):
        pass


class Waiting(Nothing):
    name, title, load, concurrency = "wait", "Waiting", "io", 8

    def work(self, item):
        time.sleep(1)


def nothing() -> None:
    """The bare django-q2 task beside it."""


class BenchmarksConfig(AppConfig):
    name = "benchmarks"

    def ready(self):
        from jobs.registry import Handler, register

        register(Handler(KIND, "Nothing", (Nothing(),)))
        register(Handler(WAITING, "Waiting", (Waiting(),)))
