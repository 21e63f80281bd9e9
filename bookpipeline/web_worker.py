"""gunicorn's worker with threads, but a request gets a thread only once it has arrived.

What sends its head or a small body slowly, or never, waits in the loop of the process, and not for long; so does a
connection that is closed. /health is answered there too, however busy the threads are. Larger bodies are read by their
thread: ``bookpipeline.gate`` refuses those of strangers before it reads them.
"""

from __future__ import annotations

import re
import socket
import struct
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import Any, Final

from gunicorn.workers.gthread import TConn, ThreadWorker

from bookpipeline.release import HEALTH
from books.bodies import FORM

HEAD_BYTES: Final = 64 * 1024
# For a head and a small body together; for the other side to see that we closed; for each piece in a thread.
ARRIVAL_SECONDS: Final = 15.0
GOODBYE_SECONDS: Final = 2.0
PIECE_SECONDS: Final = 30
LOOK_SECONDS: Final = 1.0

IS_HEALTH: Final = re.compile(rb"(GET|HEAD) /health HTTP/1\.[01]\r\n")
LENGTH: Final = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
IS_ASKED: Final = re.compile(rb"^expect:[ \t]*100-continue[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
HEALTHY: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n" % len(HEALTH)
)


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: dict[TConn, float] = {}  # until when
        self._look_at = 0.0

    def enqueue_req(self, conn: TConn) -> None:
        """A connection with nothing, or a next request, of which a part may be here already."""
        conn.received = bytearray(conn.parser.unreader.take_buffered() if conn.parser else b"")
        conn.is_asked = False
        self._wait(conn, ARRIVAL_SECONDS, self._receive)
        if conn.received:
            self._consider(conn)

    def _wait(self, conn: TConn, seconds: float, on_bytes: Callable[[TConn, bytes], None]) -> None:
        conn.sock.settimeout(0)
        self._waiting[conn] = time.monotonic() + seconds
        self.poller.register(conn.sock, EVENT_READ, partial(self._read, conn, on_bytes))

    def _read(self, conn: TConn, on_bytes: Callable[[TConn, bytes], None], _socket: object) -> None:
        try:
            data = conn.sock.recv(HEAD_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            on_bytes(conn, data)
        else:
            self._drop(conn)

    def _receive(self, conn: TConn, data: bytes) -> None:
        conn.received += data
        self._consider(conn)

    def _consider(self, conn: TConn) -> None:
        head_ends = conn.received.find(b"\r\n\r\n") + 4
        if head_ends < 4:
            if len(conn.received) > HEAD_BYTES:
                self._drop(conn)
            return
        head = bytes(conn.received[:head_ends])
        if found := IS_HEALTH.match(head):
            self._forget(conn)
            self._say(conn, HEALTHY + (HEALTH if found[1] == b"GET" else b""))
            self._say_goodbye(conn)
            return
        length = LENGTH.search(head)
        body = int(length[1]) if length else 0
        if body > FORM or len(conn.received) >= head_ends + body:
            self._forget(conn)
            self._begin(conn)
        elif IS_ASKED.search(head) and not conn.is_asked:
            conn.is_asked = True
            self._say(conn, b"HTTP/1.1 100 Continue\r\n\r\n")

    def _begin(self, conn: TConn) -> None:
        conn.data_ready = True
        conn.init()
        conn.parser.unreader.unread(bytes(conn.received))
        for way in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            conn.sock.setsockopt(socket.SOL_SOCKET, way, struct.pack("ll", PIECE_SECONDS, 0))
        super().enqueue_req(conn)

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:  # noqa: FBT001 - as gunicorn calls it
        """What of a body is still to come when the answer is out has no thread to wait in."""
        return bool(keepalive and conn.parser.finish_body(deadline=time.monotonic() + 0.1))

    def finish_request(self, conn: TConn, future: Future[Any]) -> None:
        if future.cancelled() or future.exception() or future.result():
            super().finish_request(conn, future)
        else:
            self._say_goodbye(conn)

    def _say_goodbye(self, conn: TConn) -> None:
        """The other side hears that this one ended and may still read the answer; what it sends is thrown away."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            self._wait(conn, GOODBYE_SECONDS, lambda _conn, _data: None)
        except OSError:
            self._drop(conn)

    def _say(self, conn: TConn, words: bytes) -> None:
        with suppress(OSError):
            conn.sock.send(words)

    def _forget(self, conn: TConn) -> None:
        if self._waiting.pop(conn, None) is not None:
            self.poller.unregister(conn.sock)

    def _drop(self, conn: TConn) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """gunicorn calls this each time round its loop. What sent nothing yet does not keep a worker from ending."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            waited = [each for each, until in self._waiting.items() if until < now]
            idle = [] if self.alive else [each for each in self._waiting if not each.received]
            for conn in {*waited, *idle}:
                self._drop(conn)
