"""The documented front: nginx with the reference configuration, in a folder of its own, before gunicorn as it is."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import Any

from tests.flow.real_cluster import ROOT, until
from tests.install import nginx_path

HOST = "books.example.org"
REFERENCE = ROOT / "infra" / "nginx" / "bookpipeline.conf"
# As Debian's nginx.conf, for whoever runs the tests.
AROUND = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 768; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def collect_static(environment: dict[str, str]) -> None:
    """For servers that run from this tree: once, since a second time would take from the first what it serves."""
    manifest = ROOT / "staticfiles" / "staticfiles.json"
    sources = [ROOT / "requirements.txt", ROOT / "bookpipeline" / "settings.py", *(ROOT / "static").rglob("*")]
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
    with (ROOT / "manage.py").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        newest = max(path.stat().st_mtime for path in sources)
        if not manifest.exists() or manifest.stat().st_mtime < newest:
            subprocess.run(command, cwd=ROOT, env=environment, check=True)


@dataclass(frozen=True, slots=True)
class Said:
    status: int
    headers: Message
    said: str

    @property
    def json(self) -> Any:
        return json.loads(self.said)


@dataclass(frozen=True, slots=True)
class Front:
    plain: int
    tls: int
    folder: Path

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Said:
        """Over TLS, under the site's name."""
        context = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        connection = HTTPSConnection(HOST, self.tls, timeout=30, context=context)
        connection.sock = context.wrap_socket(self.connect(self.tls), server_hostname=HOST)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        said = Said(response.status, response.headers, response.read().decode(errors="replace"))
        connection.close()
        return said

    def connect(self, port: int) -> socket.socket:
        return socket.create_connection(("127.0.0.1", port), timeout=30)

    def secret_line(self) -> socket.socket:
        """A connection with TLS on which nothing is sent yet."""
        context = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        return context.wrap_socket(self.connect(self.tls), server_hostname=HOST)

    def spooled(self) -> int:
        """Bytes of bodies that nginx has on its disk."""
        return sum(path.stat().st_size for path in (self.folder / "body").rglob("*") if path.is_file())


def is_healthy(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@contextmanager
def nginx(folder: Path, upstream: int) -> Iterator[Front]:
    """In front of what listens at ``upstream``; of the reference only ports and the certificate's place are others."""
    path = nginx_path()
    assert path, "There is no nginx; run: python -m tests.install"
    front = Front(free_port(), free_port(), folder)
    subject = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    files = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subprocess.run([*make, *subject, *files], check=True, capture_output=True)
    text = REFERENCE.read_text()
    for ours, here in {
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{upstream};",
        "listen 80;": f"listen 127.0.0.1:{front.plain};",
        "listen 443 ": f"listen 127.0.0.1:{front.tls} ",
        "/etc/ssl/bookpipeline/": f"{folder}/",
    }.items():
        assert ours in text
        text = text.replace(ours, here)
    (folder / "site.conf").write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, user=user))
    process = subprocess.Popen([path, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"])
    try:
        until(lambda: _listens(front.tls), "nginx listens")
        yield front
    except BaseException:
        print((folder / "error.log").read_text()[-3000:])
        raise
    finally:
        process.terminate()
        process.wait(20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
