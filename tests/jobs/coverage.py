"""Which event may change a job in which status, and a count of the pairs that a walk has met."""

from __future__ import annotations

from collections import Counter

ACTIVE = ("pending", "running", "paused", "stale")
FINAL = ("completed", "failed", "cancelled")
STATUSES = ACTIVE + FINAL

LEGAL = {
    "open": ("pending", "running"),
    "claim": ("running",),
    "beat": (*ACTIVE, "cancelled"),
    "finish": ACTIVE,
    "go_on": ACTIVE,
    "fail_passing": ACTIVE,
    "fail_for_good": ACTIVE,
    "rate_limit": ACTIVE,
    "not_yet": ACTIVE,
    "away": ACTIVE,
    "release": (*ACTIVE, "cancelled"),
    "advance": ("running",),
    "sweep": ACTIVE,
    "die_in_sweep": ("running",),
    "pause": ("running",),
    "resume": ("paused", *FINAL),
    "cancel": ACTIVE,
    "restart": FINAL,
    "retry": ACTIVE,
    "extend": ACTIVE,
}
"""For each event the states in which it may change something; everywhere else it must change nothing."""


ANSWERS = {
    "advance": ("stage", "wait", "rest", "stop"),
    "sweep": ("recovered", "requeued", "woken", "started", ""),
}


PROVIDER = (
    "asked to wait",
    "went away",
    "a job was paused for it",
    "a probe was let through",
    "a probe failed",
    "came back",
    "bore no more calls",
)


class Visits:
    """How often each event met each status, over all runs, and how often it changed something there."""

    def __init__(self) -> None:
        self.met: Counter[tuple[str, str]] = Counter()
        self.changed: Counter[tuple[str, str]] = Counter()
        self.items: Counter[tuple[str, str]] = Counter()
        self.answers: Counter[tuple[str, str]] = Counter()
        self.provider: Counter[str] = Counter()

    def never_changed(self) -> list[tuple[str, str]]:
        legal = [(event, status) for event, statuses in LEGAL.items() for status in statuses]
        return [pair for pair in legal if not self.changed[pair]]

    def never_met(self) -> list[tuple[str, str]]:
        return [(event, status) for event in LEGAL for status in STATUSES if not self.met[event, status]]

    def never_said(self) -> set[tuple[str, str]]:
        return {(event, answer) for event, answers in ANSWERS.items() for answer in answers} - set(self.answers)

    def never_seen(self) -> set[str]:
        return set(PROVIDER) - set(+self.provider)

    def table(self) -> str:
        lines = [f"{'event':14}" + "".join(f"{status:>11}" for status in STATUSES)]
        lines += [
            f"{event:14}" + "".join(f"{self.met[event, status]:>11}" for status in STATUSES) for event in sorted(LEGAL)
        ]
        lines += [f"{event} of an item {state}: {count}" for (event, state), count in sorted(self.items.items())]
        lines += [
            f"{event} says {answer}: {count}" for (event, answer), count in sorted(self.answers.items()) if answer
        ]
        lines += [f"provider: {what}: {count}" for what, count in sorted(self.provider.items())]
        return "\n".join(lines)
