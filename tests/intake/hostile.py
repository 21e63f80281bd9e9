"""Hostile code where a parser is: each attempt returns something where it succeeds, and raises where it does not."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

LIBC = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH = 16


class Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def read_environment(pid: int, **_: Any) -> Any:
    return Path(f"/proc/{pid}/environ").read_bytes().decode()


def read_memory(pid: int, address: int, **_: Any) -> Any:
    into = ctypes.create_string_buffer(8)
    here, there = Vector(ctypes.addressof(into), 8), Vector(address, 8)
    read = LIBC.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    if read != 8:
        raise OSError(ctypes.get_errno(), "no memory read")
    return into.raw.hex()


def trace(pid: int, **_: Any) -> Any:
    if LIBC.ptrace(PTRACE_ATTACH, pid, 0, 0):
        raise OSError(ctypes.get_errno(), "not attached")
    os.waitpid(pid, 0)
    LIBC.ptrace(17, pid, 0, 0)
    return "attached"


def end_process(pid: int, **_: Any) -> Any:
    os.kill(pid, signal.SIGCONT)
    return "signalled"


def end_parent(**_: Any) -> Any:
    os.kill(os.getppid(), signal.SIGCONT)
    return "signalled"


def read_file(secret: str, **_: Any) -> Any:
    return Path(secret).read_text()


def list_folder(**_: Any) -> Any:
    return [each.name for each in Path("/etc").iterdir()]


def write_file(folder: str, **_: Any) -> Any:
    return Path(folder, "written").write_text("x")


def make_folder(folder: str, **_: Any) -> Any:
    Path(folder, f"made-{os.getpid()}").mkdir()
    return "made"


def connect(port: int, **_: Any) -> Any:
    with socket.create_connection(("127.0.0.1", port), timeout=2):
        return "connected"


def resolve(port: int, **_: Any) -> Any:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        return sending.sendto(b"a name", ("127.0.0.1", port))


def connect_abstract(abstract: str, **_: Any) -> Any:
    with socket.socket(socket.AF_UNIX) as sending:
        sending.connect("\0" + abstract)
        return "connected"


def run_program(**_: Any) -> Any:
    return subprocess.run(["true"], check=True).args


def fork(**_: Any) -> Any:
    if (child := os.fork()) == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return "forked"


def change_limits_of(pid: int, **_: Any) -> Any:
    import resource

    return resource.prlimit(pid, resource.RLIMIT_CORE)


ATTEMPTS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (
        *(read_environment, read_memory, trace, end_process, read_file, list_folder, write_file),
        *(make_folder, connect, resolve, connect_abstract, run_program, fork, change_limits_of),
    )
}


def look_around(**_: Any) -> Any:
    """What is within reach without asking the kernel for anything."""
    opened = []
    for number in range(4, 512):
        try:
            os.fstat(number)
            opened.append(number)
        except OSError:
            continue
    return {"environment": dict(os.environ), "descriptors": opened, "modules": sorted(__import__("sys").modules)}


def change_what_it_reads(**_: Any) -> Any:
    return os.write(0, b"another content")


def take_memory(megabytes: int, **_: Any) -> Any:
    return len(bytearray(megabytes << 20))


def turn(**_: Any) -> Any:
    while True:
        pass


def sleep(seconds: float, **_: Any) -> Any:
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(seconds)
    return begun, time.monotonic()


def crash(**_: Any) -> Any:
    ctypes.string_at(0)


def flood_header(**_: Any) -> Any:
    while True:
        os.write(3, b" " * 65536)


def flood_body(**_: Any) -> Any:
    while True:
        os.write(1, b" " * 65536)


def answer_nonsense(**_: Any) -> Any:
    os.write(3, b'["not a header"]')
    os._exit(0)


OTHERS: tuple[Callable[..., Any], ...] = (
    *(look_around, change_what_it_reads, take_memory, turn, sleep, crash, end_parent),
    *(flood_header, flood_body, answer_nonsense),
)
ALL = ATTEMPTS | {each.__name__: each for each in OTHERS}


def answer(question: dict[str, Any], data: BinaryIO) -> tuple[dict[str, Any], bytes]:
    try:
        return {"got": ALL[question["attempt"]](**question)}, b""
    except MemoryError:
        raise
    except Exception as error:
        return {"refused": repr(error)}, b""
