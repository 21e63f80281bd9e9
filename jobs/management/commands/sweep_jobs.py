"""manage.py sweep_jobs: one pass of the sweep, by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from jobs.sweep import sweep_in_turn


class Command(BaseCommand):
    help = "Sets going again what died, what nothing ever started and what paused until now."

    def handle(self, **_: Any) -> None:
        helped = sweep_in_turn()
        if helped is None:
            self.stdout.write("Another sweep is under way.")
        else:
            self.stdout.write(", ".join(f"{count} {kind}" for kind, count in helped.items()))
