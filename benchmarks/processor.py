"""What processes spent of the processors, which other work on the machine does not add to as it does to the clock."""

from __future__ import annotations

import psutil


def processor_seconds(pid: int) -> float:
    """Of a process and all below it, those that ended included."""
    family = psutil.Process(pid)
    times = [each.cpu_times() for each in (family, *family.children(recursive=True))]
    return sum(each.user + each.system + each.children_user + each.children_system for each in times)
