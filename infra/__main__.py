"""python -m infra: the engine's metrics as log lines; with --each-minute a sweep and the lines, until it is stopped."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable

import django

MINUTE = 60.0
logger = logging.getLogger("infra")


def main() -> None:
    django.setup()
    if "--each-minute" not in sys.argv:
        report()
        return
    while True:
        started = time.monotonic()
        for act in (sweep, report):
            _whatever_happens(act)
        time.sleep(max(0.0, MINUTE - (time.monotonic() - started)))


def sweep() -> None:
    from jobs.sweep import sweep_in_turn, turn_seconds

    sweep_in_turn(turn_seconds())


def report() -> None:
    from infra.cloudwatch import lines

    for line in lines():
        sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def _whatever_happens(act: Callable[[], None]) -> None:
    """The next minute is the retry; a report that does not come is an alarm."""
    from django.db import connection

    try:
        act()
    except Exception:
        logger.exception("failed this minute")
        connection.close()


main()
