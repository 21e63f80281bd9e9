"""A process that cannot outlive the one that started it.

Linux only (prctl(2), PR_SET_PDEATHSIG); elsewhere these functions do nothing.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

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
