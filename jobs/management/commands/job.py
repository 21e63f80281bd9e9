"""manage.py job: one job in full, or an action on it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs import actions, clock
from jobs.errors import JobError
from jobs.models import Job
from jobs.views import JobView, StageView, job_view

ACTIONS: dict[str, Callable[[Any], Job]] = {
    "cancel": actions.cancel,
    "pause": actions.pause,
    "resume": actions.resume,
    "restart": actions.restart,
}
UUID_GROUPS = (8, 4, 4, 4, 12)


class Command(BaseCommand):
    help = "Shows a job: where it is, what happened to it, what failed and why; or acts on it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job_id", metavar="ID", help="the job's id, or as much of its beginning as is unique")
        actions = parser.add_mutually_exclusive_group()
        for name in ACTIONS:
            actions.add_argument(f"--{name}", dest="action", action="store_const", const=name)

    def handle(self, *, job_id: str, action: str | None, **_: Any) -> None:
        job = _find(job_id)
        if action is None:
            self._show(job_view(job))
            return
        try:
            changed = ACTIONS[action](job.pk)
        except JobError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Job {changed.pk} is {changed.get_status_display().lower()}.")

    def _show(self, view: JobView) -> None:
        job = view.job
        self.stdout.write(f"{view.title}, job {job.pk}, book {job.book_id}")
        self.stdout.write(f"{job.get_status_display()}, {view.percent} %. {view.headline}")
        if view.eta_seconds:
            self.stdout.write(f"About {view.eta_seconds[0]} to {view.eta_seconds[1]} s left.")
        if view.items_per_minute:
            self.stdout.write(f"{view.items_per_minute:g} items a minute.")
        if job.is_active and job.heartbeat_at:
            age = (clock.now() - job.heartbeat_at).total_seconds()
            self.stdout.write(f"Last heartbeat {age:.0f} s ago, recoveries {job.attempt}.")
        self._section(
            "Stages",
            [
                f"{stage.title}: {stage.state}, {stage.done}/{stage.total}, {stage.failed} failed{_times(stage)}"
                for stage in view.stages
            ],
        )
        self._section(
            "Failed or to be tried again",
            [
                f"{error.label}: {error.message} ({error.attempts} attempts{', final' if error.is_final else ''})"
                for error in view.errors
            ],
        )
        self._section(
            "Events",
            [
                f"{event.at:%Y-%m-%d %H:%M:%S} {event.from_status or 'new'} -> {event.to_status} by {event.actor}"
                f"{': ' if event.reason else ''}{event.reason}"
                for event in job.events.all()
            ],
        )

    def _section(self, title: str, lines: list[str]) -> None:
        if lines:
            self.stdout.write(f"\n{title}")
            for line in lines:
                self.stdout.write(f"  {line}")


def _times(stage: StageView) -> str:
    if stage.started_at is None:
        return ""
    end = f" to {stage.finished_at:%H:%M:%S}" if stage.finished_at else ""
    return f", from {stage.started_at:%H:%M:%S}{end}"


def _find(text: str) -> Job:
    digits = text.replace("-", "").lower()
    if not re.fullmatch(r"[0-9a-f]{1,32}", digits):
        raise CommandError(f"{text!r} is not a job's id or the beginning of one.")
    found = Job.objects.filter(pk__startswith=_with_dashes(digits))[:2]
    if not found:
        raise CommandError(f"There is no job {text}.")
    if len(found) > 1:
        raise CommandError(f"Several jobs begin with {text}: give more of the id.")
    return found[0]


def _with_dashes(digits: str) -> str:
    """The beginning of an id as PostgreSQL writes it; Django takes the dashes out again for SQLite."""
    groups, at = [], 0
    for length in UUID_GROUPS:
        groups.append(digits[at : at + length])
        at += length
    return "-".join(group for group in groups if group)
