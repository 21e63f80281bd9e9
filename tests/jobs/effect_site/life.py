"""Runners and sweeps as processes over a test's database: ``python -m tests.jobs.effect_site.life COMMAND ...``.

slice JOB SECONDS     one slice
start PAGES SECONDS   a job on a new book, each item of which takes that long; prints its id
serve JOB             what a cluster does, until the job is over: takes messages, runs slices, sweeps
report JOB            prints what became of it, and how often each effect happened
kills FILE            what ``Death`` describes, for each line of the file; prints one line about each
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from uuid import UUID

import django

SWEEP_POINTS = ("before_recovery", "in_recovery", "before_recovery_commit", "after_recovery")


@dataclass(frozen=True)
class Death:
    """The process that works on ``job`` dies when it passes ``point`` for the ``nth`` time in a slice of ``seconds``;
    where the point lies in the sweep, a runner dies first, and then the sweep that comes to help."""

    job: str
    point: str
    nth: int = 1
    seconds: float = 10

    def line(self) -> str:
        return json.dumps(asdict(self))


def dies(act: Callable[[], object], point: str, nth: int = 1) -> bool:
    """Does ``act`` in a child that is to die; whether it did, by SIGKILL."""
    from django.db import connections

    from jobs import failpoints

    connections.close_all()
    child = os.fork()
    if child == 0:
        failpoints.ARMED, failpoints._number = point, str(nth)
        try:
            act()
        except KeyboardInterrupt:
            pass
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def run_kills(deaths: list[Death]) -> None:
    from django.conf import settings

    from jobs.runner import run_slice
    from jobs.sweep import sweep

    in_sweep = [death for death in deaths if death.point in SWEEP_POINTS]
    for death in deaths:
        point = "after_claim" if death in in_sweep else death.point
        killed = dies(partial(run_slice, UUID(death.job), seconds=death.seconds), point, death.nth)
        if death not in in_sweep:
            print(json.dumps({"job": death.job, "killed": killed}), flush=True)
    time.sleep(settings.JOB_STALE_SECONDS + 0.1)
    for death in in_sweep:
        print(json.dumps({"job": death.job, "killed": dies(sweep, death.point)}), flush=True)
    serve([death.job for death in deaths])


def serve(jobs: list[str]) -> None:
    """Delivers what was really enqueued, and sweeps, until each job is over or paused for good."""
    from jobs.database import with_reconnect
    from jobs.models import Job
    from jobs.states import FINAL
    from jobs.sweep import sweep

    swept_at = 0.0
    while with_reconnect(Job.objects.filter(pk__in=jobs).exclude(status__in=FINAL).exists):
        deliver()
        if time.monotonic() - swept_at > 0.5:
            with_reconnect(sweep)
            swept_at = time.monotonic()
        time.sleep(0.02)


def deliver() -> None:
    """Each message is gone before its slice begins, as it is where a cluster died with it in hand."""
    from django_q.models import OrmQ

    from jobs.database import with_reconnect
    from jobs.runner import run_slice
    from jobs.states import Load

    for message in with_reconnect(lambda: list(OrmQ.objects.order_by("id"))):
        with_reconnect(message.delete)
        run_slice(UUID(message.task["args"][0]), pool=Load(message.key))


def start(pages: int, seconds: float) -> None:
    from jobs.actions import start_job
    from tests.jobs.effect_site.stages import KIND, book_of

    print(start_job(book_of(pages).pk, KIND, params={"seconds": seconds}).pk)


def report(job_id: str) -> None:
    from jobs.models import Job
    from tests.jobs.effect_site.stages import effects

    job = Job.objects.get(pk=job_id)
    counts = sorted(set(effects(job).values()))
    print(json.dumps([job.status, job.completed_items, job.failed_items, effects(job).total(), counts]))


def main(command: str, *arguments: str) -> None:
    from jobs.runner import run_slice

    if command == "slice":
        run_slice(UUID(arguments[0]), seconds=float(arguments[1]))
    elif command == "start":
        start(int(arguments[0]), float(arguments[1]))
    elif command == "serve":
        serve([arguments[0]])
    elif command == "report":
        report(arguments[0])
    else:
        lines = Path(arguments[0]).read_text().splitlines()
        run_kills([Death(**json.loads(line)) for line in lines])


if __name__ == "__main__":
    django.setup()
    main(*sys.argv[1:])
