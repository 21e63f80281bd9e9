"""The image: what it copies is enough to serve and to work, as nobody in particular, stopped by a signal."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import boto3
import django
import pytest

from infra.sbom import bill
from tests import s3
from tests.infra.terraform import INFRA
from tests.own_environment import postgresql_server

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


def test_what_it_begins_with_is_named_by_its_content():
    assert re.search(r"^ARG BASE=python:\S+@sha256:[0-9a-f]{64}$", TEXT, re.M)
    assert set(re.findall("^FROM (\\S+)", TEXT, re.M)) == {"$BASE"}


def test_it_tells_which_commit_it_is_and_what_it_holds():
    assert "ARG COMMIT=unknown\nENV COMMIT=$COMMIT\n" in FINAL
    assert "python -m infra.sbom > sbom.json" in FINAL
    parts = {(part["name"], part["version"]) for part in bill()["components"]}
    assert ("django", django.__version__) in parts


def test_health_is_checked():
    assert "http://127.0.0.1:8000/health" in instruction("HEALTHCHECK")


def test_the_context_holds_what_is_copied_and_no_more():
    let_in = {
        line[1:].split("/")[0] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    assert let_in == {*copied(), "requirements.txt"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """/app of the image."""
    folder = tmp_path_factory.mktemp("app")
    for name in copied():
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "terraform"))
        else:
            shutil.copy(source, folder)
    return folder


@pytest.fixture(scope="module")
def database():
    """A PostgreSQL server of its own, which the tests may stop. Its user may not enter pytest's folders."""
    folder = tempfile.mkdtemp(prefix="bookpipeline-image-")
    server = postgresql_server(Path(folder))
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def environment(folder, database):
    """As production gives it, with a bucket that is there."""
    with s3.running_server() as address:
        where = {"endpoint_url": address, "region_name": "us-east-1"}
        keys = {name.lower(): s3.CREDENTIALS[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        boto3.client("s3", **where, **keys).create_bucket(Bucket=s3.BUCKET)
        yield {
            **s3.CREDENTIALS,
            "PATH": os.environ["PATH"],
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DATA_DIR": str(folder.parent / "data"),
            "DATABASE_URL": database.get_uri(),
            "ALLOWED_HOSTS": "books.example.org",
            "CSRF_TRUSTED_ORIGINS": "https://books.example.org",
            "BEHIND_PROXY": "true",
            "STORAGE": "s3",
            "AWS_STORAGE_BUCKET_NAME": s3.BUCKET,
            "AWS_S3_ENDPOINT_URL": where["endpoint_url"],
            "AWS_S3_REGION_NAME": where["region_name"],
            "CANARY_SECONDS": "1",
            "LOG_LEVEL": "WARNING",
        }


@pytest.fixture(scope="module")
def manage(folder, environment):
    def run(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, text=True).stdout

    return run


@contextmanager
def running(command: list[str], folder, environment) -> Iterator[None]:
    process = subprocess.Popen(command, cwd=folder, env=environment)
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0


def test_the_image_passes_the_checks_for_deployment(manage):
    manage("check", "--deploy", "--fail-level", "WARNING")


def test_the_image_serves_and_works_as_production_does(folder, environment, manage, database):
    """From an empty database: the steps of the Dockerfile and the guide, then web and a pool of workers."""
    build = re.search(r"python (manage\.py collectstatic --noinput)", FINAL)
    manage(*build[1].split()[1:], "-v0")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [part.replace("0.0.0.0:8000", f"127.0.0.1:{port}") for part in json.loads(instruction("CMD"))]
    host = "books.example.org"
    with running([sys.executable, "-m", *command], folder, environment):
        assert answer(port, "/health", "10.40.129.7")[0] == 200
        assert ready(port) == (503, {"database": True, "storage": True, "migrations": False, "workers": []})
        manage("migrate", "--noinput", "-v0")
        assert ready(port)[0] == 200
        with running([sys.executable, "manage.py", "work", "--pool", "io"], folder, environment):
            give_up_at = time.monotonic() + 60
            while ready(port)[1]["workers"] != ["io"]:
                assert time.monotonic() < give_up_at
                time.sleep(0.5)
        status, headers, _ = answer(port, "/admin/login/", host)
        assert (status, headers["Location"]) == (301, "https://books.example.org/admin/login/")
        assert answer(port, "/admin/login/", "elsewhere.example.org", "https")[0] == 400
        status, headers, page = answer(port, "/admin/login/", host, "https")
        assert (status, "Secure" in headers["Set-Cookie"]) == (200, True)
        assert "max-age=" in headers["Strict-Transport-Security"]
        styles = re.findall(r'href="(/static/bookpipeline/screens\.[0-9a-f]{12}\.css)"', page)
        assert len(styles) == 1
        status, headers, _ = answer(port, styles[0], host, "https")
        assert (status, "immutable" in headers["Cache-Control"]) == (200, True)
        database.cleanup()
        assert ready(port) == (503, {"database": False, "storage": True, "migrations": False, "workers": []})
        assert answer(port, "/health", "10.40.129.7")[0] == 200


def ready(port):
    status, _, body = answer(port, "/ready", "books.example.org", "https")
    return status, json.loads(body)


def answer(port, path, host, scheme="http"):
    """Status, headers and body of a request as a load balancer passes it on, once the server listens."""
    give_up_at = time.monotonic() + 60
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", path, headers={"Host": host, "X-Forwarded-Proto": scheme})
            response = connection.getresponse()
            return response.status, response.headers, response.read().decode()
        except ConnectionRefusedError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.1)
        finally:
            connection.close()
