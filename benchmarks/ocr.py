"""Pages a second of the OCR job beside the same engine in a bare process pool: python -m benchmarks ocr.

Both read the same files on all processors, in the same run; the pool stores nothing. Fails below 0.95 of the pool.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from PIL import Image

from benchmarks import site
from benchmarks.bounds import Bound, told

PAGES = 60
ROUNDS = 3
LEAST_RATIO = 0.95
CORES = len(os.sched_getaffinity(0))


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
    done = site.times_of_reading(site.book_of(paths), "cpu")
    return (len(done) - 1) / (done[-1] - done[0])


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as name:
        folder = Path(name)
        threads = {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"}
        site.begin(folder, OCR_ENGINE="local", CPU_WORKERS=str(CORES), **threads)
        paths = site.page_files(folder / "scans", PAGES)
        rounds = [(bare_rate(paths), job_rate(paths)) for _ in range(ROUNDS)]
    bare, ours = (statistics.median(rates) for rates in zip(*rounds, strict=True))
    ratio = statistics.median(ours / bare for bare, ours in rounds)
    print(f"{PAGES} pages on {CORES} processors, pages a second:")
    print(f"  bare pool {bare:.2f}, OCR job {ours:.2f}, {ratio:.2f} of it")
    return told(Bound("pages a second of the OCR job, of a bare process pool", ratio, least=LEAST_RATIO))


if __name__ == "__main__":
    sys.exit(main())
