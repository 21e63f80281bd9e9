"""A real cluster over the test's own database, in processes of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
# As in production, only quicker to notice.
QUICK = {
    "JOB_HEARTBEAT_SECONDS": "0.5",
    "JOB_SLICE_SECONDS": "20",
    "JOB_LEASE_SECONDS": "3",
    "JOB_STALE_SECONDS": "4",
    "JOB_SWEEP_SECONDS": "3",
    "CANARY_SECONDS": "1",
    "CANARY_PATIENCE_SECONDS": "30",
    "CPU_WORKERS": "2",
    "IO_WORKERS": "1",
}


def until(look: Callable[[], Any], what: str, seconds: float = 120) -> Any:
    """The first true result of ``look``."""
    gives_up_at = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < gives_up_at, f"waited {seconds} s in vain until {what}"
        time.sleep(0.05)
    return found


class RunningCluster:
    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log

    def workers(self) -> list[psutil.Process]:
        """The workers of the processor pool: the busiest children of its sentinel come first."""
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with suppress(psutil.Error):
                if child.environ().get("Q_CLUSTER_NAME") == "cpu":
                    found.append(child)
        return sorted(found, key=lambda each: sum(each.cpu_times()[:2]), reverse=True)


def environment(media: Path, **more: str) -> dict[str, str]:
    """What a process needs to share this test's database and files."""
    name = str(connection.settings_dict["NAME"])
    url = f"sqlite:///{name}"
    if connection.vendor == "postgresql":
        url = re.sub(r"^([^?]*/)[^/?]*", lambda found: found[1] + name, os.environ["DATABASE_URL"], count=1)
    ours = {"DJANGO_SETTINGS_MODULE": "bookpipeline.settings"}
    return {**os.environ, **QUICK, **ours, "DATABASE_URL": url, "DATA_DIR": str(media.parent), **more}


@contextmanager
def running_cluster(media: Path, pool: str = "", **more: str) -> Iterator[RunningCluster]:
    """Of both pools, or of the one that the test needs."""
    log = media.parent / "cluster.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "work", *(["--pool", pool] if pool else [])],
            env=environment(media, **more),
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
        try:
            yield RunningCluster(process, log)
        except BaseException:
            print(log.read_text()[-5000:])
            raise
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
