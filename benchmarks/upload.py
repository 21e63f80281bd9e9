"""What an upload costs the web process: python -m benchmarks upload. Fails where it grows by 64 MB or more."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import requests
from PIL import Image

MEGABYTE = 1_000_000
MOST_GROWTH_MB = 64
AT_ONCE = 3
ROOT = Path(__file__).resolve().parent.parent
PERSON = """
import django; django.setup()
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client
from books.models import Book
call_command("migrate", verbosity=0)
client = Client(); client.force_login(get_user_model().objects.create_superuser("bench"))
print(client.cookies["sessionid"].value, Book.objects.create(title="Bench").pk)
"""


@dataclass(frozen=True)
class Found:
    """Seconds, and megabytes by which the web process's resident memory rose above what it was before."""

    seconds: float
    copy_seconds: float
    growth_mb: float
    pages: int


class Web:
    """A gunicorn as ``manage.py up`` starts it, on a database and folder of its own, and a person signed in."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        data = folder / "data"
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "bookpipeline.settings",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
            "DATA_DIR": str(data),
            "DEBUG": "false",
            "ALLOWED_HOSTS": "127.0.0.1,testserver",
            "SECURE_SSL_REDIRECT": "false",
            "STORAGE": "files",
            "LOG_LEVEL": "ERROR",
            "PYTHONWARNINGS": "ignore",
        }
        made = subprocess.run(
            [sys.executable, "-c", PERSON],
            env=self.environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        session, self.book = made.stdout.split()
        token = secrets.token_hex(16)
        self.cookies = {"sessionid": session, "csrftoken": token}
        self.headers = {"X-CSRFToken": token}
        self.address = f"http://127.0.0.1:{self.port}"

    @contextmanager
    def running(self) -> Iterator[psutil.Process]:
        command = [sys.executable, "-m", "gunicorn", "bookpipeline.wsgi:application", "--no-control-socket"]
        options = ["--bind", f"127.0.0.1:{self.port}", "--threads", "8", "--log-level", "error"]
        with subprocess.Popen([*command, *options], env=self.environment, cwd=ROOT) as server:
            try:
                self._await_start()
                yield psutil.Process(server.pid)
            finally:
                server.terminate()

    def _await_start(self) -> None:
        for _ in range(200):
            with suppress(requests.ConnectionError):
                requests.get(f"{self.address}/health", timeout=5)
                return
            time.sleep(0.1)
        raise TimeoutError("The web server did not start.")

    def post(self, path: str, **call: Any) -> dict[str, Any]:
        url = f"{self.address}/api/books/{self.book}/uploads{path}"
        answer = requests.post(url, cookies=self.cookies, headers=self.headers, timeout=300, **call)
        answer.raise_for_status()
        return answer.json()

    def upload(self, files: Sequence[Path]) -> int:
        """As the browser does: announce, three at a time, finish. Returns the book's pages."""
        rows = [{"name": file.name, "size": file.stat().st_size, "sha256": _sum(file)} for file in files]
        announced = self.post("", json={"files": rows})

        def send(pair: tuple[dict[str, Any], Path]) -> None:
            row, file = pair
            with file.open("rb") as data:
                assert self.post(f"/{announced['id']}/files/{row['id']}", files={"file": data})["state"] == "stored"

        with ThreadPoolExecutor(AT_ONCE) as senders:
            list(senders.map(send, zip(announced["files"], files, strict=True)))
        return int(self.post(f"/{announced['id']}/finish")["pages"])


class Watch:
    """The most resident memory of the server and its workers; a PDF's child has limits of its own and is left out."""

    def __init__(self, server: psutil.Process) -> None:
        self.processes = [server, *server.children()]
        self.before = self.peak = self._resident()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def _resident(self) -> int:
        return sum(process.memory_info().rss for process in self.processes)

    def _look(self) -> None:
        while not self.over.wait(0.02):
            self.peak = max(self.peak, self._resident())

    @property
    def growth_mb(self) -> float:
        return (self.peak - self.before) / MEGABYTE


def measure(folder: Path, files: Sequence[Path]) -> Found:
    """Uploads ``files`` to a fresh server; the memory before is that after one small page."""
    web = Web(folder)
    first = folder / "first.png"
    Image.new("L", (200, 300), 200).save(first)
    with web.running() as server:
        web.upload([first])
        with Watch(server) as watch:
            began = time.monotonic()
            pages = web.upload(files)
            seconds = time.monotonic() - began
    began = time.monotonic()
    copies = folder / "copies"
    copies.mkdir()
    for file in files:
        shutil.copyfile(file, copies / file.name)
    return Found(seconds, time.monotonic() - began, watch.growth_mb, pages - 1)


def scans(folder: Path, count: int) -> list[Path]:
    """PNGs of noise, two megabytes each."""
    made = []
    noise = np.random.default_rng(1).integers(0, 255, (1430, 1400), dtype=np.uint8)
    for number in range(count):
        noise[0, :8] = list(number.to_bytes(8, "big"))
        made.append(folder / f"p{number}.png")
        Image.fromarray(noise).save(made[-1], compress_level=0)
    return made


def pdf(folder: Path, size: int) -> Path:
    """One page of one large picture."""
    side = int((size - 2000) ** 0.5)
    picture = os.urandom(side * side)
    image = f"/Type/XObject/Subtype/Image/Width {side}/Height {side}/ColorSpace/DeviceGray/BitsPerComponent 8"
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 595]/Resources<</XObject<</I 4 0 R>>>>/Contents 5 0 R>>"
    parts = [
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n",
        f"3 0 obj{page}endobj\n4 0 obj<<{image}/Length {len(picture)}>>stream\n".encode(),
        picture,
        b"\nendstream endobj\n5 0 obj<</Length 26>>stream\nq 420 0 0 595 0 0 cm /I Do Q\nendstream endobj\n",
        b"trailer<</Root 1 0 R>>\n%%EOF\n",
    ]
    path = folder / "book.pdf"
    path.write_bytes(b"".join(parts))
    return path


def _sum(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def main() -> int:
    growths = []
    for name in ("200 files of 2 MB", "a PDF of 200 MB"):
        with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as made:
            folder = Path(made)
            files = scans(folder, 200) if name.startswith("200") else [pdf(folder, 200 * 1024 * 1024)]
            found = measure(folder, files)
        growths.append(found.growth_mb)
        print(
            f"{name}: {found.seconds:.1f} s (copying the same bytes {found.copy_seconds:.1f} s), {found.pages} pages, "
            f"the web process grew by {found.growth_mb:.0f} MB"
        )
    print(json.dumps({"growth_mb": growths, "limit": MOST_GROWTH_MB}))
    return 0 if max(growths) < MOST_GROWTH_MB else 1


if __name__ == "__main__":
    sys.exit(main())
