"""The state machine as it should be, in plain Python: what the engine is compared with. Knows no Django.

One book with one job after another. Times are seconds since the run began.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.jobs.coverage import ACTIVE, FINAL
from tests.jobs.model_throttle import ModelThrottle

LEASE, STALE, RUNNERS, RETRY_AFTER, REST, NOT_YET = 90, 120, 2, 40, 30, 200
IN_COMPANY, CRASHES, RECOVERIES_AT_ONCE, LONGEST_PAUSE = 2, 5, 2, 900
BACKOFF = (2, 4, 8, 16)
STAGES = ("first", "second")


class Refused(Exception):
    """The event has no place here: the engine answers with an error and changes nothing."""


@dataclass
class ModelItem:
    stage: str
    key: str
    state: str = "pending"
    token: int = 0
    attempts: int = 0
    crashes: int = 0
    not_before: float = 0
    expires: float | None = None
    runner: str = ""
    started: float | None = None

    @property
    def is_open(self) -> bool:
        return self.state in ("pending", "leased")

    @property
    def is_suspect(self) -> bool:
        return self.crashes >= IN_COMPANY

    def free(self, state: str) -> None:
        self.state, self.expires, self.runner = state, None, ""


@dataclass
class ModelJob:
    """``items`` are in the order of their ordinals; ``earlier`` is the job that this one resumes."""

    queued: float
    earlier: ModelJob | None = None
    status: str = "pending"
    stage: str = "first"
    recoveries: int = 0
    beaten: float = 0
    wake: float | None = None
    current: int | None = None
    items: list[ModelItem] = field(default_factory=list)

    def of_stage(self) -> Iterator[ModelItem]:
        return (item for item in self.items if item.stage == self.stage)

    def refresh(self) -> None:
        leased = [number for number, item in enumerate(self.items, start=1) if item.state == "leased"]
        self.current = min(leased, default=None)

    def end(self, status: str) -> None:
        self.status, self.current, self.wake = status, None, None

    @property
    def unbroken(self) -> int:
        """How many items are done before the first that is not."""
        return next((n for n, item in enumerate(self.items) if item.state != "done"), len(self.items))


class Model:
    """With ``has_provider`` each item of the first stage is a call to it."""

    def __init__(self, *, has_provider: bool = False) -> None:
        self.now = 0.0
        self.has_provider = has_provider
        self.throttle = ModelThrottle()
        self.keys = {"first": ["1", "2"], "second": ["a", "b"]}
        self.jobs: list[ModelJob] = []
        self.effects: dict[tuple[int, str], int] = {}
        self._start(None)

    @property
    def job(self) -> ModelJob:
        return self.jobs[-1]

    # ---- what runners do --------------------------------------------------------------------------------------------
    def open(self) -> bool:
        job = self.job
        if job.status == "pending":
            job.status, job.wake, job.beaten = "running", None, self.now
        elif job.status != "running":
            return False
        live = sum(item.state == "leased" and item.expires > self.now for item in job.of_stage())
        if live >= RUNNERS:
            return False
        job.beaten, job.wake = self.now, None
        return True

    def claim(self, runner: str, limit: int) -> list[tuple[int, int]]:
        """(ordinal, token) of each item claimed."""
        job = self.job
        if job.status != "running":
            return []
        chosen = self._claimable(limit)
        if any(item.state == "leased" for item in chosen):
            for item in [item for item in job.of_stage() if item.state == "leased" and item.expires <= self.now]:
                self._crash(item)
            job.refresh()
            chosen = self._claimable(limit)
        chosen = chosen[: self._slots(len(chosen))]
        for item in chosen:
            self._lease(item, runner)
        if chosen:
            job.refresh()
            job.wake = None
        return [(self._ordinal(item), item.token) for item in chosen]

    def _slots(self, wanted: int) -> int:
        """How many of ``wanted`` calls the provider bears; a job is paused where it bears none for long."""
        job = self.job
        if not self._calls(job):
            return wanted
        free = self.throttle.free(self.now, self._in_flight())
        if not free and self.throttle.pauses_jobs(self.now) and any(item.state == "pending" for item in job.of_stage()):
            job.status, job.wake = "paused", self.throttle.cool
        return min(free, wanted)

    def _calls(self, job: ModelJob) -> bool:
        return self.has_provider and job.stage == "first"

    def _in_flight(self) -> int:
        items = (item for job in self.jobs for item in job.items if item.stage == "first" and item.state == "leased")
        return sum(item.expires > self.now for item in items)

    def _claimable(self, limit: int) -> list[ModelItem]:
        """The second stage is one lane: of its open items only the first may be claimed. A suspect is worked alone,
        when there is nothing else to claim."""
        in_work = [item for item in self.job.items if item.state == "leased" and item.expires > self.now]
        if any(item.is_suspect for item in in_work):
            return []
        items = [item for item in self._first_of_lanes() if self._is_due(item)]
        plain = [item for item in items if not item.is_suspect]
        return plain[:limit] or ([] if in_work else sorted(items, key=lambda item: item.crashes)[:1])

    def _is_due(self, item: ModelItem) -> bool:
        return (item.not_before if item.state == "pending" else item.expires) <= self.now

    def _first_of_lanes(self) -> list[ModelItem]:
        items = [item for item in self.job.of_stage() if item.is_open]
        return items[:1] if self.job.stage == "second" else items

    def _lease(self, item: ModelItem, runner: str) -> None:
        item.state, item.runner, item.expires, item.not_before = "leased", runner, self.now + LEASE, 0
        item.started = self.now
        item.token += 1
        item.attempts += 1

    def _crash(self, item: ModelItem) -> None:
        item.attempts -= 1
        item.crashes += 1
        item.token += 1
        item.free("failed" if item.crashes >= CRASHES else "pending")

    def beat(self, runner: str) -> bool:
        for item in self._held_by(runner):
            item.expires = self.now + LEASE
        if self.job.status == "running":
            self.job.beaten = self.now
        return self.job.status == "running"

    def _held_by(self, runner: str) -> list[ModelItem]:
        return [item for item in self.job.items if item.runner == runner]

    def _held(self, job_number: int, ordinal: int, token: int) -> ModelItem:
        job = self.jobs[job_number]
        item = job.items[ordinal - 1]
        if job.status in FINAL or item.state != "leased" or item.token != token:
            raise Refused
        return item

    def finish(self, job_number: int, ordinal: int, token: int) -> None:
        item = self._held(job_number, ordinal, token)
        item.free("done")
        self.effects[job_number, item.key] = self.effects.get((job_number, item.key), 0) + 1
        self.job.recoveries = 0
        self.job.refresh()

    def go_on(self, job_number: int, ordinal: int, token: int, runner: str) -> list[tuple[int, int]]:
        """Finishes, and claims the next item that is neither a suspect nor in the lane of the second stage."""
        self.finish(job_number, ordinal, token)
        items = self.job.of_stage() if (self.job.status, self.job.stage) == ("running", "first") else []
        plain = (item for item in items if item.state == "pending" and not item.is_suspect)
        chosen = [item for item in plain if item.not_before <= self.now][:1]
        if not chosen or not self._slots(1):
            return []
        self._lease(chosen[0], runner)
        self.job.refresh()
        return [(self._ordinal(chosen[0]), chosen[0].token)]

    def fail_passing(self, job_number: int, ordinal: int, token: int) -> None:
        item = self._held(job_number, ordinal, token)
        item.free("pending" if item.attempts < 5 else "failed")
        if item.state == "pending":
            item.not_before = self.now + BACKOFF[item.attempts - 1]
        self.job.refresh()

    def away(self, job_number: int, ordinal: int, token: int) -> None:
        """No answer: in an outage the attempt is given back, and the item waits for the probe."""
        item = self._held(job_number, ordinal, token)
        is_call = self.has_provider and item.stage == "first"
        probe = self.throttle.failed(self.now, item.attempts, item.started or 0) if is_call else None
        attempts = item.attempts - (probe is not None)
        item.free("pending" if attempts < 5 else "failed")
        if item.state == "pending":
            item.attempts = attempts
            item.not_before = (self.now if probe is None else probe) + BACKOFF[max(attempts, 1) - 1]
        self.job.refresh()

    def fail_for_good(self, job_number: int, ordinal: int, token: int) -> None:
        self._held(job_number, ordinal, token).free("failed")
        self.job.refresh()

    def rate_limit(self, job_number: int, ordinal: int, token: int) -> None:
        self._put_off(job_number, ordinal, token, RETRY_AFTER)

    def not_yet(self, job_number: int, ordinal: int, token: int) -> None:
        self._put_off(job_number, ordinal, token, NOT_YET)

    def _put_off(self, job_number: int, ordinal: int, token: int, seconds: float) -> None:
        item = self._held(job_number, ordinal, token)
        item.free("pending")
        item.attempts -= 1
        item.not_before = self.now + seconds
        self.job.refresh()

    def release(self, runner: str) -> int:
        held = self._held_by(runner)
        for item in held:
            item.free("pending")
            item.token += 1
            item.attempts -= 1
        if held:
            self.job.refresh()
        return len(held)

    def advance(self) -> str:
        job = self.job
        if job.status != "running":
            return "stop"
        items = list(job.of_stage())
        if any(item.is_open for item in items):
            return self._wait_or_rest(job)
        if items and all(item.state == "failed" for item in items):
            job.end("failed")
            return "stop"
        if job.stage == "first":
            self._begin(job, "second")
            if any(item.is_open for item in job.of_stage()):
                return "stage"
        job.end("completed")
        return "stop"

    def _wait_or_rest(self, job: ModelJob) -> str:
        """A job whose every open item is put off for long rests until the first of them is due."""
        items = self._first_of_lanes()
        due = min(item.not_before if item.state == "pending" else 0 for item in items)
        if due - self.now <= REST:
            return "wait"
        job.wake = due
        return "rest"

    # ---- what the sweep does ----------------------------------------------------------------------------------------
    def sweep(self) -> str:
        """What was done to the job, in the sweep's own words; "" for nothing."""
        job = self.job
        waits = job.queued > job.beaten
        if job.status == "running" and job.wake is None and not waits and self.now - job.beaten > STALE:
            for item in [item for item in job.items if item.state == "leased"]:
                self._crash(item)
            job.recoveries += 1
            job.refresh()
            if job.recoveries > RECOVERIES_AT_ONCE:
                longer = 2 ** (job.recoveries - RECOVERIES_AT_ONCE - 1)
                job.status, job.wake = "paused", self.now + min(STALE / 4 * longer, LONGEST_PAUSE)
            else:
                job.status, job.queued = "pending", self.now
            return "recovered"
        if job.status == "stale":
            job.status, job.queued = "pending", self.now
            return "requeued"
        if job.status in ("paused", "running") and job.wake is not None and job.wake <= self.now:
            job.status = "pending" if job.status == "paused" else "running"
            job.wake, job.queued = None, self.now
            return "woken"
        if (job.status == "pending" or (job.status == "running" and waits)) and self.now - job.queued > STALE:
            job.queued = self.now
            return "started"
        return ""

    def die_in_sweep(self) -> None:
        if self.job.status != "running":
            raise Refused
        self.job.status, self.job.wake = "stale", None

    # ---- what people do ---------------------------------------------------------------------------------------------
    def pause(self, seconds: float | None) -> None:
        if self.job.status == "paused":
            return
        if self.job.status != "running":
            raise Refused
        self.job.status, self.job.wake = "paused", None if seconds is None else self.now + seconds

    def resume(self) -> None:
        if self.job.status in FINAL:
            self._start(self.job)
        elif self.job.status == "paused":
            self.job.status, self.job.wake, self.job.queued = "pending", None, self.now

    def cancel(self) -> None:
        if self.job.status in ("completed", "failed"):
            raise Refused
        if self.job.status != "cancelled":
            self.job.end("cancelled")

    def restart(self) -> None:
        if self.job.status in ACTIVE:
            raise Refused
        self._start(None)

    def retry(self) -> int:
        job = self.job
        if job.status not in ACTIVE:
            raise Refused
        failed = [item for item in job.of_stage() if item.state == "failed"]
        for item in failed:
            item.state, item.attempts, item.crashes, item.not_before = "pending", 0, 0, 0
        job.refresh()
        if failed:
            job.queued = self.now
        return len(failed)

    def extend(self) -> bool:
        """One more page came; it belongs to the job while that is in its first stage."""
        self.keys["first"].append(str(len(self.keys["first"]) + 1))
        if self.job.status in FINAL or self.job.stage != "first":
            return False
        self._begin(self.job, "first")
        self.job.queued = self.now
        return True

    def _start(self, earlier: ModelJob | None) -> None:
        job = ModelJob(queued=self.now, earlier=earlier)
        self.jobs.append(job)
        self._begin(job, "first")

    def _begin(self, job: ModelJob, stage: str) -> None:
        present = {item.key for item in job.items if item.stage == stage}
        earlier = {item.key: item for item in job.earlier.items if item.state == "done"} if job.earlier else {}
        for key in self.keys[stage]:
            if key in earlier and key not in present:
                was = earlier[key]
                job.items.append(ModelItem(stage, key, "done", attempts=was.attempts, crashes=was.crashes))
            elif key not in present:
                job.items.append(ModelItem(stage, key))
        job.stage = stage
        job.refresh()

    def _ordinal(self, item: ModelItem) -> int:
        return next(number for number, each in enumerate(self.job.items, start=1) if each is item)
