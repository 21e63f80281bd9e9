"""What was asked of a provider in the last minute, by the second in which each call began.

A window that slides: no span of 60 seconds, wherever it begins, holds more than the limits. A call counts until the
whole second in which it began is a minute ago, so at most a 61st part of the limits is left unused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

SPAN_SECONDS = 60

# (second since 1970, calls begun in it, tokens they used or may use), in order. As JSON these become lists.
Second = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a minute; 0 is no limit."""

    requests: int
    tokens: int

    def __bool__(self) -> bool:
        return bool(self.requests or self.tokens)

    def admit(self, window: Sequence[Second], tokens: int) -> bool:
        """Whether a call of ``tokens`` tokens fits; into an empty window any does, however large."""
        requests_used, tokens_used = used(window)
        is_within_requests = not self.requests or requests_used < self.requests
        is_within_tokens = not self.tokens or not requests_used or tokens_used + tokens <= self.tokens
        return is_within_requests and is_within_tokens


def recent(window: Sequence[Sequence[int]], now: datetime) -> list[Second]:
    """The seconds that still count. Those of a clock that is ahead of ours do."""
    return [(second, calls, tokens) for second, calls, tokens in window if _ends(second) > now.timestamp()]


def used(window: Sequence[Second]) -> tuple[int, int]:
    """Requests and tokens."""
    return sum(calls for _, calls, _ in window), sum(tokens for _, _, tokens in window)


def wait(window: Sequence[Second], now: datetime, limits: Limits, tokens: int) -> float:
    """Seconds until a call of ``tokens`` tokens fits into ``window``; 0 for now."""
    left, at = recent(window, now), now.timestamp()
    while not limits.admit(left, tokens):
        at = _ends(left.pop(0)[0])
    return at - now.timestamp()


def with_call(window: Sequence[Second], at: datetime, tokens: int, calls: int = 1) -> list[Second]:
    """``window`` with a call that begins ``at``; with ``calls`` 0, with ``tokens`` more for one that began then."""
    seconds = {second: (made, spent) for second, made, spent in window}
    made, spent = seconds.get(int(at.timestamp()), (0, 0))
    seconds[int(at.timestamp())] = (made + calls, max(0, spent + tokens))
    return sorted((second, *counts) for second, counts in seconds.items())


def _ends(second: int) -> int:
    return second + 1 + SPAN_SECONDS
