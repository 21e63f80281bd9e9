"""The product on a database and a folder of its own, in this process, with a book and a cluster to read it."""

from __future__ import annotations

import os
import resource
import secrets
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from PIL import Image

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "prealgebra"


def begin(folder: Path, url: str = "", **environment: str) -> None:
    """Once a process: settings, tables."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="benchmarks.settings",
        SECRET_KEY=secrets.token_urlsafe(50),
        DATABASE_URL=url or f"sqlite:///{folder / 'db.sqlite3'}",
        DATA_DIR=str(folder / "data"),
        STORAGE="files",
        LOG_LEVEL="ERROR",
        **environment,
    )
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def page_files(folder: Path, count: int) -> list[Path]:
    """The sample's pages again and again, no two with the same bytes."""
    folder.mkdir()
    names = sorted(path for path in SAMPLE.iterdir() if path.suffix in {".png", ".jpg"})
    made = []
    for number in range(count):
        with Image.open(names[number % len(names)]) as page:
            copy = page.convert("L")
        copy.paste(0, (10 + 6 * number, 10, 13 + 6 * number, 13))  # a speck, too small for a letter
        made.append(folder / f"page_{number:03}.png")
        copy.save(made[-1])
    return made


def book_of(paths: list[Path]) -> Any:
    from books.intake.store import Upload, add_all_files
    from books.models import Book

    book = Book.objects.create(title="Bench")
    uploads = [Upload(path.name, path.open("rb")) for path in paths]
    add_all_files(book, uploads)
    for upload in uploads:
        upload.data.close()
    return book


def processor_seconds() -> float:
    """Of all children of this process that are over, and theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak_megabytes(process: int) -> float:
    """Of the largest of ``process`` and those below it that live: its resident memory at its most."""
    peaks = []
    for each in [psutil.Process(process), *psutil.Process(process).children(recursive=True)]:
        with suppress(FileNotFoundError):
            status = Path(f"/proc/{each.pid}/status").read_text()
            peaks += [int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")]
    return max(peaks)


def times_of_reading(book: Any, pool: str) -> tuple[list[float], float]:
    """Reads the book with a cluster of its own; when each page was done, in seconds, from the earliest, and the
    megabytes of the largest of its processes."""
    from books.models import OcrStatus
    from books.ocr.start import start_reading
    from jobs.models import Item, Job

    job = start_reading(book)
    environment = {**os.environ, "Q_CLUSTER_NAME": pool}
    with subprocess.Popen([sys.executable, "-m", "jobs.worker.cluster"], env=environment) as cluster:
        try:
            while not Job.objects.filter(pk=job.pk, status="completed").exists():
                time.sleep(0.2)
            megabytes = peak_megabytes(cluster.pid)
        finally:
            cluster.send_signal(signal.SIGTERM)
            cluster.wait(60)
    assert not book.pages.exclude(ocr_status=OcrStatus.DONE).exists()
    times = Item.objects.filter(job=job).order_by("finished_at").values_list("finished_at", flat=True)
    return [at.timestamp() for at in times], megabytes
