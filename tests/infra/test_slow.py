"""Strangers who send slowly, half or too much hold nobody up: through the documented front, and without it."""

from __future__ import annotations

import os
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPResponse
from io import BytesIO

import pytest
from PIL import Image

from books.intake.limits import MEBIBYTE
from tests.flow.real_cluster import ROOT, until
from tests.infra.front import HOST, Front, collect_static, free_port, is_healthy, nginx

# Or there is no migrated database to copy where these run alone.
pytestmark = pytest.mark.django_db
WATCHED_SECONDS = 3
OF_A_TOKEN = 60
METRICS_TOKEN = "a-token-for-the-scraper"
PERSON = {"USERNAME": "grace", "EMAIL": "grace@example.org", "PASSWORD": "a-long-password-1"}
HALF = b"GET /admin/login/ HTTP/1.1\r\nHost: %s\r\nX-Half: " % HOST.encode()


def slow_body(path: str, size: int) -> bytes:
    form = "Content-Type: application/x-www-form-urlencoded"
    return f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\n{form}\r\nContent-Length: {size}\r\n\r\nusername=".encode()


ATTACKS = {
    "16 half-sent heads": [HALF] * 16,
    "40 slow bodies": [slow_body("/admin/login/", 4000)] * 40,
    "40 slow bodies after asking": [
        slow_body("/admin/login/", 4000).replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n")
    ]
    * 40,
    "40 slow big bodies": [slow_body("/api/books/1/pages", 190 * MEBIBYTE)] * 40,
    "40 bodies in pieces": [
        f"POST /admin/login/ HTTP/1.1\r\nHost: {HOST}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nuser".encode()
    ]
    * 40,
}


@pytest.fixture(scope="module")
def web(tmp_path_factory, migrate_file) -> Iterator[int]:
    """The port of gunicorn as production starts it, with a person who may send files."""
    folder, port = tmp_path_factory.mktemp("web"), free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "bookpipeline.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "ALLOWED_HOSTS": HOST,
        "CSRF_TRUSTED_ORIGINS": f"https://{HOST}",
        "BEHIND_PROXY": "true",
        "METRICS_TOKEN": METRICS_TOKEN,
        "TOKEN_REQUESTS_PER_MINUTE": str(OF_A_TOKEN),
        "LOG_LEVEL": "ERROR",
        **{f"DJANGO_SUPERUSER_{name}": value for name, value in PERSON.items()},
    }
    migrate_file(folder / "db.sqlite3")
    collect_static(environment)
    subprocess.run([sys.executable, "manage.py", "createsuperuser", "--noinput"], cwd=ROOT, env=environment, check=True)
    command = [sys.executable, "-m", "gunicorn", "bookpipeline.wsgi", "--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        until(lambda: is_healthy(port), "gunicorn answers")
        yield port
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def front(web, tmp_path_factory) -> Iterator[Front]:
    with nginx(tmp_path_factory.mktemp("nginx"), web) as front:
        yield front


@contextmanager
def dripping(lines: list[socket.socket], heads: list[bytes]) -> Iterator[None]:
    """Each line gets its head, and then a byte a second."""
    over = threading.Event()

    def drip() -> None:
        while not over.wait(1):
            for line in lines:
                try:
                    line.send(b"a")
                except OSError:
                    continue

    for line, head in zip(lines, heads, strict=True):
        line.sendall(head)
    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def slowest_health(port: int, path: str = "/health") -> float:
    """Of some seconds of asking, each on a connection of its own."""
    slowest, ends_at = 0.0, time.monotonic() + WATCHED_SECONDS
    while time.monotonic() < ends_at:
        began = time.monotonic()
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", path, headers={"Host": HOST, "X-Forwarded-Proto": "https"})
        assert connection.getresponse().status == 200
        connection.close()
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.2)
    return slowest


@pytest.mark.parametrize("attack", ATTACKS)
def test_health_answers_within_a_second_behind_the_documented_front(front, attack):
    heads = ATTACKS[attack]
    with ExitStack() as stack:
        lines = [stack.enter_context(front.secret_line()) for _ in heads]
        with dripping(lines, heads):
            assert slowest_health(front.plain) < 1
            assert front.ask("GET", "/admin/login/").status == 200
            assert front.spooled() < MEBIBYTE


@pytest.mark.parametrize("attack", ATTACKS)
def test_and_so_it_does_without_one(web, attack):
    """A load balancer hands bodies on as they come."""
    heads = ATTACKS[attack]
    with ExitStack() as stack:
        lines = [stack.enter_context(socket.create_connection(("127.0.0.1", web))) for _ in heads]
        with dripping(lines, heads):
            assert slowest_health(web) < 1
            assert slowest_health(web, "/admin/login/") < 5


def test_what_does_not_arrive_in_time_is_closed(web):
    with socket.create_connection(("127.0.0.1", web), timeout=30) as line:
        line.sendall(HALF)
        began = time.monotonic()
        assert line.recv(100) == b""
        assert 10 < time.monotonic() - began < 25


def test_a_connection_that_says_nothing_does_not_keep_the_web_from_ending(tmp_path):
    port = free_port()
    given = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 60, "DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "gunicorn", "bookpipeline.wsgi", "--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command, cwd=ROOT, env=given)
    until(lambda: is_healthy(port), "gunicorn answers")
    with socket.create_connection(("127.0.0.1", port)):
        time.sleep(0.5)
        began = time.monotonic()
        process.terminate()
        assert process.wait(60) == 0
    assert time.monotonic() - began < 10


def test_a_stranger_is_refused_before_the_front_reads_a_file(front):
    """All of it was on the disk before the 403."""
    with front.secret_line() as line:
        line.sendall(slow_body("/api/books/1/pages", 190 * MEBIBYTE))
        assert line.recv(100).startswith(b"HTTP/1.1 401")
    assert front.spooled() == 0


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("/admin/login/", 3 * MEBIBYTE),
        ("/api/books/1/pages", 202 * MEBIBYTE),
        ("/admin/books/book/1/import/", 22 << 20),
    ],
)
def test_too_much_is_refused_by_its_length(front, path, size):
    with front.secret_line() as line:
        line.sendall(slow_body(path, size))
        assert line.recv(100).startswith(b"HTTP/1.1 413")


def test_a_person_sends_a_scan_through_the_front(front):
    """Whom the gate knows, by the session, is let through; the page is there."""
    cookies = signed_in(front)
    facts = b'{"title": "Physics", "grade": "9", "subject": "Physics"}'
    made = front.ask("POST", "/api/books", facts, **cookies, **{"Content-Type": "application/json"})
    assert made.status == 201, made.said
    boundary = "no-noise-says-this-by-chance"
    disposition = 'Content-Disposition: form-data; name="file"; filename="page_001.png"'
    head = f"--{boundary}\r\n{disposition}\r\n\r\n".encode()
    paper = BytesIO()
    Image.frombytes("L", (2000, 2000), os.urandom(4_000_000)).save(paper, "PNG")
    scan = head + paper.getvalue() + f"\r\n--{boundary}--\r\n".encode()
    assert len(scan) > 3 * MEBIBYTE
    files = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = front.ask("POST", f"/api/books/{made.json['id']}/pages", scan, **cookies, **files)
    assert answer.status == 201, answer.said


def test_both_processes_together_answer_a_token_so_often_in_a_minute(front, web):
    """Made by who has just signed in, which is asked for nothing more."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    made = front.ask("POST", "/admin/books/apitoken/add/", b"name=Tutor&scopes=published", **signed_in(front), **kind)
    [token] = set(re.findall(r"bpt_[\w-]{43}", made.said))
    asked = {"Host": HOST, "X-Forwarded-Proto": "https", "Authorization": f"Bearer {token}"}
    answers: list[HTTPResponse] = []
    until(lambda: time.time() % 60 < 35, "the minute lasts for long enough", 30)
    for _ in range(OF_A_TOKEN + 20):
        connection = HTTPConnection("127.0.0.1", web, timeout=30)
        connection.request("GET", "/api/guidelines", headers=asked)
        answers.append(connection.getresponse())
        connection.close()
    refused = [each for each in answers if each.status == 429]
    assert (len(answers) - len(refused), {each.status for each in answers}) == (OF_A_TOKEN, {200, 429})
    assert all(1 <= int(each.headers["Retry-After"]) <= 60 for each in refused)


def signed_in(front) -> dict[str, str]:
    """The headers of a browser in which somebody signed in."""
    page = front.ask("GET", "/admin/login/")
    [token] = re.findall(r"csrftoken=(\w+)", page.headers["Set-Cookie"])
    form = f"login={PERSON['USERNAME']}&password={PERSON['PASSWORD']}&next=/admin/&csrfmiddlewaretoken={token}"
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    given = {"Cookie": f"csrftoken={token}", "Referer": f"https://{HOST}/admin/login/"}
    answer = front.ask("POST", "/admin/login/", form.encode(), **kind, **given)
    cookies = dict(re.findall(r"(csrftoken|sessionid)=(\w+)", str(answer.headers.get_all("Set-Cookie"))))
    assert answer.status == 302, answer.said
    return {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "X-CSRFToken": cookies["csrftoken"],
        "Referer": f"https://{HOST}/",
    }


def test_requests_and_queries_of_all_processes_are_told(web):
    """The names that alerts and dashboard ask for, by what a real web answers to somebody with the token."""
    for _ in range(8):
        answer_of(web, "/admin/login/")
    told = answer_of(web, "/metrics", Authorization=f"Bearer {METRICS_TOKEN}")
    files = [(ROOT / "infra" / "prometheus" / name).read_text() for name in ("alerts.yaml", "dashboard.json")]
    names = {name for text in files for name in re.findall(r"\b(?:django|bookpipeline)_\w+", text)}
    series = set(re.findall(r"^([a-z_]+)", told, re.M))
    assert {name for name in names if name.startswith("django")} <= series | {"django_db_errors_total"}
    [count] = re.findall(r'^django_http_responses_total_by_status_total\{status="200"\} (\S+)', told, re.M)
    assert float(count) >= 8


def answer_of(port: int, path: str, **headers: str) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Host": HOST, "X-Forwarded-Proto": "https", **headers})
    response = connection.getresponse()
    said = response.read().decode()
    connection.close()
    assert response.status == 200, said
    return said
