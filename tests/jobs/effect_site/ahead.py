"""The same on a machine whose clock is an hour ahead of everybody's."""

import time
from datetime import timedelta

from django.utils import timezone

from tests.jobs.effect_site.settings import *  # noqa: F403

HOUR = timedelta(hours=1)
_now, _time = timezone.now, time.time
timezone.now = lambda: _now() + HOUR
time.time = lambda: _time() + HOUR.total_seconds()
