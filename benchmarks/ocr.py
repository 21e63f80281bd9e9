"""Pages a second of the OCR job beside the same engine in a bare process pool: python -m benchmarks ocr.

Both read the same files on all processors, in the same run; the pool stores nothing. Fails below 0.95 of the pool.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image

PAGES = 60
ROUNDS = 3
LEAST_RATIO = 0.95
SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "prealgebra"
CORES = len(os.sched_getaffinity(0))


def files(folder: Path) -> list[Path]:
    """The sample's pages again and again, no two with the same bytes."""
    names = sorted(path for path in SAMPLE.iterdir() if path.suffix in {".png", ".jpg"})
    made = []
    for number in range(PAGES):
        with Image.open(names[number % len(names)]) as page:
            copy = page.convert("L")
        copy.putpixel((0, 0), number)
        made.append(folder / f"page_{number:03}.png")
        copy.save(made[-1])
    return made


def load_engine() -> None:
    global engine  # noqa: PLW0603 - one a process, as in a worker
    from books.ocr.tesseract import TesseractEngine

    engine = TesseractEngine()
    engine.read(Image.new("L", (900, 1200), 255))


def read(path: Path) -> float:
    """When the page was done."""
    from books.ocr.imaging import normalise, open_page

    with path.open("rb") as file:
        engine.read(normalise(open_page(file)))
    return time.time()


def bare_rate(paths: list[Path]) -> float:
    """From the first page done to the last, as ``job_rate`` counts."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(CORES, mp_context=spawn, initializer=load_engine) as pool:
        done = sorted(pool.map(read, paths))
    return (len(done) - 1) / (done[-1] - done[0])


def job_rate(paths: list[Path]) -> float:
    from django.db.models import Max, Min

    from books.intake.store import Upload, add_all_files
    from books.models import Book, OcrStatus
    from books.ocr.start import start_reading
    from jobs.models import Item, Job

    book = Book.objects.create(title="Bench")
    uploads = [Upload(path.name, path.open("rb")) for path in paths]
    add_all_files(book, uploads)
    for upload in uploads:
        upload.data.close()
    job = Job.objects.filter(book=book).first() or start_reading(book)
    environment = {**os.environ, "Q_CLUSTER_NAME": "cpu"}
    with subprocess.Popen([sys.executable, "-m", "jobs.cluster.main"], env=environment) as cluster:
        try:
            while not Job.objects.filter(pk=job.pk, status="completed").exists():
                time.sleep(0.2)
        finally:
            cluster.send_signal(signal.SIGTERM)
            cluster.wait(60)
    assert book.pages.filter(ocr_status=OcrStatus.DONE).count() == len(paths)
    times = Item.objects.filter(job=job).aggregate(first=Min("finished_at"), last=Max("finished_at"))
    return (len(paths) - 1) / (times["last"] - times["first"]).total_seconds()


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as name:
        folder = Path(name)
        os.environ.update(
            DJANGO_SETTINGS_MODULE="benchmarks.settings",
            SECRET_KEY=secrets.token_urlsafe(50),
            DATABASE_URL=f"sqlite:///{folder / 'db.sqlite3'}",
            DATA_DIR=str(folder / "data"),
            STORAGE="files",
            OCR_ENGINE="local",
            LOG_LEVEL="ERROR",
            CPU_WORKERS=str(CORES),
            OMP_THREAD_LIMIT="1",
            OMP_NUM_THREADS="1",
        )
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        (scans := folder / "scans").mkdir()
        paths = files(scans)
        rounds = [(bare_rate(paths), job_rate(paths)) for _ in range(ROUNDS)]
    bare, ours = (statistics.median(rates) for rates in zip(*rounds, strict=True))
    ratio = statistics.median(ours / bare for bare, ours in rounds)
    print(f"{PAGES} pages on {CORES} processors, pages a second:")
    print(f"  bare pool {bare:.2f}, OCR job {ours:.2f}, {ratio:.2f} of it")
    print(json.dumps({"rounds": rounds, "ratio": ratio, "least": LEAST_RATIO}))
    return 0 if ratio >= LEAST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
