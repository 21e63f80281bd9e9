"""Pages a second of the OCR job beside the same engine in a bare process pool: python -m benchmarks ocr.

Both read the same files on all processors, in the same run; the pool stores nothing. Fails below 0.95 of the pool, and
where a worker needs 400 MB. Says where the time of a page goes.
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
from benchmarks.page_steps import steps_of_reading

PAGES = 60
ROUNDS = 3
STEPPED_PAGES = 24
LEAST_RATIO = 0.95
MOST_MEGABYTES = 400
CORES = len(os.sched_getaffinity(0))


def load_engine() -> None:
    global engine  # noqa: PLW0603 - one a process, as in a worker
    from books.ocr.engines.tesseract import TesseractEngine

    engine = TesseractEngine()
    engine.read(Image.new("L", (900, 1200), 255))


def read(path: Path) -> float:
    """When the page was done."""
    from books.ocr.image.open import normalise, open_page

    with path.open("rb") as file:
        engine.read(normalise(open_page(file)))
    return time.time()


def bare_rate(paths: list[Path]) -> tuple[float, float]:
    """Pages a second from the first page done to the last, as ``job_rate`` counts, and processor seconds a page."""
    before = site.processor_seconds()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(CORES, mp_context=spawn, initializer=load_engine) as pool:
        done = sorted(pool.map(read, paths))
    return (len(done) - 1) / (done[-1] - done[0]), (site.processor_seconds() - before) / len(paths)


def job_rate(paths: list[Path]) -> tuple[float, float, float]:
    """The same, and the most megabytes that one of the cluster's processes had."""
    before = site.processor_seconds()
    done, megabytes = site.times_of_reading(site.book_of(paths), "cpu")
    return (len(done) - 1) / (done[-1] - done[0]), (site.processor_seconds() - before) / len(paths), megabytes


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as name:
        folder = Path(name)
        threads = {"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"}
        site.begin(folder, OCR_ENGINE="local", CPU_WORKERS=str(CORES), **threads)
        paths = site.page_files(folder / "scans", PAGES)
        rounds = [(bare_rate(paths), job_rate(paths)) for _ in range(ROUNDS)]
        steps = steps_of_reading(site.book_of(paths[:STEPPED_PAGES]))
    ratio = statistics.median(ours / bare for (bare, _), (ours, *_) in rounds)
    print(f"{PAGES} pages on {CORES} processors:")
    for name, found in zip(("bare pool", "OCR job"), zip(*rounds, strict=True), strict=True):
        rate, seconds = (statistics.median(each[at] for each in found) for at in (0, 1))
        print(f"  {name} {rate:.2f} pages a second, {1000 * seconds:.0f} ms of processor a page")
    print(f"A page alone, {sum(steps.values()):.0f} ms:")
    for name, milliseconds in steps.items():
        print(f"  {milliseconds:7.1f} ms  {name}")
    return told(
        Bound("pages a second of the OCR job, of a bare process pool", ratio, least=LEAST_RATIO),
        Bound("MB of the largest process", max(most for _, (*_, most) in rounds), below=MOST_MEGABYTES),
    )


if __name__ == "__main__":
    sys.exit(main())
