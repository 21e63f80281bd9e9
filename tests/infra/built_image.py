"""python -m tests.infra.built_image: builds the image with buildah, and starts it with podman as the compose file does:
root read-only, no capability, no new privilege. For root, in minutes.

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

import yaml

from tests.flow.real_cluster import ROOT, until
from tests.infra.composed import check_compose
from tests.infra.front import free_port, is_healthy

COMMIT = "built-here"
FETCH_SECONDS = 120
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
IMAGE, STANDIN = "localhost/bookpipeline", "localhost/standin"
SETTINGS = {"SECRET_KEY": "x" * 60, "ALLOWED_HOSTS": "127.0.0.1"}
PLACES = ["/data", "/tmp"]  # noqa: S108 - of the image
# The user, five sets of capabilities, whether privileges can be gained, what would give some, and where one can write.
SEEN = """id -u; sed -En 's/^(Cap|NoNew).*:\\s+//p' /proc/self/status
find / -xdev -type f -perm /6000 2>/dev/null
for place in /app /opt/venv /data /tmp; do touch "$place/probe" 2>/dev/null && echo "$place"; done; true"""


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

    def build(self) -> None:
        options = ["--isolation=chroot", "--network=host", "--format=docker", f"--build-arg=COMMIT={COMMIT}"]
        self("bud", *options, *self.base(), "-f", "infra/Dockerfile", "-t", IMAGE, ".")


class Started:
    """Containers of what was built, with one volume of data and the settings of compose's services."""

    def __init__(self, buildah: Builder) -> None:
        self.command = ["podman", *buildah.command[1:], "--runtime=runc", "--cgroup-manager=cgroupfs"]
        product = yaml.safe_load((ROOT / "infra/compose.yaml").read_text())["x-product"]
        pages = buildah.folder / "pages"
        pages.mkdir()
        for number in (3, 4):
            shutil.copy(ROOT / f"samples/prealgebra/page_00{number}.png", pages)
        self.options = [
            *(["--read-only"] if product["read_only"] else []),
            *(f"--cap-drop={each}" for each in product["cap_drop"]),
            *(f"--security-opt={each}" for each in product["security_opt"]),
            *("--network=host", "--no-healthcheck", "--volume=data:/data", f"--volume={pages}:/pages:ro"),
            # podman's own are above what root may have in some sandboxes.
            *("--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096"),
            *(f"--env={name}={value}" for name, value in SETTINGS.items()),
        ]

    def __call__(self, *words: str) -> str:
        return subprocess.run([*self.command, *words], stdout=subprocess.PIPE, text=True, check=True).stdout

    def run(self, *command: str) -> str:
        return self("run", "--rm", *self.options, IMAGE, *command)

    @contextmanager
    def beside(self, name: str, *command: str) -> Iterator[None]:
        """Ended as a platform does: the first process gets the signal, and all of it ends well."""
        self("run", "--detach", f"--name={name}", *self.options, IMAGE, *command)
        try:
            yield
        finally:
            self("stop", "--time=60", name)
            [state] = json.loads(self("inspect", name))
            assert state["State"]["ExitCode"] == 0, self("logs", name)
            self("rm", name)


def main() -> None:
    if missing := [name for name in ("buildah", "debootstrap", "podman", "runc", "iptables") if not shutil.which(name)]:
        sys.exit(f"Install what builds and starts an image: {' and '.join(missing)}.")
    with tempfile.TemporaryDirectory(prefix="bookpipeline-built-", ignore_cleanup_errors=True) as folder:
        buildah = Builder(Path(folder))
        buildah.build()
        containers = Started(buildah)
        check_contents(buildah, containers)
        check_work(containers)
        buildah(
            "bud", "--isolation=chroot", "--network=host", "-f", "tests/infra/standin/Dockerfile", "-t", STANDIN, "."
        )
        check_compose(Path(folder), containers.command, SETTINGS["SECRET_KEY"])
    print("The image was built and started.")


def check_contents(buildah: Builder, containers: Started) -> None:
    image = json.loads(buildah("inspect", "--type=image", IMAGE))
    config = image["Docker"]["config"]
    assert config["User"] == "10001"
    assert config["Healthcheck"]["Test"][-1].endswith("timeout=4)")
    assert set(config["Volumes"]) == set(PLACES)
    assert not [name for name in config["Env"] if "SECRET" in name or "PASSWORD" in name]
    parts = {part["name"] for part in json.loads(containers.run("cat", "sbom.json"))["components"]}
    assert {"django", "tini"} <= parts
    seen = containers.run("sh", "-c", SEEN).split()
    assert seen == ["10001", *["0000000000000000"] * 5, "1", *PLACES]
    [facts] = json.loads(containers("image", "inspect", IMAGE))
    print(f"{facts['Size'] / 1e6:.0f} MB, {len(parts)} parts; user, capabilities, privileges, places to write:", *seen)


def check_work(containers: Started) -> None:
    """Migrated, served by the image's own entrypoint, and a book of two pages through a pool of workers beside it."""
    containers.run("python", "-m", "infra.release")
    print(
        containers.run("python", "-c", "from books.intake.box.ask import means_found; print(*means_found(), sep=', ')")
    )
    port = free_port()
    with (
        containers.beside("web", "gunicorn", "bookpipeline.wsgi", "--bind", f"127.0.0.1:{port}"),
        containers.beside("work", "python", "manage.py", "work"),
    ):
        until(lambda: is_healthy(port), "the image serves")
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/health")
        assert json.loads(connection.getresponse().read())["commit"] == COMMIT
        connection.close()
        containers.run("python", "manage.py", "process_book", "/pages", "--approve", "--out", "/data/guidelines.json")
        written = json.loads(containers.run("cat", "/data/guidelines.json"))
        assert [topic["title"] for topic in written["topics"]] == ["Whole Numbers"]
        containers.run("python", "manage.py", "work", "--check")


if __name__ == "__main__":
    main()
