"""Walks the model and the engine together: each step is done to both, and both must say and show the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from books.errors import ProviderUnavailable, RateLimited
from jobs import clock, outcomes, registry, runner
from jobs.actions import cancel, extend, pause, restart, resume, retry_items, start_job
from jobs.database import locked_job
from jobs.errors import JobError
from jobs.heartbeat import beat
from jobs.leases import claim, release
from jobs.models import Event, Item, Job, Throttle
from jobs.progress import COUNTERS, page_errors, refresh_progress
from jobs.stages import advance
from jobs.states import FINAL, TRANSITIONS, JobStatus, move
from jobs.sweep import sweep
from jobs.throttle import Call, answered, rate_limited
from tests.jobs.coverage import LEGAL, STATUSES, Visits
from tests.jobs.model_throttle import ModelThrottle
from tests.jobs.plain_rows import engine_rows, model_rows, throttle_row
from tests.jobs.provider import NAME
from tests.jobs.rig import KIND, RigStage, new_book, rig_handler
from tests.jobs.state_machine import NOT_YET, RETRY_AFTER, Model, Refused

RUNNERS = st.sampled_from(["anna", "ben", "carl"])


class Passing(JobError):
    code = "passing"
    retryable = True


class Final(JobError):
    code = "final"


CLOSINGS: dict[str, Callable[[Item, RigStage], None]] = {
    "finish": lambda item, stage: outcomes.finish(item, stage, "result"),
    "away": lambda item, stage: outcomes.fail(item, stage, ProviderUnavailable("No answer.")),
    "fail_passing": lambda item, stage: outcomes.fail(item, stage, Passing("Try again.")),
    "fail_for_good": lambda item, stage: outcomes.fail(item, stage, Final("Unreadable.")),
    "rate_limit": lambda item, stage: outcomes.fail(item, stage, RateLimited("Slow down.", retry_after=RETRY_AFTER)),
    "not_yet": lambda item, stage: outcomes.fail(item, stage, RateLimited("Under way.", retry_after=NOT_YET)),
}
WAYS = {
    "pending": ("pause", "resume"),
    "running": (),
    "paused": ("pause",),
    "stale": ("die_in_sweep",),
    "completed": ("finish",),
    "failed": ("fail_for_good", "advance"),
    "cancelled": ("cancel",),
}


def _errors(reported: dict[str, dict[str, Any]]) -> dict[str, tuple[str, str]]:
    """Without the attempts, which a claim counts before anybody is told of them."""
    return {label: (each["error"], each["error_type"]) for label, each in reported.items()}


class EngineMachine(RuleBasedStateMachine):
    """Each run is undone by a savepoint, so that runs share one migrated database and nothing else."""

    visits: Visits
    clock: SimpleNamespace

    def __init__(self, *, has_provider: bool = False) -> None:
        super().__init__()
        self.run = transaction.atomic()
        self.run.__enter__()
        self.began = clock.now()
        self.clock = SimpleNamespace(at=self.began)
        self.saved: Counter[tuple[Any, str]] = Counter()
        self.first = RigStage("first", keys=["1", "2"])
        self.second = RigStage("second", keys=["a", "b"], lane="one")
        for stage in (self.first, self.second):
            stage.save = lambda item, _result: self.saved.update([(item.job_id, item.key)])
        registry._handlers[KIND] = rig_handler(self.first, self.second)
        clock.now = lambda: self.clock.at
        self._has_provider(has_provider)
        self.jobs = [start_job(new_book().pk, KIND)]
        self.hands: list[tuple[int, int, int]] = []
        self.spent: list[tuple[int, int, int]] = []
        self.claims: dict[tuple[int, int, int], Item] = {}
        self.tokens: dict[int, int] = {}

    def teardown(self) -> None:
        self._check_events()
        transaction.set_rollback(True)
        self.run.__exit__(None, None, None)

    def _has_provider(self, has_provider: bool) -> None:
        self.first.provider = NAME if has_provider else ""
        self.model = Model(has_provider=has_provider)

    @initialize(status=st.sampled_from(STATUSES), has_provider=st.booleans())
    def begins_anywhere(self, status: str, has_provider: bool) -> None:
        self._has_provider(has_provider)
        self.reach(status)

    # ---- the walk ---------------------------------------------------------------------------------------------------
    def both(self, event: str, engine: Callable[[], Any], *arguments: Any) -> Any:
        """Does ``event`` to the model and to the engine; what they answer, which must be the same."""
        status, before = self.model.job.status, model_rows(self.model)
        try:
            expected = getattr(self.model, event)(*arguments)
        except Refused:
            expected = Refused
        try:
            with transaction.atomic():
                answer = engine()
        except JobError:
            answer = Refused
        if expected is not None or answer is Refused:
            assert answer == expected, f"{event} at {status}: the engine says {answer}, the model {expected}"
        self.visits.met[event, status] += 1
        if isinstance(expected, str):
            self.visits.answers[event, expected] += 1
        if model_rows(self.model) != before:
            assert status in LEGAL[event], f"the model itself lets {event} change a {status} job"
            self.visits.changed[event, status] += 1
        return expected

    @property
    def id(self) -> Any:
        return self.jobs[-1].pk

    @property
    def _pk(self) -> Any:
        return self.id if connection.features.has_native_uuid_field else self.id.hex

    @property
    def stage(self) -> RigStage:
        return self.first if self.model.job.stage == "first" else self.second

    @rule()
    def open(self) -> None:
        self.both("open", lambda: runner._open(self.id) is not None)

    @rule(who=RUNNERS, limit=st.integers(1, 2))
    def claim(self, who: str, limit: int) -> None:
        taken: list[Item] = []

        def engine() -> list[tuple[int, int]]:
            taken.extend(claim(self.id, self.stage.name, who, limit))
            return [(item.ordinal, item.lease_token) for item in taken]

        throttle, status = replace(self.model.throttle), self.model.job.status
        self.both("claim", engine, who, limit)
        self._take(taken)
        if self.first.provider and status == "running" and self.model.job.stage == "first":
            self._note_admission(throttle, taken)

    def _note_admission(self, throttle: ModelThrottle, taken: list[Item]) -> None:
        seen = self.visits.provider
        seen["a job was paused for it"] += self.model.job.status == "paused"
        seen["a probe was let through"] += throttle.outage is not None and bool(taken)
        seen["bore no more calls"] += not taken and not throttle.cools(self.model.now)

    def _take(self, taken: list[Item]) -> None:
        for item in taken:
            hand = (len(self.jobs) - 1, item.ordinal, item.lease_token)
            self.claims[hand] = item
            self.hands.append(hand)

    @rule(who=RUNNERS)
    def beat(self, who: str) -> None:
        self.both("beat", lambda: beat(self.id, who), who)

    @rule(who=RUNNERS)
    def release(self, who: str) -> None:
        self.both("release", lambda: release(self.id, who), who)

    @rule()
    def advance(self) -> None:
        self.both("advance", lambda: advance(self.id).value)

    @precondition(lambda self: self.hands)
    @rule(back=st.integers(0, 3))
    def finish(self, back: int) -> None:
        self.close(back, "finish")

    @precondition(lambda self: self.hands)
    @rule(back=st.integers(0, 3), who=RUNNERS)
    def go_on(self, back: int, who: str) -> None:
        """Finishes one item and takes the next in the same transaction."""
        hand = self.hands.pop(-1 - back % len(self.hands))
        self.spent.append(hand)
        self._call_ends(hand, "go_on")
        taken: list[Item] = []

        def engine() -> list[tuple[int, int]]:
            following = outcomes.finish(*self._claimed(hand), "result", go_on_as=who)
            taken.extend([following] if following else [])
            return [(item.ordinal, item.lease_token) for item in taken]

        self.both("go_on", engine, *hand, who)
        self._take(taken)

    @precondition(lambda self: self.hands)
    @rule(back=st.integers(0, 3))
    def fail_passing(self, back: int) -> None:
        self.close(back, "fail_passing")

    @precondition(lambda self: self.hands)
    @rule(back=st.integers(0, 3))
    def fail_for_good(self, back: int) -> None:
        self.close(back, "fail_for_good")

    @precondition(lambda self: self.hands)
    @rule(back=st.integers(0, 3))
    def rate_limit(self, back: int) -> None:
        self.close(back, "rate_limit")

    @precondition(lambda self: self.hands)
    @rule(back=st.integers(0, 3))
    def not_yet(self, back: int) -> None:
        self.close(back, "not_yet")

    @precondition(lambda self: self.hands)
    @rule(back=st.integers(0, 3))
    def away(self, back: int) -> None:
        self.close(back, "away")

    @rule(times=st.integers(2, 6), seconds=st.sampled_from([1, 21]))
    def falls_away(self, times: int, seconds: int) -> None:
        """Call after call gets no answer."""
        self.open()
        for _ in range(times):
            self.clock_jumps(seconds)
            self.claim("anna", 1)
            if self.hands:
                self.close(0, "away")

    @precondition(lambda self: self.model.throttle.outage is not None)
    @rule(event=st.sampled_from(["away", "finish"]))
    def probe(self, event: str) -> None:
        """The time of the next try has come."""
        self.clock_jumps(max(0, (self.model.throttle.cool or 0) - self.model.now) + 21)
        self.do("sweep")
        self.open()
        before = len(self.hands)
        self.claim("anna", 2)
        if len(self.hands) > before:
            self.close(0, event)

    def close(self, back: int, event: str) -> None:
        """One of the latest claims comes to its end: too late, where the lease was taken away meanwhile."""
        hand = self.hands.pop(-1 - back % len(self.hands))
        self.spent.append(hand)
        self._close(hand, event)

    @precondition(lambda self: self.spent)
    @rule(back=st.integers(0, 3), event=st.sampled_from(list(CLOSINGS)))
    def close_again(self, back: int, event: str) -> None:
        self._close(self.spent[-1 - back % len(self.spent)], event)

    def _close(self, hand: tuple[int, int, int], event: str) -> None:
        self._call_ends(hand, event)
        throttle = replace(self.model.throttle)
        was = self.both(event, lambda: CLOSINGS[event](*self._claimed(hand)), *hand)
        self.visits.provider["went away"] += throttle.outage is None and self.model.throttle.outage is not None
        self.visits.provider["a probe failed"] += self.model.throttle.probes > throttle.probes
        self.visits.items[event, "taken away" if was is Refused else "held"] += 1

    def _call_ends(self, hand: tuple[int, int, int], event: str) -> None:
        """What ``call_slot`` notes about the provider before the item is closed, also by a worker that lost it."""
        item, throttle, seen = self.claims[hand], self.model.throttle, self.visits.provider
        if item.stage != "first" or not self.first.provider:
            return
        began = item.started_at
        if event == "rate_limit":
            rate_limited(NAME, RETRY_AFTER, began)
            throttle.rate_limited(self.model.now, RETRY_AFTER, (began - self.began).total_seconds())
            seen["asked to wait"] += 1
        elif event != "away":
            answered(Call(NAME, 0, began))
            seen["came back"] += throttle.outage is not None
            throttle.answered()

    def _claimed(self, hand: tuple[int, int, int]) -> tuple[Item, RigStage]:
        """The item as it was when it was claimed, and its stage."""
        claimed = self.claims[hand]
        copy = Item(**{field.attname: getattr(claimed, field.attname) for field in Item._meta.fields})
        return copy, self.first if claimed.stage == "first" else self.second

    @rule(seconds=st.sampled_from([1, 5, 31, 91, 121, 121]))
    def clock_jumps(self, seconds: int) -> None:
        """Leases of crashed runners end, delays pass, jobs fall silent."""
        self.model.now += seconds
        self.clock.at += timedelta(seconds=seconds)

    @rule(times=st.integers(1, 5))
    def workers_die(self, times: int) -> None:
        """One after the other, with whatever each has in hand, until the sweep comes to help."""
        for _ in range(times):
            self.open()
            self.claim("anna", 2)
            self.clock_jumps(121)
            self.do("sweep")

    @rule(event=st.sampled_from(["sweep", "sweep", "die_in_sweep"]))
    def sweeps(self, event: str) -> None:
        self.do(event)

    @rule(
        event=st.sampled_from(["pause", "resume", "resume", "cancel", "restart", "retry", "extend"]),
        seconds=st.sampled_from([None, 60]),
    )
    def person(self, event: str, seconds: int | None) -> None:
        if event == "pause":
            self._pause(seconds)
        elif event != "extend" or len(self.model.keys["first"]) < 5:
            self.do(event)

    @precondition(lambda self: len(self.jobs) > 1)
    @rule(back=st.integers(0, 3))
    def went_on_before(self, back: int) -> None:
        """A job that another went on from is resumed, or restarted, again: that one is given back."""
        at = -2 - back % (len(self.jobs) - 1)
        earlier, made = self.jobs[at], self.jobs[at + 1]
        act = resume if made.resumed_from_id == earlier.pk else restart
        assert act(earlier.pk) == made

    @rule(event=st.sampled_from(list(CLOSINGS)), who=RUNNERS)
    def tries(self, event: str, who: str) -> None:
        """A runner takes an item, and that comes to its end while the lease is held."""
        self.open()
        before = len(self.hands)
        self.claim(who, 1)
        if len(self.hands) > before:
            self.close(0, event)

    @rule(steps=st.integers(2, 12))
    def work(self, steps: int) -> None:
        """A runner that nothing happens to: the way to the later states, in single steps like any other."""
        self.open()
        while steps and self.model.job.status == "running":
            steps -= 1
            before = len(self.hands)
            self.claim("anna", 1)
            if len(self.hands) > before:
                self.close(0, "finish")
            elif self.both("advance", lambda: advance(self.id).value) not in ("stage", None):
                return

    def do(self, event: str) -> None:
        """One event with the plainest arguments."""
        if event in CLOSINGS:
            self.close(0, event)
        elif event == "go_on":
            self.go_on(0, "anna")
        elif event == "claim":
            self.claim("anna", 1)
        elif event in ("beat", "release"):
            getattr(self, event)("anna")
        else:
            getattr(self, event, getattr(self, f"_{event}", None))()

    def reach(self, status: str) -> None:
        """The first job in ``status``, with an item failed and a lease in hand where that status allows one."""
        for event in (*("open", "claim", "fail_for_good", "claim"), *WAYS[status]):
            self.do(event)
        if status == "completed":
            self.work(12)
        assert self.model.job.status == status
        if not self.hands:
            self.hands.append(self.spent.pop())

    def _sweep(self) -> None:
        self.both("sweep", lambda: next((kind for kind, count in sweep().items() if count), ""))

    def _die_in_sweep(self) -> None:
        def engine() -> None:
            with locked_job(self.id) as job:
                move(job, JobStatus.STALE, actor="sweep")

        self.both("die_in_sweep", engine)

    def _pause(self, seconds: int | None = 60) -> None:
        def engine() -> None:
            was = Job.objects.get(pk=self.id).status
            pause(self.id)
            if seconds and was != JobStatus.PAUSED:
                Job.objects.filter(pk=self.id).update(wake_at=clock.now() + timedelta(seconds=seconds))

        self.both("pause", engine, seconds)

    def _resume(self) -> None:
        self._maybe_new("resume", lambda: resume(self.id))

    def _restart(self) -> None:
        self._maybe_new("restart", lambda: restart(self.id))

    def _maybe_new(self, event: str, engine: Callable[[], Job]) -> None:
        made: list[Job] = []
        self.both(event, lambda: made.append(engine()))
        if made and made[0].pk != self.id:
            self.jobs.append(made[0])

    def _cancel(self) -> None:
        self.both("cancel", lambda: cancel(self.id))

    def _retry(self) -> None:
        self.both("retry", lambda: retry_items(self.id))

    def _extend(self) -> None:
        self.first.keys = [*self.model.keys["first"], str(len(self.model.keys["first"]) + 1)]
        self.both("extend", lambda: extend(self.id))

    # ---- what must be equal after each step -------------------------------------------------------------------------
    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        pk = self._pk
        # As SQL: putting these queries together takes longer than all else in a walk.
        items = list(Item.objects.raw("SELECT * FROM jobs_item WHERE job_id = %s ORDER BY ordinal", [pk]))
        (job,) = Job.objects.raw("SELECT * FROM jobs_job WHERE id = %s", [pk])
        for item in items:
            assert item.lease_token >= self.tokens.get(item.pk, 0), "a fencing token shrank"
            self.tokens[item.pk] = item.lease_token
        assert engine_rows(job, items, self.began) == model_rows(self.model)
        if self.first.provider:
            row = next(iter(Throttle.objects.raw("SELECT * FROM jobs_throttle")), None)
            assert throttle_row(row, self.began) == self.model.throttle

    @invariant()
    def counters_are_those_of_the_items(self) -> None:
        """What was counted by the difference is what counting again finds, at each step."""
        (job,) = Job.objects.raw("SELECT * FROM jobs_job WHERE id = %s", [self._pk])
        kept = {name: getattr(job, name) for name in COUNTERS}, _errors(job.progress_detail["page_errors"])
        if job.status in FINAL:
            return
        with transaction.atomic():
            refresh_progress(job)
            again = {name: getattr(job, name) for name in COUNTERS}, _errors(page_errors(job))
            transaction.set_rollback(True)
        assert kept == again

    @invariant()
    def effects_happened_once(self) -> None:
        expected = {(self.jobs[number].pk, key): count for (number, key), count in self.model.effects.items()}
        assert dict(self.saved) == expected
        assert set(expected.values()) <= {1}

    def _check_events(self) -> None:
        """Each job's log is one unbroken way through the table of moves."""
        for job in self.jobs:
            log = list(Event.objects.filter(job=job).values_list("from_status", "to_status"))
            assert log[0] == ("", "pending")
            for (_, was), (before, after) in pairwise(log):
                assert was == before
                assert after in TRANSITIONS[before]
