"""Shuts the process in, for good, with every means that the machine offers; books.intake.box.server asks for it.

Each means stands for itself, so that a kernel without one of them loses that one alone.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
import sysconfig
from pathlib import Path
from typing import Final

LIBC: Final = ctypes.CDLL(None, use_errno=True)
# What a decoder may open: the interpreter's own code, and fonts, which PDFium asks for where a PDF brings none.
READABLE: Final = (
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    *("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/X11/fonts"),
)


def confine(*, memory_bytes: int, cpu_seconds: int, output_bytes: int) -> list[str]:
    """``memory_bytes`` of address space beyond what is in use now. Returns the means that took hold, in words."""
    held = 4096 * int(Path("/proc/self/statm").read_text().split()[0])
    for kind, most in (
        (resource.RLIMIT_AS, held + memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, output_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    means = ["limits of memory, time and output"]
    if _changed_user():
        means.append("a user of its own")
    if LIBC.unshare(NEW_USER | NEW_NETWORK | NEW_IPC) == 0:
        means.append("namespaces without network")
    LIBC.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if version := _shut_files():
        means.append(f"Landlock {version}")
    if _filter_calls(may_open=version > 0):
        means.append("seccomp")
    return means


NO_NEW_PRIVILEGES, SECCOMP, FILTER = 38, 22, 2  # linux/prctl.h
NEW_USER, NEW_NETWORK, NEW_IPC = 0x10000000, 0x40000000, 0x08000000  # linux/sched.h
# Above all that distributions and containers hand out; with the process id, so that two children are strangers too.
FIRST_USER: Final = 0x70000000


def _changed_user() -> bool:
    user = FIRST_USER + os.getpid()
    try:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    except OSError:  # not root, or without the right to it
        return False
    return True


# linux/landlock.h: the rights to files that each version knows, and from 4 on also TCP, from 6 on signals and sockets.
RIGHTS: Final = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF, 5: 0xFFFF}
READ_FILE_AND_FOLDER: Final = 0x4 | 0x8
TCP, SCOPES = 0x3, 0x3
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446


def _shut_files() -> int:
    """The version of Landlock that now keeps all but ``READABLE`` shut, and the network; 0 where there is none."""
    version = LIBC.syscall(CREATE_RULESET, None, 0, 1)
    if version < 1:
        return 0
    rules = struct.pack("<QQQ", RIGHTS[min(version, 5)], TCP if version >= 4 else 0, SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = LIBC.syscall(CREATE_RULESET, rules, size, 0)
    if ruleset < 0:
        return 0
    for folder in set(READABLE):
        try:
            opened = os.open(folder, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        LIBC.syscall(ADD_RULE, ruleset, 1, struct.pack("<Qi", READ_FILE_AND_FOLDER, opened), 0)
        os.close(opened)
    is_shut = LIBC.syscall(RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return version if is_shut else 0


# What a decoder needs once it is loaded. By their numbers on each processor, in this order: read, write, close, fstat,
# lseek, mmap, mprotect, munmap, mremap, brk, madvise, rt_sigaction, rt_sigprocmask, rt_sigreturn, pread64, readv,
# writev, sched_yield, getpid, exit, exit_group, gettid, futex, sched_getaffinity, clock_gettime, clock_nanosleep,
# set_robust_list, getrandom, rseq, uname, sysinfo.
CALLS: Final = {
    "x86_64": (
        *(0, 1, 3, 5, 8, 9, 10, 11, 25, 12, 28, 13, 14, 15, 17, 19),
        *(20, 24, 39, 60, 231, 186, 202, 204, 228, 230, 273, 318, 334, 63, 99),
    ),
    "aarch64": (
        *(63, 64, 57, 80, 62, 222, 226, 215, 216, 214, 233, 134, 135, 139, 67, 65),
        *(66, 124, 172, 93, 94, 178, 98, 123, 113, 115, 99, 278, 293, 160, 179),
    ),
}
# openat, newfstatat, getdents64, readlinkat, faccessat, statx, ioctl, fcntl; on x86_64 also stat, lstat, open, access
# and readlink.
OPENING: Final = {
    "x86_64": (257, 262, 217, 267, 269, 332, 16, 72, 4, 6, 2, 21, 89),
    "aarch64": (56, 79, 61, 78, 48, 291, 29, 25),
}
ARCHITECTURES: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h
CLONE: Final = {"x86_64": 56, "aarch64": 220}
CLONE3, CLONE_THREAD = 435, 0x10000
ALLOW, REFUSE, UNKNOWN, KILL = 0x7FFF0000, 0x00050001, 0x00050026, 0x80000000  # EPERM and ENOSYS
LOAD, EQUALS, HAS_BIT, RETURN = 0x20, 0x15, 0x45, 0x06  # linux/bpf_common.h
NUMBER_AT, ARCHITECTURE_AT, ARGUMENT_AT = 0, 4, 16


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def _filter_calls(*, may_open: bool) -> bool:
    """Every system call but these fails from now on: no socket, no program, no other process, no new right."""
    machine = platform.machine()
    if machine not in CALLS:
        return False
    steps = [(LOAD, 0, 0, ARCHITECTURE_AT), (EQUALS, 1, 0, ARCHITECTURES[machine]), (RETURN, 0, 0, KILL)]
    steps.append((LOAD, 0, 0, NUMBER_AT))
    for number in CALLS[machine] + (OPENING[machine] if may_open else ()):
        steps += [(EQUALS, 0, 1, number), (RETURN, 0, 0, ALLOW)]
    steps += [
        (EQUALS, 0, 1, CLONE3),
        (RETURN, 0, 0, UNKNOWN),
    ]  # its flags cannot be seen; the C library uses clone then
    steps += [(EQUALS, 0, 3, CLONE[machine]), (LOAD, 0, 0, ARGUMENT_AT), (HAS_BIT, 0, 1, CLONE_THREAD)]
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    code = b"".join(struct.pack("<HBBI", *step) for step in steps)
    return bool(LIBC.prctl(SECCOMP, FILTER, ctypes.byref(Program(len(steps), code)), 0, 0) == 0)
