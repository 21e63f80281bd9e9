"""Asks a child process about a hostile file: a crash, a hang or a memory bomb takes down that process and no other.

A child is a script of its own with a function ``answer``; books.intake.child_main starts it, inside its limits.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)

ENVIRONMENT = ("LD_LIBRARY_PATH", "TZ")  # no key or password is within reach of a hostile file
MAIN = Path(__file__).with_name("child_main.py")


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """Of address space, and of time on the processor and on the clock."""

    memory_bytes: int
    cpu_seconds: int
    wall_seconds: float


class ChildDied(Exception):
    """The child reached one of its limits, or crashed."""


def ask_child(script: Path, limits: ChildLimits, **question: object) -> tuple[dict[str, Any], bytes]:
    """Its answer to one question: a header, and what follows it. -I keeps the environment's paths out."""
    request = {
        "script": str(script),
        "memory_bytes": limits.memory_bytes,
        "cpu_seconds": limits.cpu_seconds,
        **question,
    }
    try:
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-I", str(MAIN)],
            input=json.dumps(request).encode(),
            capture_output=True,
            timeout=limits.wall_seconds,
            check=True,
            env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as failure:
        logger.warning("child ended early", extra={"script": script.name, "why": str(failure)})
        raise ChildDied from None
    line, _, body = done.stdout.partition(b"\n")
    header: dict[str, Any] = json.loads(line)
    return header, body
