"""python -m tests.infra.built_image: builds the image with buildah, and starts what was built. For root, in minutes.

Where the pinned base cannot be fetched, one that debootstrap makes of the same release stands in.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import psutil

from tests.flow.cluster import ROOT, until
from tests.infra.front import free_port, is_healthy

COMMIT = "built-here"
FETCH_SECONDS = 120
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PLACES = ["/data", "/tmp"]  # noqa: S108 - of the image
WRITABLE = 'for place in /app /opt/venv /data /tmp; do touch "$place/probe" 2>/dev/null && echo "$place"; done; true'


class Builder:
    """buildah with a store of its own in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.command = ["buildah", "--root", str(folder / "store"), "--runroot", str(folder / "run")]

    def __call__(self, *words: str, seconds: float | None = None) -> str:
        done = subprocess.run(
            [*self.command, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=seconds, check=True
        )
        return done.stdout

    def base(self) -> list[str]:
        """Arguments of the build: with what is pinned, where that can be fetched."""
        [digest] = re.findall(r"^ARG BASE=python:\S+(@sha256:\w+)$", (ROOT / "infra/Dockerfile").read_text(), re.M)
        pinned = f"docker.io/library/python{digest}"
        try:
            self("pull", f"docker://{pinned}", seconds=FETCH_SECONDS)
        except subprocess.SubprocessError:
            print("The pinned base cannot be fetched: debootstrap makes one.")
        else:
            return ["--build-arg", f"BASE={pinned}"]
        root = self.folder / "debian"
        packages = "--include=python3,python3-venv,ca-certificates"
        make = ["debootstrap", "--variant=minbase", packages, "bookworm", str(root), "http://deb.debian.org/debian"]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
        (root / "usr/bin/python").symlink_to("python3")
        # Whom this machine trusts may be more than Debian does; and the certificates of RDS are fetched from afar too.
        shutil.copy(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
        container = self("from", "scratch").strip()
        self("add", "--quiet", container, str(root), "/")
        self("commit", "--quiet", container, "localhost/base")
        return ["--build-arg", "BASE=localhost/base", "--build-arg", "RDS_CERTIFICATES=requirements.txt"]

    def build(self) -> str:
        options = [
            "--isolation",
            "chroot",
            "--network",
            "host",
            "--format",
            "docker",
            "--build-arg",
            f"COMMIT={COMMIT}",
        ]
        self("bud", *options, *self.base(), "-f", "infra/Dockerfile", "-t", "localhost/bookpipeline", ".")
        return self("from", "localhost/bookpipeline").strip()


def main() -> None:
    if missing := [name for name in ("buildah", "debootstrap") if not shutil.which(name)]:
        sys.exit(f"Install what builds an image: {' and '.join(missing)}.")
    with tempfile.TemporaryDirectory(prefix="bookpipeline-built-", ignore_cleanup_errors=True) as folder:
        buildah = Builder(Path(folder))
        container = buildah.build()
        check_contents(buildah, container)
        check_start(buildah, container)
        buildah("rm", "--all")
    print("The image was built and started.")


def check_contents(buildah: Builder, container: str) -> None:
    config = json.loads(buildah("inspect", container))["Docker"]["config"]
    assert config["User"] == "10001"
    assert config["Healthcheck"]["Test"][-1].endswith("timeout=4)")
    assert set(config["Volumes"]) == set(PLACES)
    assert not [name for name in config["Env"] if "SECRET" in name or "PASSWORD" in name]
    inside = ["run", "--isolation", "chroot", container, "--"]
    assert buildah(*inside, "sh", "-c", WRITABLE).split() == PLACES
    parts = {part["name"] for part in json.loads(buildah(*inside, "cat", "sbom.json"))["components"]}
    assert {"django", "tini"} <= parts


def check_start(buildah: Builder, container: str) -> None:
    """As the image says: entrypoint and command, with a database of its own; ended by a signal."""
    config = json.loads(buildah("inspect", container))["Docker"]["config"]
    port = free_port()
    given = {"SECRET_KEY": "x" * 60, "ALLOWED_HOSTS": "127.0.0.1", "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{port}"}
    variables = [word for name, value in given.items() for word in ("--env", f"{name}={value}")]
    inside = ["run", "--isolation", "chroot", "--network", "host", *variables, container, "--"]
    buildah(*inside, "python", "-m", "infra.release")
    own = [word for word in config["Cmd"] if word not in {"--bind", "0.0.0.0:8000"}]
    with running([*buildah.command, *inside, *config["Entrypoint"], *own]):
        until(lambda: is_healthy(port), "the image serves")
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/health")
        assert json.loads(connection.getresponse().read())["commit"] == COMMIT
        connection.close()


@contextmanager
def running(command: list[str]) -> Iterator[None]:
    """Ended as a platform does: the first process of the container gets the signal, and all of it ends well."""
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield
    finally:
        inside = psutil.Process(process.pid).children(recursive=True)
        for first in [each for each in inside if each.name() == "tini"]:
            first.terminate()
        assert process.wait(60) == 0


if __name__ == "__main__":
    main()
