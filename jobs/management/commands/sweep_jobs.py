"""manage.py sweep_jobs: one pass of the sweep, by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from jobs.sweep import sweep


class Command(BaseCommand):
    help = "Sets going again what died, what nothing ever started and what paused until now."

    def handle(self, **_: Any) -> None:
        self.stdout.write(", ".join(f"{count} {kind}" for kind, count in sweep().items()))
