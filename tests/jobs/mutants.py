"""Breaks the engine one line at a time and runs the tests that must notice: ``python -m tests.jobs.mutants``.

All in one run of pytest, so that each mutant costs only its tests.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path
from types import FunctionType, ModuleType

import pytest


@dataclass(frozen=True)
class Mutant:
    """In ``jobs.<module>``, ``old`` (found once) becomes ``new``; ``target`` is the function or constant around it."""

    module: str
    target: str
    old: str
    new: str
    test: str

    @property
    def name(self) -> str:
        return f"{self.module}.{self.target}: {self.old}"


MUTANTS = (
    Mutant("outcomes", "_close", ', "lease_token": item.lease_token', "", "test_claims.py::test_an_expired_lease_is"),
    Mutant("outcomes", "_close", '"state": ItemState.LEASED, ', "", "test_races.py::test_of_two_rivals_for_an_item"),
    Mutant("outcomes", "_close", "job.status in FINAL or ", "", "test_results.py::test_what_is_in_hand_is_kept"),
    Mutant("states", "move", "to not in TRANSITIONS[before]", "False", "test_transitions.py::test_every_pair"),
    Mutant("states", "move", ", status=before", "", "test_transitions.py::test_a_move_from_a_state"),
    Mutant(
        "sweep",
        "LAST_SIGN",
        'Coalesce("heartbeat_at", "started_at", "created_at")',
        'F("heartbeat_at")',
        "test_sweep.py::test_a_missing_heartbeat",
    ),
    Mutant(
        "sweep",
        "_recover",
        " or signs != (seen.heartbeat_at, seen.queued_at, seen.wake_at)",
        "",
        "test_sweep.py::test_a_late_beat_wins",
    ),
    Mutant(
        "sweep",
        "_silent_jobs",
        '.exclude(queued_at__gt=F("seen"))',
        "",
        "test_sweep.py::test_a_job_that_waits_for_its_next_slice",
    ),
    Mutant("sweep", "_silent_jobs", ", wake_at=None", "", "test_rests.py::test_a_resting_job_is_not_dead"),
    Mutant("leases", "claim", ", wake_at=None", "", "test_rests.py::test_a_worker_that_dies_in_a_rest"),
    Mutant("runner", "Slice._hand_over", " or job.wake_at", "", "test_rests.py::test_a_lane_rests"),
    Mutant("sweep", "_each", "except Exception", "except KeyboardInterrupt", "test_sweep.py::test_an_error_with_one"),
    Mutant("leases", "LEASE", "attempts = attempts + 1, ", "", "test_claims.py::test_attempts_are_counted"),
    Mutant(
        "leases", "claim_next", " AND ({counting}) < %(limit)s", "", "test_throttle.py::test_a_finished_call_hands_its"
    ),
    Mutant(
        "leases",
        "claim_next",
        "wait_of(row):\n                _pause",
        "False:\n                _pause",
        "test_throttle.py::test_a_finished_call_hands_nothing",
    ),
    Mutant("leases", "NEXT_PLAIN", " AND lane = ''", "", "test_claims.py::test_a_finished_item_hands_on_none"),
    Mutant("leases", "claim", "if any(", "if False and any(", "test_claims.py::test_the_deaths_that_an_item"),
    Mutant(
        "leases",
        "claimable",
        "open_to_all.filter(SUSPECT).exclude(Exists(in_work))",
        "open_to_all.filter(SUSPECT)",
        "test_claims.py::test_what_dead_workers_had",
    ),
    Mutant(
        "leases",
        "claimable",
        ".exclude(Exists(in_work.filter(SUSPECT)))",
        "",
        "test_claims.py::test_nothing_is_claimed_beside_a_suspect",
    ),
    Mutant("leases", "revoke", "item.attempts -= 1", "", "test_claims.py::test_deaths_in_company"),
    Mutant(
        "runner", "_classified", "if is_away(error)", "if False", "test_runner.py::test_an_item_that_lost_the_database"
    ),
    Mutant(
        "sweep", "_recover", "job.attempt > RECOVERIES_AT_ONCE", "False", "test_sweep.py::test_a_job_whose_workers_die"
    ),
    Mutant(
        "leases",
        "_first_of_lanes",
        '.filter(Q(lane="") | ~Exists(earlier_in_lane))',
        "",
        "test_claims.py::test_a_lane_is_worked",
    ),
    Mutant("stages", "_item", "in TAKEN_OVER", "in ()", "test_runner.py::test_resume_works_only"),
    Mutant("stages", "_item", " and earlier.fingerprint == plan.fingerprint", "", "test_runner.py::test_an_item_whose"),
    Mutant("actions", "resume", "if present is not None", "if False", "test_starting.py::test_going_on_twice"),
    Mutant(
        "throttle", "wait_of", "return wait_within(", "return 0 * wait_within(", "test_throttle.py::test_requests_a"
    ),
    Mutant("stages", "advance", "if open_items(job, job.stage)", "if False", "test_races.py::test_a_page_that_comes"),
    Mutant(
        "progress",
        "detail_of",
        "job.progress_detail if isinstance(job.progress_detail, dict) else {}",
        "job.progress_detail",
        "test_sweep.py::test_malformed_rows",
    ),
    Mutant(
        "actions",
        "retry_items",
        "failed = failed.filter(ordinal__in=ordinals)",
        "pass",
        "test_starting.py::test_retry_of_a_selection",
    ),
    Mutant("runner", "Slice.must_stop", " or self.heartbeat.lost", "", "test_heartbeat.py::test_a_runner_that_cannot"),
    Mutant("runner", "_has_enough_runners", ">= wanted", "< 0", "test_runner.py::test_a_doubled_message"),
    Mutant("runner", "Slice._do", "except SystemExit", "except MemoryError", "test_runner.py::test_the_timeout_of"),
)


def source_of(mutant: Mutant) -> tuple[ModuleType, str]:
    module = importlib.import_module(f"jobs.{mutant.module}")
    return module, Path(str(module.__file__)).read_text()


def apply(mutant: Mutant) -> Callable[[], None]:
    """Changes the code in place, so that every module that imported the function has the mutant; returns the undo."""
    module, source = source_of(mutant)
    names = {"__name__": module.__name__, "__file__": module.__file__}
    exec(compile(source.replace(mutant.old, mutant.new), str(module.__file__), "exec"), names)  # noqa: S102
    path = mutant.target.split(".")
    broken = reduce(getattr, path[1:], names[path[0]])
    owner, name, changed = module, mutant.target, broken
    if isinstance(broken, FunctionType):
        owner, name, changed = reduce(getattr, path, module), "__code__", broken.__code__
    sound = getattr(owner, name)
    setattr(owner, name, changed)
    return partial(setattr, owner, name, sound)


class Judge:
    """A pytest plugin that runs each test with its mutant in place, and notes which mutants made a test fail."""

    def __init__(self) -> None:
        self.killed: set[Mutant] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> object:
        (mutant,) = [mutant for mutant in MUTANTS if f"tests/jobs/{mutant.test}" in item.nodeid]
        undo = apply(mutant)
        try:
            return (yield)
        except (Exception, pytest.fail.Exception):
            self.killed.add(mutant)
            return None
        finally:
            undo()


def main() -> None:
    files = sorted({"tests/jobs/" + mutant.test.split("::")[0] for mutant in MUTANTS})
    names = " or ".join(mutant.test.split("::")[1] for mutant in MUTANTS)
    judge = Judge()
    with redirect_stdout(sys.stderr):
        code = pytest.main(["-q", "-p", "no:cacheprovider", *files, "-k", names], plugins=[judge])
    for mutant in MUTANTS:
        found = source_of(mutant)[1].count(mutant.old)
        print(json.dumps({"mutant": mutant.name, "found": found, "survived": mutant not in judge.killed}))
    sys.exit(code)


if __name__ == "__main__":
    main()
