"""Calls to a provider outside this process, kept within what it bears, by all workers together.

An adapter makes each call inside ``call_slot``; the engine asks ``jobs.leases`` before it claims items for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.forms import model_to_dict

from jobs import clock
from jobs.database import row_where, update_where, with_reconnect
from jobs.errors import JobError, ProviderBusy
from jobs.models import Throttle

# After a rate limit that names no time: 5 s, doubled for each further one without an answer between.
FIRST_COOLING_SECONDS = 5
LONGEST_COOLING_SECONDS = 300
# Of the calls that may be in flight; each answer lets one more be.
LEFT_AFTER_REFUSAL = 0.75
# A provider that names a longer time than a day is not believed.
LONGEST_RETRY_AFTER_SECONDS = 86_400
# An outage is this many failures in a row, each within this time of the one before.
OUTAGE_FAILURES = 5
OUTAGE_GAP = timedelta(minutes=15)
OUTAGE_PAUSES_SECONDS = (30, 60, 120, 240, 480, 900)
# Then failed probes cost attempts again, so that a job whose own input brings the provider down ends one day.
OUTAGE_PATIENCE = timedelta(hours=6)
# A window that slides: no span of 60 seconds, wherever it begins, holds more than the limits. A call counts until the
# whole second in which it began is a minute ago, so at most a 61st part of the limits is left unused.
SPAN_SECONDS = 60
# (second since 1970, calls begun in it, tokens they used or may use), in order. As JSON these become lists.
Second = tuple[int, int, int]


@dataclass
class Call:
    """One call in the making; an adapter sets ``tokens`` to what the provider says the call used."""

    provider: str
    tokens: int
    began_at: datetime


@contextmanager
def call_slot(provider: str, *, tokens: int = 0) -> Iterator[Call]:
    """Admits one call of about ``tokens`` tokens and notes how it ends; vendor errors must be mapped inside the block.

    Raises ProviderBusy, before anything is sent, while the provider cools down or the minute's limits are reached.
    Must not be entered in a transaction: what it notes has to be seen by every worker at once.
    """
    call = Call(provider, tokens, with_reconnect(partial(admit, provider, tokens)))
    try:
        yield call
    except JobError as error:
        if error.pauses_job:
            with_reconnect(partial(refused, provider))
        elif not error.counts_attempt:
            with_reconnect(partial(rate_limited, provider, error.retry_after, call.began_at))
        elif not error.provider_away:
            with_reconnect(partial(answered, call, call.tokens - tokens))
        raise
    with_reconnect(partial(answered, call, call.tokens - tokens))


@contextmanager
def locked_throttle(provider: str) -> Iterator[Throttle]:
    """The provider's row, locked until the block ends; what changed of it is saved then. After the job's lock, never
    before it."""
    with transaction.atomic(savepoint=False):
        row = row_where(Throttle, lock=True, provider=provider)
        if row is None:
            Throttle.objects.get_or_create(provider=provider, defaults={"limit": settings.LLM_CONCURRENCY})
            row = Throttle.objects.select_for_update().get(provider=provider)
        before = model_to_dict(row)
        yield row
        changed = {name: value for name, value in model_to_dict(row).items() if before[name] != value}
        if changed:
            update_where(Throttle, changed, id=row.pk)


def admit(provider: str, tokens: int = 0) -> datetime:
    """Counts a call that begins now, and returns when that is. Raises ProviderBusy where it may not begin.

    Where no limit of a minute holds the call is counted when it is answered: one lock a call rather than two.
    """
    now = clock.now()
    known = None if limits() else row_where(Throttle, provider=provider)
    if known is not None:
        wait = wait_of(known)
    else:
        with locked_throttle(provider) as row:
            wait = wait_of(row, tokens)
            if limits() and not wait:
                row.window = with_call(recent(row.window, now), now, tokens)
    if wait:
        count_wait(provider)
        raise ProviderBusy(f"{provider} takes no call for another {wait:.0f} s.", retry_after=wait)
    return now


def wait_of(row: Throttle, tokens: int = 0) -> float:
    """Seconds until ``row`` admits a call of ``tokens`` tokens, 0 for now."""
    now = clock.now()
    if row.cool_until and row.cool_until > now:
        return (row.cool_until - now).total_seconds()
    return wait_within(row.window, now, limits(), tokens)


def limits() -> Limits:
    return Limits(settings.LLM_REQUESTS_PER_MINUTE, settings.LLM_TOKENS_PER_MINUTE)


def calls_at_once(row: Throttle) -> int:
    """How many calls may be in flight, whatever else may keep them from beginning."""
    return 1 if row.outage_since else min(row.limit, settings.LLM_CONCURRENCY)


def answered(call: Call, more_tokens: int = 0) -> None:
    """The provider gave an answer, if only a refusal of the content: one more call may be in flight.

    ``more_tokens`` corrects the estimate.
    """
    with locked_throttle(call.provider) as row:
        if limits():
            row.window = with_call(row.window, call.began_at, more_tokens, calls=0)
        else:
            row.window = with_call(recent(row.window, clock.now()), call.began_at, call.tokens)
        row.refusals = row.failures = row.probes = 0
        row.outage_since = None
        row.limit = min(row.limit + 1, settings.LLM_CONCURRENCY)


def refused(provider: str) -> None:
    """The provider takes no call of ours at all: until it answers again, one at a time finds out."""
    with locked_throttle(provider) as row:
        row.limit = 1


def rate_limited(provider: str, retry_after: float | None, began_at: datetime) -> None:
    """No call begins for ``retry_after`` seconds, and after that a quarter fewer may be in flight.

    Once for all that were in flight together, however many of them are refused.
    """
    with locked_throttle(provider) as row:
        now = clock.now()
        cooling = min(FIRST_COOLING_SECONDS * 2**row.refusals, LONGEST_COOLING_SECONDS)
        if retry_after is not None:
            cooling = min(max(retry_after, 0), LONGEST_RETRY_AFTER_SECONDS)
        until = now + timedelta(seconds=cooling)
        row.cool_until = max(until, row.cool_until or until)
        row.rate_limits += 1
        if row.limited_at is None or began_at >= row.limited_at:
            row.limited_at, row.refusals = now, min(row.refusals + 1, 10)
            row.limit = max(1, int(row.limit * LEFT_AFTER_REFUSAL))


def failed(provider: str, attempts: int, began_at: datetime) -> datetime | None:
    """A call to the provider, by an item in its ``attempts``-th attempt, got no answer.

    Returns the time of the next probe where this is an outage and the attempt is to be given back, else None. An item
    that failed before while the provider answered others says nothing about the provider.
    """
    with locked_throttle(provider) as row:
        now = clock.now()
        if row.outage_since is None:
            if row.failed_at and now - row.failed_at > OUTAGE_GAP:
                row.failures = 0
            if attempts <= row.failures + 1:
                row.failures, row.failed_at = row.failures + 1, now
            if row.failures < OUTAGE_FAILURES:
                return None
            row.outage_since = now
            _pause(row)
        elif row.cool_until is None or began_at >= row.cool_until:
            row.probes += 1
            _pause(row)
        return row.cool_until if now - row.outage_since < OUTAGE_PATIENCE else None


def _pause(row: Throttle) -> None:
    seconds = OUTAGE_PAUSES_SECONDS[min(row.probes, len(OUTAGE_PAUSES_SECONDS) - 1)]
    row.cool_until = clock.now() + timedelta(seconds=seconds)


def count_wait(provider: str) -> None:
    Throttle.objects.filter(provider=provider).update(waits=F("waits") + 1)


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


def wait_within(window: Sequence[Second], now: datetime, limits: Limits, tokens: int) -> float:
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
