"""manage.py jobs: the latest jobs as a table."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jobs import clock
from jobs.models import Job
from jobs.views import job_view

COLUMNS = ("ID", "BOOK", "KIND", "STATUS", "DONE", "FAILED", "%", "HEARTBEAT", "STAGE")
SHOWN = 20


class Command(BaseCommand):
    help = f"Lists the latest {SHOWN} jobs, newest first. The first characters of an id are enough for the job command."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--book", type=int, metavar="ID", help="only the jobs of this book")

    def handle(self, *, book: int | None, **_: Any) -> None:
        jobs = Job.objects.order_by("-created_at")
        if book is not None:
            jobs = jobs.filter(book=book)
        rows = [_row(job) for job in jobs[:SHOWN]]
        if not rows:
            self.stdout.write("No jobs.")
            return
        widths = [max(len(row[at]) for row in [COLUMNS, *rows]) for at in range(len(COLUMNS))]
        for row in (COLUMNS, *rows):
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _row(job: Job) -> tuple[str, ...]:
    return (
        str(job.pk)[:8],
        str(job.book_id),
        job.kind,
        job.status,
        f"{job.completed_items or 0}/{job.total_items or 0}",
        str(job.failed_items or 0),
        str(job_view(job).percent),
        f"{(clock.now() - job.heartbeat_at).total_seconds():.0f} s ago" if job.heartbeat_at and job.is_active else "-",
        job.stage or "-",
    )
