"""What workers know together about a provider, as it should be, in plain Python. Times are seconds since the run began.

Limits per minute are not in it: tests/jobs/test_window.py has those.
"""

from __future__ import annotations

from dataclasses import dataclass

CALLS_AT_ONCE, OUTAGE_FAILURES, OUTAGE_GAP, PAUSE_ABOVE = 2, 5, 900, 60
OUTAGE_PAUSES = (30, 60, 120, 240, 480, 900)
OUTAGE_PATIENCE = 6 * 3600


@dataclass
class ModelThrottle:
    limit: int = CALLS_AT_ONCE
    cool: float | None = None
    limited: float | None = None
    rate_limits: int = 0
    refusals: int = 0
    failures: int = 0
    failed_at: float | None = None
    outage: float | None = None
    probes: int = 0

    def free(self, now: float, in_flight: int) -> int:
        """How many calls may begin."""
        if self.cools(now):
            return 0
        return max(0, (1 if self.outage is not None else self.limit) - in_flight)

    def cools(self, now: float) -> bool:
        return self.cool is not None and self.cool > now

    def pauses_jobs(self, now: float) -> bool:
        return self.cools(now) and (self.outage is not None or self.cool - now > PAUSE_ABOVE)

    def answered(self) -> None:
        self.refusals = self.failures = self.probes = 0
        self.outage = None
        self.limit = min(self.limit + 1, CALLS_AT_ONCE)

    def rate_limited(self, now: float, seconds: float, began: float) -> None:
        self.cool = max(self.cool or 0, now + seconds)
        if self.limited is None or began >= self.limited:
            self.limited, self.refusals = now, min(self.refusals + 1, 10)
            self.limit = max(1, 3 * self.limit // 4)
        self.rate_limits += 1

    def failed(self, now: float, attempts: int, began: float) -> float | None:
        """When the next probe is due, where the provider is away and the attempt is given back."""
        if self.outage is None:
            if self.failed_at is not None and now - self.failed_at > OUTAGE_GAP:
                self.failures = 0
            if attempts <= self.failures + 1:
                self.failures, self.failed_at = self.failures + 1, now
            if self.failures < OUTAGE_FAILURES:
                return None
            self.outage = now
            self._pause(now)
        elif self.cool is None or began >= self.cool:
            self.probes += 1
            self._pause(now)
        return self.cool if now - self.outage < OUTAGE_PATIENCE else None

    def _pause(self, now: float) -> None:
        self.cool = now + OUTAGE_PAUSES[min(self.probes, len(OUTAGE_PAUSES) - 1)]
