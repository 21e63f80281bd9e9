"""Named places at which a test lets the process die, as kill -9 would.

JOB_FAILPOINT is "name:n": the process kills itself when it passes that place for the n-th time. Unset, as in
production, a place costs the look at one constant.
"""

from __future__ import annotations

import os
import signal
import threading
from itertools import count

NAMES = (
    "in_open",
    "in_claim",
    "after_claim",
    "after_work",
    "in_finish",
    "before_commit",
    "after_commit",
    "in_fail",
    "in_heartbeat",
    "in_begin_stage",
    "in_advance",
    "after_advance",
    "in_release",
    "before_hand_over",
    "after_hand_over",
    "before_recovery",
    "in_recovery",
    "before_recovery_commit",
    "after_recovery",
)

# On the way of a call to a provider, which not every job makes.
CALL_NAMES = ("before_call", "after_answer", "after_ledger")

ARMED, _, _number = os.environ.get("JOB_FAILPOINT", "").partition(":")
_passed = count(1)
_lock = threading.Lock()


def failpoint(name: str) -> None:
    if ARMED and name == ARMED:
        with _lock:
            if next(_passed) == int(_number or 1):
                os.kill(os.getpid(), signal.SIGKILL)
