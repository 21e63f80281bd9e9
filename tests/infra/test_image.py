"""The image: what it copies is enough to start, and it runs as nobody in particular, stopped by a signal."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection

import pytest

from tests.infra.terraform import INFRA

ROOT = INFRA.parent
TEXT = (INFRA / "Dockerfile").read_text()
FINAL = TEXT[TEXT.rindex("\nFROM ") :]


def instruction(name: str) -> str:
    """The only instruction of its name in the last stage, its lines joined."""
    [found] = re.findall(rf"^{name} ((?:.*\\\n)*.*)$", FINAL, re.M)
    return str(found).replace("\\\n", " ")


def copied() -> list[str]:
    return re.findall(r"^COPY (?!--from)(\S+) ", FINAL, re.M)


def test_nobody_is_root():
    uid = instruction("USER")
    assert int(uid) > 0
    assert f"--uid {uid} " in FINAL
    assert FINAL.index("USER ") > FINAL.rindex("RUN ")


def test_commands_are_lists_so_that_signals_arrive():
    assert json.loads(instruction("ENTRYPOINT"))[0] == "tini"
    assert json.loads(instruction("CMD"))[0] == "gunicorn"


def test_packages_are_checked_by_their_hashes_and_not_built_here():
    assert "--require-hashes -r /tmp/requirements.txt" in TEXT
    assert "--only-binary :all:" in TEXT
    assert "pip install" not in FINAL


def test_no_key_stays_in_the_image():
    assert not re.search(r"^(ARG|ENV)\b.*SECRET", TEXT, re.M)
    assert TEXT.count("SECRET_KEY") == 1
    assert re.search(r"^RUN SECRET_KEY=\S+ .*collectstatic", TEXT, re.M)


def test_health_is_checked():
    assert "http://127.0.0.1:8000/health" in instruction("HEALTHCHECK")


def test_the_context_holds_what_is_copied_and_no_more():
    let_in = {
        line[1:].split("/")[0] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    assert let_in == {*copied(), "requirements.txt"}


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The folder /app of the image, its static files collected, with the environment that production gives."""
    folder = tmp_path_factory.mktemp("app")
    for name in copied():
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "terraform"))
        else:
            shutil.copy(source, folder)
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATA_DIR": str(folder.parent / "data"),
        "ALLOWED_HOSTS": "books.example.org",
        "CSRF_TRUSTED_ORIGINS": "https://books.example.org",
        "BEHIND_PROXY": "true",
        "STORAGE": "s3",
        "AWS_STORAGE_BUCKET_NAME": "scans",
        "AWS_S3_REGION_NAME": "eu-central-1",
    }
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], cwd=folder, env=environment, check=True
    )
    return folder, environment


def test_the_image_passes_the_checks_for_deployment(app):
    folder, environment = app
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    subprocess.run(command, cwd=folder, env=environment, check=True)


def test_the_web_starts_from_what_is_copied(app):
    folder, environment = app
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [part.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for part in json.loads(instruction("CMD"))]
    web = subprocess.Popen([sys.executable, "-m", *command], cwd=folder, env=environment)
    try:
        assert answer(port, "/health", "10.40.129.7").status == 200
        page = answer(port, "/admin/login/", "books.example.org")
        assert (page.status, page.headers["Location"]) == (301, "https://books.example.org/admin/login/")
        assert answer(port, "/admin/login/", "books.example.org", scheme="https").status == 200
        assert answer(port, "/admin/login/", "elsewhere.example.org", scheme="https").status == 400
    finally:
        web.terminate()
        assert web.wait(timeout=30) == 0


def answer(port, path, host, scheme="http"):
    """The answer to a request as a load balancer passes it on, once the server listens."""
    give_up_at = time.monotonic() + 60
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": scheme})
            return connection.getresponse()
        except ConnectionRefusedError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.1)
        finally:
            connection.close()
