"""Trouble for a cluster of real processes: any of them is killed, connections are cut, a provider drips its answers."""

from __future__ import annotations

import random
import selectors
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from django.db import connection

from tests.flow.real_cluster import ROOT, environment


class Proxy:
    """``with Proxy(target) as proxy:`` forwards what connects to ``proxy.port``, and cuts all of it when told to; while
    ``is_away`` what connects is cut at once."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self.is_away = False

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        self.cut()

    def cut(self) -> None:
        while self._pairs:
            for each in self._pairs.pop():
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                asking = self._server.accept()[0]
                if self.is_away:
                    asking.close()
                    continue
                pair = asking, self._connect()
                self._pairs.append(pair)
                threading.Thread(target=_forward, args=pair, daemon=True).start()


def _forward(one: socket.socket, other: socket.socket) -> None:
    with one, other, selectors.DefaultSelector() as ready, suppress(OSError):
        ready.register(one, selectors.EVENT_READ, other)
        ready.register(other, selectors.EVENT_READ, one)
        while True:
            for key, _ in ready.select():
                read, written = key.fileobj, key.data
                data = read.recv(65_536)  # type: ignore[union-attr]
                if not data:
                    return
                written.sendall(data)


def to_postgresql() -> socket.socket:
    """A connection to the tests' own server."""
    facts = connection.get_connection_params()
    host, port = facts.get("host", "localhost"), facts.get("port", 5432)
    if not host.startswith("/"):
        return socket.create_connection((host, int(port)))
    found = socket.socket(socket.AF_UNIX)
    found.connect(f"{host}/.s.PGSQL.{port}")
    return found


def through(proxy: Proxy) -> dict[str, str]:
    """The environment in which the test's database is behind ``proxy``; nothing can stand before a file."""
    if connection.vendor != "postgresql":
        return {}
    facts = connection.settings_dict
    secret = f":{facts['PASSWORD']}" if facts["PASSWORD"] else ""
    user = f"{facts['USER'] or 'postgres'}{secret}"
    return {"DATABASE_URL": f"postgresql://{user}@127.0.0.1:{proxy.port}/{facts['NAME']}?application_name=proxied"}


def terminate_backends() -> int:
    """As an administrator or a failover does: every connection that goes through a proxy."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'proxied'"
        )
        return int(cursor.fetchone()[0])


class Workers:
    """``manage.py work`` in the folder ``tree``, as systemd keeps it: started again a second after its death."""

    def __init__(self, media: Path, tree: Path = ROOT, **more: str) -> None:
        self.log = media.parent / "storm.log"
        self._tree = tree
        self._environment = environment(media, **more)
        self._stop = threading.Event()
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> Workers:
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._keeper.join()
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "manage.py", "work"],
                env=self._environment,
                cwd=self._tree,
                stdout=output,
                stderr=output,
            )

    def switch_off(self) -> None:
        """As a machine whose power is cut: all at once, and nobody starts it again."""
        self._stop.set()
        self._keeper.join()
        with suppress(psutil.Error):
            for each in [self._process, *psutil.Process(self._process.pid).children(recursive=True)]:
                with suppress(psutil.Error):
                    each.kill()

    def _keep(self) -> None:
        while not self._stop.wait(1):
            if self._process.poll() is not None:
                self._process = self._start()

    def kill_one(self) -> str:
        """What was killed, by its place: the supervisor, a cluster, or one of the processes of a cluster."""
        with suppress(psutil.Error):
            supervisor = psutil.Process(self._process.pid)
            clusters = supervisor.children()
            below = [each for cluster in clusters for each in cluster.children(recursive=True)]
            victim = random.choice([supervisor, *clusters, *below])
            place = "supervisor" if victim == supervisor else "cluster" if victim in clusters else "below a cluster"
            victim.kill()
            return place
        return "nobody"


@contextmanager
def trouble(cause: Callable[[], object], pause: tuple[float, float]) -> Iterator[Counter[str]]:
    """Causes trouble again and again, with so many seconds between, until the block ends; counts what it caused."""
    counts: Counter[str] = Counter()
    over = threading.Event()

    def storm() -> None:
        while not over.wait(random.uniform(*pause)):
            counts[str(cause() or "cut")] += 1

    thread = threading.Thread(target=_closing(storm), daemon=True)
    thread.start()
    try:
        yield counts
    finally:
        over.set()
        thread.join()


def _closing(act: Callable[[], None]) -> Callable[[], None]:
    def closing() -> None:
        try:
            act()
        finally:
            connection.close()

    return closing
