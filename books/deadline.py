"""One time limit for a whole exchange with a provider.

httpx limits each single read, so a server that drips its answer would hold a call, its lease and what it reserved of a
cap for hours.
"""

from __future__ import annotations

import threading
import time
from typing import Any

import httpcore2
import httpx2


class _Ends(threading.local):
    """When the exchange of this thread is over, by the monotonic clock."""

    at = float("inf")


_ends = _Ends()


def limit_exchanges(client: httpx2.Client) -> None:
    """From now on the timeout of a request of ``client`` is one for its whole exchange, complete or not."""
    client.event_hooks = {"request": [_begin]}
    for transport in (client._transport, *client._mounts.values()):
        if transport is not None:
            transport._pool._network_backend = _Backend(transport._pool._network_backend)  # type: ignore[attr-defined]


def _begin(request: httpx2.Request) -> None:
    _ends.at = time.monotonic() + (request.extensions["timeout"]["read"] or float("inf"))


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, backend: httpcore2.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(self, *arguments: Any, **options: Any) -> httpcore2.NetworkStream:
        return _Stream(self._backend.connect_tcp(*arguments, **options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = _ends.at - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("The whole exchange took too long.")
        return self._stream.read(max_bytes, left if timeout is None else min(timeout, left))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def start_tls(self, *arguments: Any, **options: Any) -> httpcore2.NetworkStream:
        return _Stream(self._stream.start_tls(*arguments, **options))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()
