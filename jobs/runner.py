"""A time-boxed slice of one job: claim, work, save, until the stage is empty or the time is up."""

from __future__ import annotations

import logging
import math
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.dispatch import Signal

from jobs import clock
from jobs.actions import runners_for, wake
from jobs.database import is_away, locked_job, with_reconnect
from jobs.errors import DatabaseAway, JobError, LeaseLost
from jobs.failpoints import failpoint
from jobs.heartbeat import Heartbeat, drain_requested
from jobs.leases import claim, closed_for, has_loose, live_leases, next_due_in, release
from jobs.logs import item_context, job_context
from jobs.models import Item, Job
from jobs.monitoring import SUPERSEDED, count_one
from jobs.outcomes import TookTooLong, fail, finish
from jobs.progress import open_items
from jobs.registry import Stage, handler_for
from jobs.stages import Step, advance, begin_stage
from jobs.states import REST_ABOVE, JobStatus, Load, move
from jobs.sweep import jobs_without_worker
from jobs.throttle import count_wait

logger = logging.getLogger(__name__)

IDLE_SECONDS = 0.3
# With nothing to do a slice looks again after pauses that double up to this: looking is not to cost the database much.
LONGEST_PAUSE_SECONDS = 2.4
# Sent in the process that worked it: what it kept for its pages, or whatever its items are, is of no use any more.
slice_over = Signal()

# How often a process without a cluster looks whether a resting job has more to do after all.
REST_LOOK_SECONDS = 5
# How long a slice with nothing in hand waits for a provider: at most, and where other jobs wait for a worker.
PROVIDER_SECONDS = 60
YIELD_SECONDS = 5
# How long an item waits that lost the database.
AWAY_SECONDS = 2
AWAY_MESSAGE = "The database was away for a moment; this is tried again by itself."


def run_slice(job_id: UUID | str, *, seconds: float | None = None, pool: Load | None = None) -> None:
    """Works on the job for at most ``seconds`` and asks the queue for another slice where work is left.

    ``pool`` limits the slice to the stages of one pool; None (a command, a test) works every stage.
    """
    job = with_reconnect(partial(_open, job_id))
    if job is None:
        return
    with job_context(job):
        try:
            Slice(job, settings.JOB_SLICE_SECONDS if seconds is None else seconds, pool).run()
        except Job.DoesNotExist:
            logger.warning("the job was deleted while it was worked on")


def run_to_end(job_id: UUID | str) -> Job:
    """Works a job in this process until it is final or paused; for a command without a cluster, and for tests."""
    while True:
        run_slice(job_id)
        job = Job.objects.get(pk=job_id)
        if job.status != JobStatus.RUNNING:
            return job
        rest = (job.wake_at - clock.now()).total_seconds() if job.wake_at else 0
        time.sleep(min(max(rest, IDLE_SECONDS), REST_LOOK_SECONDS))


def _open(job_id: UUID | str) -> Job | None:
    """The job, moved to running where it was pending; None where it is not to be worked on.

    The beginning of a slice is a beat: a job that was queued later than it last beat is waiting, not dead.
    """
    if not Job.objects.filter(pk=job_id).exists():
        return None
    with locked_job(job_id) as job:
        if job.status == JobStatus.PENDING:
            move(job, JobStatus.RUNNING, actor="worker")
            if not job.stage:
                begin_stage(job, handler_for(job.kind).stages[0])
        if job.status != JobStatus.RUNNING or _has_enough_runners(job):
            return None
        Job.objects.filter(pk=job.pk).update(heartbeat_at=clock.now(), wake_at=None)
        failpoint("in_open")
        return job


def _has_enough_runners(job: Job) -> bool:
    """Messages may be doubled (a sweep, a retry, more input); slices that go on for ever must not be."""
    stage = handler_for(job.kind).stage(job.stage)
    wanted = settings.POOLS[stage.load] if stage.load == Load.CPU else stage.concurrency
    return live_leases(job, stage.name) >= wanted


class Slice:
    """One runner's turn, under an identity of its own so that no earlier slice's lease can be mistaken for its."""

    def __init__(self, job: Job, seconds: float, pool: Load | None) -> None:
        self.job = job
        self.runner = uuid.uuid4().hex
        self.ends_at = time.monotonic() + seconds
        self.pool = pool
        self.heartbeat = Heartbeat(job.pk, self.runner)
        self._in_hand: set[int] = set()
        self._had_in_hand = time.monotonic()
        self._closed = threading.Event()
        self._looking = threading.Lock()
        self._pause = IDLE_SECONDS

    def run(self) -> None:
        try:
            with self.heartbeat:
                while not self.must_stop() and self._turn():
                    pass
        finally:
            with_reconnect(partial(release, self.job.pk, self.runner))
            failpoint("before_hand_over")
            with_reconnect(self._hand_over)
            failpoint("after_hand_over")
            slice_over.send_robust(Slice, job_id=self.job.pk)

    def must_stop(self) -> bool:
        return time.monotonic() >= self.ends_at or self.heartbeat.lost or drain_requested()

    def _turn(self) -> bool:
        """Works the present stage until nothing is due; returns whether this slice can do more."""
        stage = with_reconnect(self._present_stage)
        if stage is None:
            return False
        self._work_stage(stage)
        step = with_reconnect(partial(advance, self.job.pk))
        failpoint("after_advance")
        if step == Step.STAGE:
            with_reconnect(self._call_others)
        if step == Step.WAIT:
            if with_reconnect(partial(closed_for, stage.provider)):
                with_reconnect(partial(count_wait, stage.provider))
                return False
            self._wait()
        return step in (Step.STAGE, Step.WAIT)

    def _present_stage(self) -> Stage | None:
        """The stage the job is in, unless the job stopped or the stage belongs to the other pool."""
        job = Job.objects.filter(pk=self.job.pk, status=JobStatus.RUNNING).first()
        if job is None:
            return None
        self.job = job
        stage = handler_for(job.kind).stage(job.stage)
        return stage if self._works(stage) else None

    def _works(self, stage: Stage) -> bool:
        return self.pool in (None, stage.load)

    def _work_stage(self, stage: Stage) -> None:
        """Processor work stays in this thread, where django-q2's timeout can interrupt it."""
        threads = stage.concurrency if stage.load == Load.IO else 1
        threads = min(threads, with_reconnect(partial(open_items, self.job, stage.name)))
        if threads <= 1:
            self._drain_stage(stage)
            return
        first = with_reconnect(partial(claim, self.job.pk, stage.name, self.runner, threads))
        with ThreadPoolExecutor(threads, thread_name_prefix=stage.name) as executor:
            hands = [*first, *[None] * (threads - len(first))]
            for future in [executor.submit(self._drain_stage_in_thread, stage, item) for item in hands]:
                future.result()

    def _drain_stage_in_thread(self, stage: Stage, item: Item | None) -> None:
        try:
            with job_context(self.job):
                self._drain_stage(stage, item)
        finally:
            connection.close()

    def _drain_stage(self, stage: Stage, following: Item | None = None) -> None:
        """Works ``following``, claims and works until nothing is left to claim, staying for items that wait for another
        attempt."""
        while not self.must_stop():
            item = following or self._next_item(stage)
            if item is None:
                return
            with item_context(item, stage):
                failpoint("after_claim")
                following = self._do(stage, item)

    def _next_item(self, stage: Stage) -> Item | None:
        """The next item as soon as one can be claimed, None where staying for one is not worth it. Of the threads of a
        slice one looks at a time."""
        with self._looking:
            if self._in_hand and not with_reconnect(partial(has_loose, self.job, stage.name)):
                return None
            while not self.must_stop():
                self._closed.clear()
                items = with_reconnect(partial(claim, self.job.pk, stage.name, self.runner))
                if items:
                    self._pause = IDLE_SECONDS
                    return items[0]
                due = with_reconnect(partial(self._due_in, stage))
                if due is None:
                    return None
                self._wait(due or IDLE_SECONDS)
        return None

    def _wait(self, most: float = math.inf) -> None:
        """A pause, longer than the one before it; over at once where an item of this slice closes, which may make
        others due, or where the slice must stop."""
        ends_at = time.monotonic() + min(self._pause, most)
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
        while not self.must_stop() and (left := ends_at - time.monotonic()) > 0:
            if self._closed.wait(min(left, IDLE_SECONDS)):
                self._pause = IDLE_SECONDS
                return

    @transaction.atomic
    def _due_in(self, stage: Stage) -> float | None:
        """Seconds after which an item may be due, None where staying is not worth it. For a provider that takes no call
        a worker is held only a moment where other jobs wait for one, unless calls of this slice hold it anyway."""
        if not Job.objects.filter(pk=self.job.pk, status=JobStatus.RUNNING, stage=stage.name).exists():
            return None
        if closed := closed_for(stage.provider):
            return closed if self._in_hand or self._stays() else None
        due = next_due_in(self.job, stage.name)
        if due is None and not self._in_hand and open_items(self.job, stage.name):
            return math.inf
        return None if due is None or due > REST_ABOVE.total_seconds() else due

    def _stays(self) -> bool:
        idle = time.monotonic() - self._had_in_hand
        if not YIELD_SECONDS < idle < PROVIDER_SECONDS:
            return idle < PROVIDER_SECONDS
        return not jobs_without_worker().exclude(pk=self.job.pk).exists()

    def _do(self, stage: Stage, item: Item) -> Item | None:
        """Works and closes ``item``; returns the next one where that was leased in the same transaction."""
        self._in_hand.add(item.pk)
        try:
            result = stage.work(item)
            failpoint("after_work")
            go_on_as = "" if self.must_stop() else self.runner
            return with_reconnect(partial(finish, item, stage, result, go_on_as=go_on_as))
        except LeaseLost:
            with_reconnect(partial(count_one, SUPERSEDED))
            logger.warning("late result thrown away", extra={"item": item.label})
        except SystemExit:
            self._record(stage, item, TookTooLong.after(settings.JOB_TIMEOUT_SECONDS))
            raise
        except Exception as error:
            self._record(stage, item, _classified(error, item))
        finally:
            self._in_hand.discard(item.pk)
            self._had_in_hand = time.monotonic()
            self._closed.set()
        return None

    def _record(self, stage: Stage, item: Item, error: Exception) -> None:
        try:
            with_reconnect(partial(fail, item, stage, error))
        except LeaseLost:
            logger.warning("late failure ignored", extra={"item": item.label})

    def _call_others(self) -> None:
        """A stage began: asks its pool for the runners it needs beside this one."""
        job = Job.objects.get(pk=self.job.pk)
        stage = handler_for(job.kind).stage(job.stage)
        wanted = runners_for(stage.load, open_items(job, stage.name)) - self._works(stage)
        if wanted > 0:
            wake(job, stage.load, wanted)

    def _hand_over(self) -> None:
        """Asks for the next slice where this one leaves work of its pool behind that does not rest."""
        with locked_job(self.job.pk) as job:
            if job.status != JobStatus.RUNNING or job.wake_at:
                return
            stage = handler_for(job.kind).stage(job.stage)
            if self._works(stage):
                wake(job, stage.load)


def _classified(error: Exception, item: Item) -> Exception:
    """An item that lost the database did not fail."""
    if isinstance(error, JobError):
        return error
    if is_away(error):
        logger.warning("the database was away while an item was worked on: %s", error, extra={"item": item.label})
        connection.close()
        return DatabaseAway(AWAY_MESSAGE, retry_after=AWAY_SECONDS)
    logger.error("item raised an unexpected error", extra={"item": item.label}, exc_info=error)
    return error
