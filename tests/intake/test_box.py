"""A box holds hostile code: it learns nothing, changes nothing, reaches nobody, and ends when its time is over."""

from __future__ import annotations

import ctypes
import fcntl
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from books.errors import Busy
from books.intake.box import ask as boxes
from books.intake.box.ask import BoxDied, BoxLimits, ask, means_found
from tests.intake import hostile

SMALL = BoxLimits(memory_bytes=64 << 20, cpu_seconds=1, wall_seconds=2.0, output_bytes=1 << 20)


def tried(attempt: str, limits: BoxLimits = SMALL, **facts: Any) -> dict[str, Any]:
    return ask("tests.intake.hostile", io.BytesIO(b"a file"), limits, attempt=attempt, **facts)[0]


@pytest.fixture(scope="module")
def victim() -> Iterator[dict[str, Any]]:
    """What hostile code is after: a process of the same user, a file, folders and ports."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.socket(socket.AF_UNIX) as abstract,
        subprocess.Popen(["sleep", "300"], env={"SECRET_KEY": "hunter2"}) as process,
    ):
        secret = Path(folder, ".env")
        secret.write_text("SECRET_KEY=hunter2")
        name = f"victim-{os.getpid()}"
        abstract.bind("\0" + name)
        abstract.listen()
        maps = Path(f"/proc/{process.pid}/maps")
        while "sleep" not in maps.read_text():
            time.sleep(0.01)
        address = int(maps.read_text().split("-")[0], 16)
        yield {
            "pid": process.pid,
            "address": address,
            "port": listening.getsockname()[1],
            "secret": str(secret),
            "folder": folder,
            "abstract": name,
        }
        process.kill()


@pytest.mark.parametrize("attempt", hostile.ATTEMPTS)
def test_what_works_outside_fails_inside(attempt: str, victim: dict[str, Any]) -> None:
    """An attempt that cannot succeed anywhere would prove nothing."""
    assert hostile.ATTEMPTS[attempt](**victim)
    answer = tried(attempt, **victim)
    assert "got" not in answer
    assert answer["refused"]


def test_nothing_is_in_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hunter2")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    held = os.open("/etc/passwd", os.O_RDONLY)
    os.set_inheritable(held, True)
    boxes._end_server()
    seen = tried("look_around")["got"]
    os.close(held)
    assert set(seen["environment"]) <= {*boxes.ENVIRONMENT, *boxes.KEPT, "LC_CTYPE"}
    assert seen["descriptors"] == []
    assert not {"django", "books.models", "boto3", "openai"} & set(seen["modules"])


def test_no_process_of_ours_has_a_secret_to_read() -> None:
    """The one that boxes are forked from has none, and the one that asks shows its own to nobody."""
    means_found()
    assert boxes._server is not None
    assert b"SECRET" not in Path(f"/proc/{boxes._server.pid}/environ").read_bytes()
    assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0  # PR_GET_DUMPABLE
    assert "refused" in tried("end_parent")


def test_the_file_that_is_read_cannot_be_changed(tmp_path: Path) -> None:
    with (tmp_path / "upload").open("w+b") as upload:
        upload.write(b"a page")
        assert "refused" in ask("tests.intake.hostile", upload, SMALL, attempt="change_what_it_reads")[0]
        upload.seek(0)
        assert upload.read() == b"a page"


@pytest.mark.parametrize(
    ("attempt", "facts"),
    [
        ("take_memory", {"megabytes": 128}),
        ("turn", {}),
        ("sleep", {"seconds": 60}),
        ("crash", {}),
        ("flood_header", {}),
        ("answer_nonsense", {}),
    ],
)
def test_what_takes_too_much_ends_alone(attempt: str, facts: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes, "HEADER_BYTES", 1 << 20)
    with pytest.raises(BoxDied):
        tried(attempt, **facts)
    assert tried("take_memory", megabytes=16)["got"] == 16 << 20


def test_an_answer_may_have_so_many_bytes() -> None:
    assert "File too large" in tried("flood_body")["refused"]


def test_so_many_boxes_at_once_and_no_more() -> None:
    """However many threads ask; they were counted one by one, and sixteen at once took five gigabytes."""
    with ThreadPoolExecutor(3 * boxes.AT_ONCE) as threads:
        spans = [each["got"] for each in threads.map(lambda _: tried("sleep", seconds=0.5), range(3 * boxes.AT_ONCE))]
    # A machine that is slow to start a box may never have all of them awake together.
    assert 1 < max(sum(begun <= moment < ended for begun, ended in spans) for moment, _ in spans) <= boxes.AT_ONCE


def test_a_machine_that_is_full_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process of this machine holds all places, and then ends."""
    monkeypatch.setattr(boxes, "PATIENCE_SECONDS", 0.2)
    means_found()
    folder = Path(tempfile.gettempdir()) / f"bookpipeline-boxes-{os.geteuid()}"
    held = [(folder / str(number)).open("w") for number in range(boxes.AT_ONCE)]
    for file in held:
        fcntl.flock(file, fcntl.LOCK_EX)
    with pytest.raises(Busy, match="try again in a minute"):
        means_found()
    for file in held:
        file.close()
    assert means_found()


def test_a_server_that_was_killed_is_replaced() -> None:
    means_found()
    assert boxes._server is not None
    os.kill(boxes._server.pid, signal.SIGKILL)
    os.waitpid(boxes._server.pid, 0)
    assert means_found()


def test_a_forked_process_has_a_server_of_its_own() -> None:
    means_found()
    before = boxes._server
    if (child := os.fork()) == 0:
        os._exit(0 if boxes._server is None and means_found() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert means_found()
    assert boxes._server is before


def test_nothing_is_left_of_a_process_that_ends() -> None:
    code = "from books.intake.box import ask; ask.means_found(); print(ask._server.pid)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    psutil.wait_procs([psutil.Process(int(told))] if psutil.pid_exists(int(told)) else [], timeout=5)
    assert not psutil.pid_exists(int(told))


def test_the_means_are_named() -> None:
    """A kernel without one of them names the others; this is what stands on the system page."""
    found = means_found()
    assert found[0] == "limits of memory, time and output"
    assert "seccomp" in found
    assert ("a user of its own" in found) == (os.geteuid() == 0)


@pytest.mark.parametrize("lacking", ["_shut_files", "_filter_calls", "_changed_user"])
def test_what_one_means_lacks_another_holds(lacking: str, victim: dict[str, Any]) -> None:
    """On a kernel without Landlock, on a processor without our list of calls, and without root."""
    code = f"""
from books.intake.box import confinement
from tests.intake import hostile
confinement.{lacking} = lambda **_: 0
confinement.confine(memory_bytes=64 << 20, cpu_seconds=5, output_bytes=1 << 20)
for attempt in ("read_file", "list_folder", "write_file", "connect", "connect_abstract"):
    try:
        hostile.ATTEMPTS[attempt](**{victim!r})
    except Exception:
        continue
    raise SystemExit(attempt)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
