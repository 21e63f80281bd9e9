"""Starts infra/compose.yaml as it stands, with the image that was built, and takes a book of two pages through it.

PostgreSQL's and MinIO's own images are replaced by tests/infra/standin; all else is the file's: networks, volumes,
settings, capabilities, read-only roots, health checks and order.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import yaml

from tests.flow.real_cluster import ROOT, until

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "infra/compose.yaml").read_text())["services"]
SECRETS = {name: f"{name.lower()}-of-this-check" for name in ("POSTGRES_PASSWORD", "S3_PASSWORD", "S3_ROOT_PASSWORD")}
START_SECONDS = 300
# Above what root may have in some sandboxes.
LIMITS = "--ulimit=nofile=1024:1024 --ulimit=nproc=4096:4096"


class Composed:
    """podman-compose with podman's store where the image was built; ``podman`` is the command that sees it."""

    def __init__(self, folder: Path, podman: Sequence[str], secret_key: str) -> None:
        self.podman = podman
        (folder / "env").write_text("".join(f"{k}={v}\n" for k, v in {**SECRETS, "SECRET_KEY": secret_key}.items()))
        (folder / "podman").write_text(f'#!/bin/sh\nexec {" ".join(podman)} "$@"\n')
        (folder / "podman").chmod(0o755)
        files = [f"--file={ROOT / each}" for each in ("infra/compose.yaml", "tests/infra/standin/compose.yaml")]
        program = shutil.which("podman-compose") or str(ROOT / ".venv/bin/podman-compose")
        options = [f"--podman-path={folder / 'podman'}", f"--podman-run-args={LIMITS}", f"--env-file={folder / 'env'}"]
        self.command = [program, *options, *files]

    def __call__(self, *words: str) -> str:
        done = subprocess.run([*self.command, *words], stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
        return done.stdout

    def inside(self, service: str, *command: str) -> str:
        words = [*self.podman, "exec", f"bookpipeline_{service}_1", *command]
        return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout

    def is_healthy(self, service: str) -> bool:
        """By the check that the file gives it."""
        test = SERVICES[service]["healthcheck"]["test"][1:]
        done = subprocess.run([*self.podman, "exec", f"bookpipeline_{service}_1", *test], check=False)
        return not done.returncode

    @contextmanager
    def up(self) -> Iterator[None]:
        """All services, each after those that it waits for; ended as the file says, and every one well."""
        try:
            for service in in_turn():
                ends = SERVICES[service].get("restart", "no") == "no"
                self("up", "--no-build", "--no-recreate", *([] if ends else ["--detach"]), service)
                if not ends and "healthcheck" in SERVICES[service] and not service.startswith("work"):
                    until(partial(self.is_healthy, service), f"{service} is healthy", START_SECONDS)
            yield
            self("stop")
            for service in SERVICES:
                [state] = json.loads(self._podman("inspect", f"bookpipeline_{service}_1"))
                assert state["State"]["ExitCode"] == 0, (service, self._podman("logs", f"bookpipeline_{service}_1"))
        finally:
            self("down", "--volumes")

    def _podman(self, *words: str) -> str:
        return subprocess.run([*self.podman, *words], stdout=subprocess.PIPE, text=True, check=True).stdout


def in_turn() -> list[str]:
    """The services, each behind those that it depends on."""
    order: list[str] = []
    while waiting := [name for name in SERVICES if name not in order]:
        order += [name for name in waiting if set(SERVICES[name].get("depends_on", ())) <= set(order)]
    return order


def check_compose(folder: Path, podman: Sequence[str], secret_key: str) -> None:
    """A book from its scans, in S3, to guidelines, read by a worker of its own and served on the port of the file."""
    composed = Composed(folder, podman, secret_key)
    with composed.up():
        until(lambda: answers("http://127.0.0.1:8000/ready"), "the web serves", START_SECONDS)
        for page in (3, 4):
            scan = f"samples/prealgebra/page_00{page}.png"
            subprocess.run([*podman, "cp", str(ROOT / scan), f"bookpipeline_web_1:/tmp/{page}.png"], check=True)
        out, scans = "/data/guidelines.json", ["/tmp/3.png", "/tmp/4.png"]  # noqa: S108 - of the container
        composed.inside("web", "python", "manage.py", "process_book", *scans, "--approve", f"--out={out}")
        assert [topic["title"] for topic in json.loads(composed.inside("web", "cat", out))["topics"]] == [
            "Whole Numbers"
        ]
        for pool in ("cpu", "io"):
            composed.inside(f"work-{pool}", "python", "manage.py", "work", "--check")
        print(f"Composed: {len(SERVICES)} services, a book from S3 to guidelines.")


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as response:  # noqa: S310 - this machine's
            return bool(response.status == 200)
    except OSError:
        return False
