"""manage.py setup_schedules: what runs by the clock, put into the database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from jobs.worker.tasks import setup_schedules


class Command(BaseCommand):
    help = "Schedules the sweep for every minute. Safe to run again; work does it at every start."

    def handle(self, **_: Any) -> None:
        setup_schedules()
        self.stdout.write("The sweep is scheduled for every minute.")
