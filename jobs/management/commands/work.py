"""manage.py work: the worker clusters of this machine, under supervision."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.database import require_migrated
from jobs.monitoring import silent_here
from jobs.worker.pool import PoolCluster, Sweeper
from jobs.worker.supervisor import Supervisor
from jobs.worker.tasks import setup_schedules


class Command(BaseCommand):
    help = "Runs the worker clusters and replaces one that dies or hangs. Ctrl-C or SIGTERM finishes what is in hand."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pool", choices=list(settings.POOLS), help="only this pool; without it, all of them")
        parser.add_argument(
            "--grace",
            type=float,
            default=settings.DRAIN_SECONDS,
            metavar="SECONDS",
            help="how long work in hand may take to finish when asked to stop (%(default)g)",
        )

        parser.add_argument(
            "--check", action="store_true", help="end with 0 where all clusters of this machine take work, and else 1"
        )

    def handle(self, *, pool: str | None, grace: float, check: bool, **_: Any) -> None:
        if check:
            if trouble := silent_here():
                raise CommandError(trouble)
            return
        patience = settings.CANARY_PATIENCE_SECONDS
        least = max(settings.CANARY_SECONDS, settings.JOB_HEARTBEAT_SECONDS)
        if patience <= least:
            raise CommandError(
                f"CANARY_PATIENCE_SECONDS must be more than {least:g}, the larger of CANARY_SECONDS and "
                "JOB_HEARTBEAT_SECONDS; otherwise busy clusters would be taken for hung ones."
            )
        require_migrated()
        setup_schedules()
        clusters = [PoolCluster(name) for name in ([pool] if pool else settings.POOLS)]
        Supervisor([*clusters, Sweeper()], grace).run()
