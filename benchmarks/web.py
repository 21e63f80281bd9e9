"""A web server of its own for a bench, with a person signed in who uploads as a browser does."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import psutil
import requests

AT_ONCE, THREADS = 3, 8
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


class Web:
    """A gunicorn as ``manage.py up`` starts it, on a database and folder of its own, and a person signed in."""

    def __init__(self, folder: Path, **more: str) -> None:
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
            **more,
        }
        session, self.book = self.python(PERSON).split()
        token = secrets.token_hex(16)
        self.cookies = {"sessionid": session, "csrftoken": token}
        self.headers = {"X-CSRFToken": token}
        self.address = f"http://127.0.0.1:{self.port}"

    def python(self, script: str) -> str:
        """What the script prints, run with the product's settings."""
        command = [sys.executable, "-c", script]
        return subprocess.run(
            command, env=self.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    @contextmanager
    def running(self) -> Iterator[psutil.Process]:
        command = [sys.executable, "-m", "gunicorn", "bookpipeline.wsgi:application", "--no-control-socket"]
        options = ["--bind", f"127.0.0.1:{self.port}", "--threads", str(THREADS), "--log-level", "error"]
        with subprocess.Popen([*command, *options], env=self.environment, cwd=ROOT) as server:
            try:
                self._await_start()
                yield psutil.Process(server.pid)
            finally:
                server.terminate()

    def _await_start(self) -> None:
        for _ in range(200):
            with suppress(requests.ConnectionError, requests.Timeout):
                requests.get(f"{self.address}/health", timeout=5)
                return
            time.sleep(0.1)
        raise TimeoutError("The web server did not start.")

    def post(self, path: str, **call: Any) -> dict[str, Any]:
        url = f"{self.address}/api/books/{self.book}/uploads{path}"
        answer = requests.post(url, cookies=self.cookies, headers=self.headers, timeout=300, **call)
        answer.raise_for_status()
        return answer.json()

    def upload(self, files: Sequence[Path], *, with_sums: bool = True) -> int:
        """As the browser does: announce, three at a time, finish. Returns the book's pages.

        Without checksums every file goes through the server, also where there is a bucket.
        """
        sums = [_sum(file) if with_sums else "" for file in files]
        rows = [
            {"name": file.name, "size": file.stat().st_size, "sha256": sha}
            for file, sha in zip(files, sums, strict=True)
        ]
        announced = self.post("", json={"files": rows})

        def send(pair: tuple[dict[str, Any], Path]) -> None:
            row, file = pair
            with file.open("rb") as data:
                assert self.post(f"/{announced['id']}/files/{row['id']}", files={"file": data})["state"] == "stored"

        with ThreadPoolExecutor(AT_ONCE) as senders:
            list(senders.map(send, zip(announced["files"], files, strict=True)))
        return int(self.post(f"/{announced['id']}/finish")["pages"])


def _sum(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()
