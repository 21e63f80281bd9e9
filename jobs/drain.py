"""How a runner learns that its cluster is asked to stop: the supervisor's end of a pipe closes.

A pipe, because it also closes when the supervisor is killed, and needs neither a signal (django-q2 uses those) nor a
query.
"""

from __future__ import annotations

import os
import select

DRAIN_FD = "JOB_DRAIN_FD"


def requested() -> bool:
    fd = os.environ.get(DRAIN_FD)
    if not fd:
        return False
    readable, _, _ = select.select([int(fd)], [], [], 0)
    return bool(readable)
