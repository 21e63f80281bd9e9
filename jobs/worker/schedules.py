"""What runs by the clock."""

from __future__ import annotations

from django.db import transaction
from django_q.models import Schedule

from jobs.states import Load

SWEEP_NAME = "sweep jobs"


def setup_schedules() -> None:
    """Schedules the sweep for every minute, however often it is called.

    A schedule's name is not unique in the database, so two first calls at once could make two: the later is removed.
    """
    with transaction.atomic():
        present = Schedule.objects.filter(name=SWEEP_NAME).order_by("pk").values_list("pk", flat=True)
        Schedule.objects.filter(pk__in=list(present[1:])).delete()
        Schedule.objects.update_or_create(
            name=SWEEP_NAME,
            defaults={
                "func": "jobs.tasks.sweep",
                "schedule_type": Schedule.CRON,
                "cron": "* * * * *",
                "cluster": str(Load.IO),
                "repeats": -1,
            },
        )
