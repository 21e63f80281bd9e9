"""The process that boxes are made of: it has every decoder loaded, no secret, and forks a child for each question.

``books.intake.box.ask`` starts it. It and the parsers it runs import neither Django nor a setting.
"""

from __future__ import annotations

import codecs
import importlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable
from typing import Any, BinaryIO, NoReturn

from books.intake.box.confinement import LIBC, confine

# What a parser is asked and what it says, as JSON; behind that go bytes.
Message = dict[str, Any]
Answer = tuple[Message, bytes]
Parser = Callable[[Message, BinaryIO], Answer]
QUESTION_BYTES = 64 * 1024
CONTROL, DATA, BODY, HEADER, FIRST_OTHER = 0, 0, 1, 3, 4
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
LOOKS_SECONDS = 0.2
MOST_SAID = 300
# In a box none can be loaded any more.
CODECS = ("ascii", "latin-1", "cp437", "cp1252", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")


def main() -> None:
    """Answers until its parent closes the other end; what is under way then is ended."""
    control = socket.socket(fileno=CONTROL)
    for codec in CODECS:
        codecs.lookup(codec)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    deadlines: dict[int, float] = {}
    while True:
        control.settimeout(LOOKS_SECONDS if deadlines else None)
        try:
            question, files, _, _ = socket.recv_fds(control, QUESTION_BYTES, 3)
        except TimeoutError:
            _look_after(deadlines)
            continue
        if not question:
            break
        _look_after(deadlines)
        asked = json.loads(question)
        parse: Parser = importlib.import_module(asked["parser"]).answer
        if (child := os.fork()) == 0:
            _work(parse, asked, files)
        deadlines[child] = time.monotonic() + asked["wall_seconds"]
        for file in files:
            os.close(file)
    for child in deadlines:
        os.kill(child, signal.SIGKILL)


def answer(question: Message, data: BinaryIO) -> Answer:
    """A parser that reads nothing: to see what a box is made of on this machine."""
    return {}, b""


def _look_after(deadlines: dict[int, float]) -> None:
    for child, deadline in list(deadlines.items()):
        if os.waitpid(child, os.WNOHANG)[0]:
            del deadlines[child]
        elif time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)


def _work(parse: Parser, asked: Message, files: list[int]) -> NoReturn:
    """In the child: ``files`` are what is read, where the answer's body goes and where its header goes."""
    try:
        LIBC.prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        for file, place in zip(files, (DATA, BODY, HEADER), strict=True):
            os.dup2(file, place, inheritable=False)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.closerange(FIRST_OTHER, os.sysconf("SC_OPEN_MAX"))
        limits = {name: asked[name] for name in ("memory_bytes", "cpu_seconds", "output_bytes")}
        means = confine(**limits)
        with open(DATA, "rb", closefd=False) as data:
            header, body = parse(asked, data)
        _write(BODY, body)
        _write(HEADER, json.dumps({**header, "means": means}, ensure_ascii=False).encode(errors="surrogatepass"))
    except BaseException as error:
        _write(HEADER, json.dumps({"crashed": repr(error)[:MOST_SAID]}).encode())
    finally:
        os._exit(0)  # a header that is not whole says that the child was ended


def _write(place: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(place, view) :]
