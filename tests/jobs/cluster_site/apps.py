"""A job whose items sleep, as a long call into C does: no signal, no Python code, but other threads run."""

import time

from django.apps import AppConfig

from jobs.registry import Handler, PlannedItem, register
from jobs.states import Load


class Nap:
    name, title, unit = "nap", "Nap", "nap"
    load, concurrency, required, weight, provider = Load.IO, 1, False, 1, ""

    def plan(self, job):
        return [PlannedItem(key=str(n), label=str(n)) for n in range(1, job.params["items"] + 1)]

    def work(self, item):
        time.sleep(item.job.params["seconds"])

    def save(self, item, result):
        pass

    def save_failure(self, item, message):
        pass


class Call(Nap):
    """A nap that counts as a call to a provider."""

    name, concurrency, provider = "call", 8, "slow"


NAPS = Handler("naps", "Naps", (Nap(),))


class NapsConfig(AppConfig):
    name = "tests.jobs.cluster_site"

    def ready(self):
        register(NAPS)
        register(Handler("calls", "Calls", (Call(),)))
