"""Asks a parser about a hostile file, in a child that is shut in: a crash, a hang or a bomb takes that child alone.

One way for PDFs, images and sheets. A parser is a module with a function ``answer``; it imports neither Django nor a
setting. What it answers was made by whoever sent the file, and is checked by whoever asks.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import logging
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from books.errors import Busy, UploadRejected
from books.intake.box.confinement import LIBC
from books.intake.box.server import Answer, Message
from books.sentences import sentence_of

logger = logging.getLogger(__name__)

ROOT: Final = Path(__file__).resolve().parents[3]
START: Final = "import sys; sys.path.insert(0, sys.argv[1]); from books.intake.box.server import main; main()"
# No key or password is within reach of a hostile file; numerical libraries start no threads of their own.
ENVIRONMENT: Final = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
KEPT: Final = ("LD_LIBRARY_PATH", "TZ")
HEADER_BYTES: Final = 64 * 1024 * 1024
SENTENCE_CHARACTERS: Final = 300
# On one machine, whichever process asks: so many times the memory of one, and no more.
AT_ONCE: Final = max(2, min(8, os.cpu_count() or 1))
PATIENCE_SECONDS, LOOKS_SECONDS, GRACE_SECONDS = 60.0, 0.02, 5.0
NOT_DUMPABLE: Final = 4  # PR_SET_DUMPABLE


@dataclass(frozen=True, slots=True)
class BoxLimits:
    """Of address space beyond the interpreter's own, of time on processor and clock, and of the answer's body."""

    memory_bytes: int
    cpu_seconds: int
    wall_seconds: float
    output_bytes: int = 0


class BoxDied(Exception):
    """The child reached one of its limits, or crashed."""


def ask(parser: str, source: Path | BinaryIO, limits: BoxLimits, **question: Any) -> Answer:
    """What the module ``parser`` answers about ``source``: a header, and what follows it.

    Raises BoxDied, and Busy where too many others are asked at the same time.
    """
    asked = {name: getattr(limits, name) for name in BoxLimits.__slots__} | question | {"parser": parser}
    with ExitStack() as held:
        held.enter_context(_place())
        data = held.enter_context(_read_only(source))
        body = os.memfd_create("answer")
        held.callback(os.close, body)
        header, theirs = os.pipe()
        held.callback(os.close, header)
        try:
            _send(json.dumps(asked).encode(), [data, body, theirs])
        finally:
            os.close(theirs)
        answer = _header(header, time.monotonic() + limits.wall_seconds + GRACE_SECONDS)
        if answer is None or "crashed" in answer:
            logger.warning("box ended early", extra={"parser": parser, "why": str((answer or {}).get("crashed"))})
            raise BoxDied
        with open(body, "rb", closefd=False) as file:
            file.seek(0)
            return answer, file.read()


def ask_for_pages(parser: str, source: Path | BinaryIO, limits: BoxLimits, too_much: str, **question: Any) -> Answer:
    """The same of what may hold pages. Raises UploadRejected with the parser's sentence, or with ``too_much``."""
    try:
        header, body = ask(parser, source, limits, **question)
    except BoxDied:
        raise UploadRejected(too_much) from None
    if "refused" in header:
        try:
            said = short(sentence_of(header["refused"]))
        except ValueError:
            said = too_much
        raise UploadRejected(said)
    return header, body


def short(said: str) -> str:
    """A parser's sentence; raises ValueError for a longer one than it has."""
    if len(said) > SENTENCE_CHARACTERS:
        raise ValueError("This is no sentence.")
    return said


def _header(pipe: int, deadline: float) -> Message | None:
    """None where the child died before it was whole."""
    pieces = bytearray()
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while poll.poll(1000 * max(0.0, deadline - time.monotonic())):
        piece = os.read(pipe, 1 << 16)
        pieces += piece
        if not piece or len(pieces) > HEADER_BYTES:
            break
    else:
        _end_server()
    try:
        answer = json.loads(pieces)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


@contextmanager
def _read_only(source: Path | BinaryIO) -> Iterator[int]:
    """A descriptor that cannot write; an upload in memory is copied to a file first."""
    with ExitStack() as opened:
        if isinstance(source, Path):
            file = opened.enter_context(source.open("rb"))
        else:
            try:
                number = source.fileno()
                source.flush()
            except OSError:
                copy = opened.enter_context(tempfile.TemporaryFile())
                source.seek(0)
                shutil.copyfileobj(source, copy)
                copy.flush()
                number = copy.fileno()
            file = opened.enter_context(Path(f"/proc/self/fd/{number}").open("rb"))
        yield file.fileno()


@contextmanager
def _place() -> Iterator[None]:
    """One of the machine's places, which the kernel frees with the process that holds it."""
    folder = Path(tempfile.gettempdir()) / f"bookpipeline-boxes-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to somebody else.")
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        for number in range(AT_ONCE):
            with (folder / str(number)).open("w") as file, suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield
                return
        time.sleep(LOOKS_SECONDS)
    raise Busy("Too many files are being opened at the moment; try again in a minute.", retry_after=PATIENCE_SECONDS)


@dataclass(slots=True)
class _Server:
    """The process that boxes are forked from, while this process lives."""

    pid: int
    control: socket.socket


_server: _Server | None = None
_starting = threading.Lock()


def _send(question: bytes, files: list[int]) -> None:
    """A server that ended meanwhile is replaced once."""
    for _ in range(2):
        with _starting:
            server = _running()
        try:
            socket.send_fds(server.control, [question], files)
        except OSError:
            _end_server()
        else:
            return
    raise BoxDied


def _running() -> _Server:
    global _server  # noqa: PLW0603 - one a process
    if _server is None:
        LIBC.prctl(NOT_DUMPABLE, 0, 0, 0, 0)  # this process's memory and environment are nobody else's
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = ENVIRONMENT | {name: os.environ[name] for name in KEPT if name in os.environ}
        command = [sys.executable, "-I", "-c", START, str(ROOT)]
        files = [(os.POSIX_SPAWN_DUP2, theirs.fileno(), 0), (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
        pid = os.posix_spawn(sys.executable, command, environment, file_actions=files)
        theirs.close()
        _server = _Server(pid, ours)
    return _server


def _end_server() -> None:
    global _server  # noqa: PLW0603
    with _starting:
        if _server is not None:
            _server.control.close()
            with suppress(OSError):
                os.kill(_server.pid, signal.SIGKILL)
                os.waitpid(_server.pid, 0)
            _server = None


def _forget_server() -> None:
    """In a forked process: the server is its parent's."""
    global _server, _starting  # noqa: PLW0603
    _starting = threading.Lock()
    if _server is not None:
        _server.control.close()
        _server = None


os.register_at_fork(after_in_child=_forget_server)
atexit.register(_end_server)


def means_found() -> list[str]:
    """What shuts a child in on this machine, in words, strongest last."""
    with tempfile.TemporaryFile() as nothing:
        header, _ = ask("books.intake.box.server", nothing, BoxLimits(64 << 20, 5, 10.0))
    return [sentence_of(each) for each in header["means"]]
