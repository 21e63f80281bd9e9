"""Two transactions that meet on one job, and what must hold whoever wins."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from django.db import connection, transaction

from jobs import clock
from jobs import sweep as sweeping
from jobs.actions import cancel, extend, pause, resume, retry_items, start_job
from jobs.errors import JobError
from jobs.heartbeat import beat
from jobs.leases import claim, release
from jobs.models import Item, Job
from jobs.outcomes import fail, finish
from jobs.runner import _open
from jobs.stages import advance
from jobs.states import ItemState
from tests.jobs.rig import KIND, RigStage, new_book


def together(*acts: Callable[[], Any]) -> list[Any]:
    """What each act answered or raised, all begun at the same moment in threads of their own."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            barrier.wait()
            return act()
        except JobError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as executor:
        return list(executor.map(run, acts))


def one_after_the_other(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """As ``together``, but the second begins when the first has done everything except its commit."""
    has_acted = threading.Event()

    def lead() -> Any:
        try:
            with transaction.atomic():
                answer = first()
                has_acted.set()
                time.sleep(0.03)
            return answer
        finally:
            has_acted.set()

    def follow() -> Any:
        has_acted.wait()
        return second()

    return together(lead, follow)


@dataclass
class Scene:
    """A job of three items, the first in hand, and all that a rival may do to it."""

    job: Job
    stage: RigStage
    item: Item

    def finish(self) -> None:
        finish(self.item, self.stage, "result")

    def fail(self) -> None:
        fail(self.item, self.stage, JobError("Unreadable."))

    def cancel(self) -> Job:
        return cancel(self.job.pk)

    def pause(self) -> Job:
        return pause(self.job.pk)

    def resume(self) -> Job:
        return resume(self.job.pk)

    def claim(self) -> list[Item]:
        return claim(self.job.pk, "first", "rival", limit=5)

    def sweep(self) -> dict[str, int]:
        return sweeping.sweep()

    def release(self) -> int:
        return release(self.job.pk, "holder")

    def beat(self) -> bool:
        return beat(self.job.pk, "holder")

    def advance(self) -> str:
        return advance(self.job.pk).value

    def retry(self) -> int:
        return retry_items(self.job.pk)

    def extend(self) -> bool:
        return extend(self.job.pk)

    def open(self) -> bool:
        return _open(self.job.pk) is not None


EVENTS = [name for name, value in vars(Scene).items() if callable(value) and not name.startswith("_")]


def new_scene(rig: Callable[..., None], stage: RigStage) -> Scene:
    rig(stage, RigStage("second", keys=["a"]))
    job = start_job(new_book().pk, KIND)
    _open(job.pk)
    (item,) = claim(job.pk, "first", "holder")
    return Scene(job, stage, item)


def silence(scene: Scene) -> None:
    """As two minutes after the death of the holder."""
    past = clock.now() - timedelta(seconds=300)
    Job.objects.filter(pk=scene.job.pk).update(heartbeat_at=past, queued_at=past - timedelta(seconds=1))
    Item.objects.filter(pk=scene.item.pk).update(lease_expires_at=past)


def check(scene: Scene) -> tuple[Job, list[str]]:
    """What must hold whoever won."""
    job = Job.objects.get(pk=scene.job.pk)
    items = list(Item.objects.filter(job=job).order_by("ordinal"))
    done = [item.key for item in items if item.state == ItemState.DONE]
    assert sorted(key for key, _ in scene.stage.saved) == done
    assert job.completed_items == len(done)
    assert job.failed_items == sum(item.state == ItemState.FAILED for item in items)
    assert job.total_items == len(items)
    log = list(job.events.values_list("from_status", "to_status"))
    assert all(was == before for (_, was), (before, _) in pairwise(log))
    assert log[-1][1] == job.status
    return job, [item.state for item in items]
