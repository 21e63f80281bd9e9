"""Processes kept running: started, watched, replaced when they die or hang, and stopped with all that is below them."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from types import FrameType
from typing import Protocol

import psutil
from django.conf import settings

logger = logging.getLogger(__name__)


TICK_SECONDS = 0.2
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30
PROVEN_AFTER_SECONDS = 60
PR_SET_PDEATHSIG = 1


class Tended(Protocol):
    """``jobs.worker.supervisor`` says what each is to do."""

    def tend(self) -> None: ...

    def is_alive(self) -> bool: ...

    def ask_to_stop(self) -> None: ...

    def clear_away(self) -> None: ...


class Supervisor:
    """SIGTERM or SIGINT: asks every child to stop, waits up to ``grace`` seconds for all, kills the rest.

    A second SIGINT kills at once.
    """

    def __init__(self, children: Sequence[Tended], grace: float) -> None:
        self.children = children
        self.grace = grace
        self._stopping = False
        self._hurried = False

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        try:
            while not self._stopping:
                for child in self.children:
                    child.tend()
                time.sleep(TICK_SECONDS)
            self._drain()
        finally:
            for child in self.children:
                child.clear_away()

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self._hurried |= self._stopping and number == signal.SIGINT
        self._stopping = True

    def _drain(self) -> None:
        logger.info("stopping", extra={"grace_seconds": self.grace})
        for child in self.children:
            child.ask_to_stop()
        gives_up_at = time.monotonic() + self.grace
        while self._any_left():
            if self._hurried or time.monotonic() > gives_up_at:
                logger.warning("what has not stopped by itself is killed")
                return
            time.sleep(TICK_SECONDS)

    def _any_left(self) -> bool:
        """Whether a child still runs; those that ended are cleared away at once, while their ids are theirs."""
        for child in self.children:
            if not child.is_alive():
                child.clear_away()
        return any(child.is_alive() for child in self.children)


_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with(parent: int) -> None:
    """SIGKILL for this process as soon as ``parent``, its parent, is gone. Survives an exec.

    The signal is not sent for a parent that died before the call, so that case is looked for afterwards.
    """
    if _libc is None:
        return
    if _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def tie_forks() -> None:
    """From now on every process that this one, or a fork of it, forks dies with the process that forked it."""
    forking = os.getpid()

    def note_parent() -> None:
        nonlocal forking
        forking = os.getpid()

    def tie_child() -> None:
        die_with(forking)

    os.register_at_fork(before=note_parent, after_in_child=tie_child)


class Child:
    """``command`` in a process group of its own, which a terminal's Ctrl-C and a TERM to our group do not reach.

    A child that dies young is started again after a pause that doubles each time.
    """

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self.command = command
        self.process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._pause = FIRST_PAUSE_SECONDS
        self._start_at = 0.0

    def tend(self) -> None:
        """Starts the process where there is none, and clears away one that is dead or hung."""
        if self.process is None:
            if time.monotonic() >= self._start_at:
                self._set_next_start()
                self.start()
        elif self.process.poll() is not None:
            logger.error("%s died", self.name, extra={"pid": self.process.pid, "exit_code": self.process.returncode})
            self.clear_away()
        elif self.is_hung():
            logger.error("%s hangs and is killed", self.name, extra={"pid": self.process.pid})
            self.clear_away()

    def _set_next_start(self) -> None:
        """When the process may be started once more, should it die right away."""
        now = time.monotonic()
        if now - self._started_at > PROVEN_AFTER_SECONDS:
            self._pause = FIRST_PAUSE_SECONDS
        self._started_at = now
        self._start_at = now + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)

    def start(self) -> None:
        self.spawn({}, ())

    def spawn(self, environment: Mapping[str, str], descriptors: Sequence[int]) -> int:
        """Starts the process and returns its id; it inherits ``descriptors`` and dies with this process."""
        self.process = subprocess.Popen(  # noqa: S603
            self.command,
            env={**os.environ, "PYTHONPATH": _python_path(), **environment},
            pass_fds=descriptors,
            process_group=0,
            preexec_fn=partial(die_with, os.getpid()),  # noqa: PLW1509 - this process has one thread
        )
        logger.info("%s started", self.name, extra={"pid": self.process.pid})
        return self.process.pid

    def is_hung(self) -> bool:
        return False

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        """SIGTERM to the process itself only: what is below it is its own to stop."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def clear_away(self) -> None:
        """Kills the process, all below it, and what it left behind in its group when it died."""
        if self.process is None:
            return
        with suppress(psutil.NoSuchProcess):
            for descendant in psutil.Process(self.process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    descendant.kill()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


def _python_path() -> str:
    """Where ``python -m`` finds our packages, whatever the current folder is."""
    return os.pathsep.join(filter(None, (str(settings.BASE_DIR), os.environ.get("PYTHONPATH"))))
