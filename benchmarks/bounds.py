"""What a bench promises, printed as one line a bound: ``python -m benchmarks`` collects them."""

from __future__ import annotations

from dataclasses import dataclass

PASSED, FAILED = "passed", "FAILED"


@dataclass(frozen=True)
class Bound:
    """``value`` is to be at least ``least`` and below ``below``, where they are given."""

    what: str
    value: float
    least: float | None = None
    below: float | None = None

    @property
    def holds(self) -> bool:
        return (self.least is None or self.value >= self.least) and (self.below is None or self.value < self.below)

    def __str__(self) -> str:
        limits = [
            f"{word} {limit:g}"
            for word, limit in (("at least", self.least), ("below", self.below))
            if limit is not None
        ]
        return f"{PASSED if self.holds else FAILED}  {self.value:.2f} ({', '.join(limits)})  {self.what}"


def told(*bounds: Bound) -> int:
    """Prints the bounds; the exit code of the bench."""
    for bound in bounds:
        print(bound, flush=True)
    return 0 if all(bound.holds for bound in bounds) else 1
