"""What processes spent of the processors, which other work on the machine does not add to as it does to the clock."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import psutil

# What ``slowness`` takes on the machine for which limits in milliseconds, or in shares of a core, are stated.
REFERENCE = 0.12


def slowness() -> float:
    """How many times as long a piece of work takes here and now as on that machine: processors differ, and what shares
    their caches slows them."""
    spent = []
    for _ in range(3):
        began = time.process_time()
        sum(number * number for number in range(2_000_000))
        spent.append(time.process_time() - began)
    return min(spent) / REFERENCE


def processor_seconds(pid: int) -> float:
    """Of a process and all below it, those that ended included."""
    first = psutil.Process(pid)
    below = [spent for each in first.children(recursive=True) if (spent := _times(each))]
    return sum(
        each.user + each.system + each.children_user + each.children_system for each in (first.cpu_times(), *below)
    )


def _times(process: psutil.Process) -> Any:
    """None where it has just ended: then those of its parent have them."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.cpu_times()
    return None
