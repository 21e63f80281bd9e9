"""Where the README meets a fresh folder: its commands do, in its order, what it says they do."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests import s3
from tests.flow.real_cluster import QUICK, ROOT, until
from tests.infra.front import HOST, nginx
from tests.own_environment import postgresql_server

pytestmark = [pytest.mark.xdist_group("readme"), pytest.mark.timeout(900)]

NOT_IN_A_CLONE = (
    ".git",
    ".venv",
    "var",
    "staticfiles",
    ".env",
    "*_cache",
    "__pycache__",
    "guidelines.json",
    "guidelines.md",
    "screenshots",
)
PAGES = 2
PATIENCE = 300
# What runs until it is stopped.
SERVERS = ("gunicorn bookpipeline.wsgi", "manage.py work --pool cpu", "--pool io")
# What the README leaves to the reader, and what a terminal would ask.
STAND_INS = {
    "SCANS/": "scans",
    "TRUTH.json": "samples/prealgebra/truth.json",
    "FILE": "samples/evidence/prealgebra.json",
    "--book ID": "--book 1",
    "createsuperuser": "createsuperuser --noinput",
}
KEYS = {name.lower(): s3.CREDENTIALS[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
PERSON = {"USERNAME": "grace", "EMAIL": "grace@example.org", "PASSWORD": "a-long-password-1"}


def code_of(heading: str) -> list[str]:
    """The commands that stand by themselves below ``heading``, without their remarks; each way of "--a | --b" alone."""
    lines = [line.split("  #")[0].strip() for line in _part(heading).splitlines() if line.startswith("    ")]
    return [command for line in lines if line for command in _ways(line)]


def _ways(line: str) -> list[str]:
    first, *more = line.split(" | ")
    return [first, *(f"{first.rpartition(' ')[0]} {each}" for each in more)]


def named_in(heading: str) -> list[str]:
    """The commands that are named within the text below ``heading``."""
    return re.findall(r"`((?:manage\.py|gunicorn|--pool) ?[^`]*)`", _part(heading))


def _part(heading: str) -> str:
    parts = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## ")
    return next(part for part in parts if part.startswith(heading))


class Fresh:
    """A clone, and an environment for it that has its packages already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_IN_A_CLONE))
        self._install()
        for page in sorted((folder / "samples" / "prealgebra").glob("page_*"))[PAGES:]:
            page.unlink()
        (folder / "scans").mkdir()
        shutil.copy(folder / "samples" / "prealgebra" / "page_001.png", folder / "scans")
        (folder / "contents.txt").write_text("1 Whole Numbers 1\n")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = str(probe.getsockname()[1])
        own = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        person = {f"DJANGO_SUPERUSER_{name}": value for name, value in PERSON.items()}
        ports = {"PORT": self.port, "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{self.port}"}
        self.environment = own | QUICK | person | ports

    def _install(self) -> None:
        (self.folder / ".venv").mkdir()
        for each in Path(sys.prefix).iterdir():
            if not each.name.startswith(".installed"):
                (self.folder / ".venv" / each.name).symlink_to(each)
        for name in (".installed", ".installed-dev"):
            (self.folder / ".venv" / name).touch()

    def words(self, command: str) -> list[str]:
        for name, meaning in STAND_INS.items():
            command = re.sub(rf"(?<!\S){re.escape(name)}(?!\S)", meaning, command)
        return shlex.split(re.sub("^(?=gunicorn)", ".venv/bin/", re.sub("^(?=manage)", ".venv/bin/python ", command)))

    def run(self, command: str, *, allowed: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            self.words(command),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode in allowed, f"{command}\n{said[-3000:]}"
        assert "Traceback" not in said, f"{command}\n{said[-3000:]}"
        return said

    @contextmanager
    def running(self, command: str) -> Iterator[Path]:
        """Its log."""
        path = self.folder / f"running-{len(list(self.folder.glob('running-*')))}.log"
        with path.open("w") as log:
            process = subprocess.Popen(
                self.words(f"manage.py work {command}" if command.startswith("--") else command),
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        try:
            yield path
        except BaseException:
            print(path.read_text()[-3000:])
            raise
        finally:
            process.terminate()
            process.wait(60)

    def is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


@pytest.fixture
def fresh(tmp_path) -> Fresh:
    return Fresh(tmp_path / "clone")


def test_the_two_commands_work_in_a_fresh_folder(fresh):
    demo, test = code_of("Two commands")
    assert "The job took" in fresh.run(demo)
    assert (fresh.folder / "guidelines.json").exists()
    assert "pytest" in fresh.run(f"{test} --dry-run")  # it is what runs this


@pytest.mark.parametrize("target", ["demo", "up"])
def test_each_way_to_start_takes_a_port(target):
    make = shutil.which("make") or "make"
    says = subprocess.run([make, "-n", target, "PORT=8100"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "--port 8100" in says.stdout


def test_your_own_book_works_in_a_fresh_folder(fresh):
    """`up` refused a database without tables, and only `make demo` made it any."""
    up, person, *others = code_of("Your own book")
    with fresh.running(up):
        until(fresh.is_up, "the web answers", PATIENCE)
        assert "Superuser created" in fresh.run(person)
        job = ""
        for command in others:
            # A job that is over refuses to be paused, in a sentence.
            said = fresh.run(command.replace("job ID", f"job {job}"), allowed=(0, 1) if "job ID" in command else (0,))
            job = job or "".join(re.findall(r"\b[0-9a-f]{8}\b", said)[:1])
    assert job
    assert (fresh.folder / "physics.json").exists()


@pytest.fixture
def server() -> Iterator[Any]:
    folder = tempfile.mkdtemp(prefix="bookpipeline-readme-")
    server = postgresql_server(Path(folder))
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def test_the_ten_lines_lead_to_production_behind_a_real_nginx(fresh, server, s3_server, tmp_path):
    text = _part("To production")
    lines = dict(re.findall(r"^(\d+)\. ((?:.|\n   )+)", text, re.M))
    assert len(lines) == 10
    boto3.client("s3", endpoint_url=s3_server, **KEYS).create_bucket(Bucket=s3.BUCKET)
    fresh.environment |= s3.CREDENTIALS | {"AWS_S3_ENDPOINT_URL": s3_server, "AWS_S3_REGION_NAME": "us-east-1"}
    values = {
        "SECRET_KEY": "x" * 60,
        "ALLOWED_HOSTS": HOST,
        "CSRF_TRUSTED_ORIGINS": f"https://{HOST}",
        "DATABASE_URL": server.get_uri(),
        "STORAGE": "s3",
        "AWS_STORAGE_BUCKET_NAME": s3.BUCKET,
        "BEHIND_PROXY": "true",
    }
    named = {name for number in "2346" for name in re.findall(r"`([A-Z_0-9]+)(?:=[^`]*)?`", lines[number])}
    assert named == {*values, "DEBUG"}
    settings = (fresh.folder / ".env.example").read_text().replace("\nDEBUG=true\n", "\n")
    for name, value in values.items():
        settings, count = re.subn(rf"^#?{name}=.*$", f"{name}={value}", settings, flags=re.M)
        assert count == 1, name
    (fresh.folder / ".env").write_text(settings)

    commands = named_in("To production")
    assert set(SERVERS) < set(commands)
    for command in commands[: commands.index("gunicorn bookpipeline.wsgi")]:
        fresh.run(command)
    (tmp_path / "nginx").mkdir()
    with ExitStack() as stack:
        logs = [stack.enter_context(fresh.running(each)) for each in SERVERS]
        front = stack.enter_context(nginx(tmp_path / "nginx", int(fresh.port)))
        until(fresh.is_up, "the web answers", PATIENCE)
        until(lambda: front.ask("GET", "/ready").json["workers"] == ["cpu", "io"], "both pools work", PATIENCE)
        assert front.ask("GET", "/health").json["status"] == "ok"
        page = front.ask("GET", "/admin/login/")
        assert page.status == 200
        [style] = re.findall(r'href="(/static/bookpipeline/screens\.[0-9a-f]{12}\.css)"', page.said)
        assert front.ask("GET", style).status == 200
        fresh.run("manage.py sweep_jobs")
        facts = '--title "Physics 9" --grade 9 --subject Physics'
        said = fresh.run(f"manage.py process_book SCANS/ {facts} --approve --out physics.json")
        assert "physics.json" in said
        written = [json.loads(line) for log in logs for line in log.read_text().splitlines()]
    moved = [line for line in written if line["message"] == "job moved"]
    assert {line["to"] for line in moved} >= {"running", "completed"}
    assert all(line["job"] and line["book"] and line["kind"] for line in moved)
    restore(fresh, server)


def restore(fresh: Fresh, server: Any) -> None:
    """The drill of docs/operations.md, word by word but for `up`: a copy beside the original, over the same bucket."""
    text = (ROOT / "docs" / "operations.md").read_text().split("\n## Backups")[1].split("\n## ")[0]
    *commands, up = [line.split("  #")[0].strip() for line in text.splitlines() if line.startswith("    ")]
    assert up == "python manage.py up"
    database = server.get_uri()
    copy = server.get_uri("copy")
    path = f"{fresh.folder}/.venv/bin:{server.bin_path}:{fresh.environment['PATH']}"
    environment = fresh.environment | {"PATH": path, "DATABASE_URL": database, "COPY_DATABASE_URL": copy}
    said = ""
    for command in commands:
        environment["DATABASE_URL"] = copy if "manage.py" in command else database
        words = ["sh", "-c", command.replace("NAME", "copy")]
        done = subprocess.run(words, cwd=fresh.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stderr[-3000:]}"
        said += done.stdout
    assert "0 jobs cancelled" in said
    assert re.search(r"All \d+ files are there", said), said
