"""How fast a job goes and how long it may still take, from the times of its items.

Only time in which the job ran counts, up to the last item that finished: an estimate stands still in a pause, and
goes on from the same figure after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from jobs.constants import JobStatus
from jobs.models import Job

if TYPE_CHECKING:
    from jobs.selectors import StageView

# An estimate from fewer items than this is noise.
LEAST_ITEMS = 3
# How far the true time may lie from the estimate: pages differ, and other jobs share the workers. While a later stage
# is not planned, its share is known only by its weight.
RANGE = (0.8, 1.4)
RANGE_BEFORE_THE_WHOLE_PLAN = (0.5, 2.5)


@dataclass(frozen=True, slots=True)
class Pace:
    """``eta_seconds`` is (least, most). Each None before it can be told."""

    items_per_minute: float | None = None
    eta_seconds: tuple[int, int] | None = None


def pace_of(job: Job, stages: Sequence[StageView]) -> Pace:
    if sum(stage.worked for stage in stages) < LEAST_ITEMS:
        return Pace()
    spans = _running_spans(job)
    return Pace(_rate(job, stages, spans), _eta(stages, spans))


def _rate(job: Job, stages: Sequence[StageView], spans: Sequence[Span]) -> float | None:
    """Of the present or last stage: items of different stages do not compare."""
    stage = next((stage for stage in stages if stage.name == job.stage), None)
    if stage is None or stage.worked < LEAST_ITEMS:
        return None
    seconds = _seconds_at_work([stage], spans)
    return round(60 * stage.worked / seconds, 1) if seconds else None


def _eta(stages: Sequence[StageView], spans: Sequence[Span]) -> tuple[int, int] | None:
    """From what this job worked itself: what it took over from an earlier one cost it no time."""
    worked = sum(stage.weight * stage.worked / stage.total for stage in stages if stage.total)
    left = sum(stage.weight * (1 - stage.share) for stage in stages)
    seconds = _seconds_at_work(stages, spans)
    if not worked or not seconds:
        return None
    estimate = seconds * left / worked
    is_planned = all(stage.total or stage.state == "done" for stage in stages)
    least, most = RANGE if is_planned else RANGE_BEFORE_THE_WHOLE_PLAN
    return round(estimate * least), round(estimate * most) + 1


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which the job ran; ``end`` is None while it does."""

    start: datetime
    end: datetime | None

    def seconds_within(self, start: datetime, end: datetime) -> float:
        return max(0.0, (min(self.end or end, end) - max(self.start, start)).total_seconds())


def _running_spans(job: Job) -> list[Span]:
    """By the job's log; none for a row older than its log."""
    moves = list(job.events.values_list("to_status", "at"))
    ends: list[datetime | None] = [at for _, at in moves[1:]]
    return [
        Span(at, end) for (status, at), end in zip(moves, [*ends, None], strict=False) if status == JobStatus.RUNNING
    ]


def _seconds_at_work(stages: Sequence[StageView], spans: Sequence[Span]) -> float:
    """From the first start to the last end among ``stages``, without the time in which the job rested."""
    starts = [stage.started_at for stage in stages if stage.started_at]
    ends = [stage.worked_until for stage in stages if stage.worked_until]
    if not starts or not ends:
        return 0.0
    start, end = min(starts), max(ends)
    return sum(span.seconds_within(start, end) for span in spans) if spans else (end - start).total_seconds()
