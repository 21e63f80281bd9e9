"""Extraction in a process and on a database of its own: ``python -m benchmarks.extract WHAT FOLDER URL PROVIDER N``.

The provider is a stand-in that somebody else runs. Prints what was found as JSON.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks import site
from benchmarks.processor import processor_seconds, slowness
from benchmarks.ready_book import SHAPE, approved_book, contents

IN_FLIGHT = 16
ROUNDS = 3


@contextmanager
def one_runner() -> Iterator[int]:
    """A cluster with one worker for network work, ready to take its first task; its process id."""
    from django_q.models import OrmQ
    from django_q.tasks import async_task

    environment = {**os.environ, "Q_CLUSTER_NAME": "io", "IO_WORKERS": "1"}
    async_task("benchmarks.apps.nothing", cluster="io")
    with subprocess.Popen([sys.executable, "-m", "jobs.worker.cluster"], env=environment) as cluster:
        try:
            while OrmQ.objects.exists():
                time.sleep(0.05)
            yield cluster.pid
        finally:
            cluster.send_signal(signal.SIGTERM)
            cluster.wait(60)


def extracted(book: Any) -> Any:
    """The book's finished job, worked by the cluster."""
    from books.extraction.job import start_extraction
    from jobs.models import Job
    from jobs.states import ACTIVE

    job = start_extraction(book)
    while Job.objects.filter(pk=job.pk, status__in=ACTIVE).exists():
        time.sleep(0.02)
    job.refresh_from_db()
    assert (job.status, job.failed_items) == ("completed", 0), (job.status, job.error_message, job.progress_detail)
    return job


def schedule(pages: int) -> dict[str, Any]:
    """Seconds of each round from the start to the end of the job, beside those of the runner's processor, and the most
    megabytes that the runner ever held."""
    seconds, processor = [], []
    with one_runner() as cluster:
        for number in range(ROUNDS):
            # Another title, or the ledger would answer; gaps, so that every stage asks.
            book = approved_book(f"Round {number} at {time.time()}", pages, is_clean=False)
            before = processor_seconds(cluster)
            job = extracted(book)
            processor.append(processor_seconds(cluster) - before)
            seconds.append((job.completed_at - job.created_at).total_seconds())
            check_shape(book, pages)
        peak = max(peaks(cluster))
    return {"seconds": seconds, "processor": processor, "peak_mb": peak}


def a_call(pages: int) -> dict[str, Any]:
    """Queries and milliseconds of processor a call of a book, with the runner in this process, and those that the bare
    client takes for the same requests: of each the least of ROUNDS, as on the machine of ``slowness``."""
    from books.extraction.job import start_extraction
    from books.ledger.choices import ledger
    from jobs.runner import run_to_end

    client, asked = ledger().client_of("openai"), []
    complete = client.complete
    client.complete = lambda request: asked.append(request) or complete(request)  # type: ignore[method-assign]
    run_to_end(start_extraction(approved_book("Warm", 6, is_clean=False)).pk)
    ours, bare, paces = [], [], []
    for number in range(ROUNDS):
        pace = slowness()
        paces.append(pace)
        book = approved_book(f"Costs {number}", pages, is_clean=False)
        asked.clear()
        with counted() as seen:
            began = time.process_time()
            job = run_to_end(start_extraction(book).pk)
            ours.append((time.process_time() - began) / pace)
        assert (job.status, job.failed_items) == ("completed", 0), job.error_message
        began = time.process_time()
        with ThreadPoolExecutor(IN_FLIGHT) as threads:
            list(threads.map(complete, list(asked)))
        bare.append((time.process_time() - began) / pace)
    calls = len(asked)
    least = {"ms": 1000 * min(ours) / calls, "bare": 1000 * min(bare) / calls}
    return {"calls": calls, "queries": seen["queries"] / calls, "slowness": min(paces)} | least


def once(pages: int) -> dict[str, Any]:
    """Seconds that one book takes, the most attempts that an item of it needed, and what the sweep had to do."""
    from books.extraction.job import start_extraction
    from jobs.models import Item, Job
    from jobs.states import FINAL
    from jobs.sweep import sweep

    book = approved_book(f"At {time.time()}", pages)
    with one_runner():
        job, reasons = start_extraction(book), set()
        while not Job.objects.filter(pk=job.pk, status__in=FINAL).exists():
            sweep()
            reasons.update(job.events.filter(to_status="paused").values_list("reason", flat=True))
            time.sleep(0.1)
    job.refresh_from_db()
    assert (job.status, job.failed_items) == ("completed", 0), (job.status, job.error_message)
    check_shape(book, pages)
    attempts = max(Item.objects.filter(job=job).values_list("attempts", flat=True))
    return {
        "seconds": (job.completed_at - job.created_at).total_seconds(),
        "attempts": attempts,
        "pauses": sorted(reasons),
    }


def check_shape(book: Any, pages: int) -> None:
    from books.models import Subtopic

    made = Subtopic.objects.filter(topic__book=book)
    assert (made.count(), book.topics.count()) == SHAPE[pages], (made.count(), book.topics.count())
    assert not made.filter(guideline={}).exists()


def peaks(cluster: int) -> Iterator[float]:
    """Megabytes of resident memory, at their height, of each process of the cluster."""
    import psutil

    for process in psutil.Process(cluster).children(recursive=True):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
        yield int(found[1]) / 1000 if found else 0.0


def again(pages: int) -> dict[str, Any]:
    """Calls for the book, for the same book once more, and once more with one page corrected."""
    from django.contrib.auth import get_user_model

    from books.models import ModelCall
    from books.ocr.review import approve_pages, edit_text

    person = get_user_model().objects.create_superuser("bench")
    book = approved_book("Again", pages)
    calls = []
    with one_runner():
        extracted(book)
        calls.append(ModelCall.objects.count())
        extracted(book)
        calls.append(ModelCall.objects.count())
        page = book.pages.get(number=pages // 2)
        corrected = page.reading.text.replace("numbers", "figures").replace("page", "leaf")
        assert corrected != page.reading.text
        edit_text(page, corrected, user=person, seen_reading_id=page.reading_id)
        approve_pages(book)
        extracted(book)
        calls.append(ModelCall.objects.count())
    return {"first": calls[0], "rerun": calls[1] - calls[0], "corrected": calls[2] - calls[1]}


def costs(pages: int) -> dict[str, Any]:
    """What a page costs with the runner in this process: queries, storage requests, prompt tokens."""
    from django.db.models import Sum

    from books.extraction.job import start_extraction
    from books.models import ModelCall
    from jobs.runner import run_to_end

    book = approved_book("Costs", pages)
    with counted() as seen:
        job = run_to_end(start_extraction(book).pk)
    assert (job.status, job.failed_items) == ("completed", 0), job.error_message
    check_shape(book, pages)
    tokens = ModelCall.objects.aggregate(total=Sum("tokens_in"))["total"]
    return {"queries": seen["queries"] / pages, "storage": seen["storage"] / pages, "tokens": tokens / pages}


def bill(pages: int) -> dict[str, Any]:
    """Calls, tokens and those from a cache, of extraction and finalisation together: with confirmed ``contents``,
    with clean ``headings`` alone, and with ``neither``."""
    from django.db.models import Count, F, Sum

    from books.extraction.contents import save_contents
    from books.extraction.job import start_extraction, start_finalisation
    from books.models import ModelCall
    from jobs.runner import run_to_end

    found = {}
    for what in ("contents", "headings", "neither"):
        book = approved_book(what, pages, is_clean=what != "neither")
        if what == "contents":
            save_contents(book, contents(pages), confirm=True)
        for start in (start_extraction, start_finalisation):
            job = run_to_end(start(book).pk)
            assert (job.status, job.failed_items) == ("completed", 0), job.error_message
        check_shape(book, pages)
        found[what] = ModelCall.objects.filter(book=book).aggregate(
            calls=Count("pk"), tokens=Sum(F("tokens_in") + F("tokens_out")), cached=Sum("tokens_cached")
        )
    return found


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Counts what all threads ask of the database and of the storage."""
    from django.core.files.storage import FileSystemStorage
    from django.db import connection
    from django.db.backends.signals import connection_created

    seen: Counter[str] = Counter()

    def count_query(execute: Any, *arguments: Any) -> Any:
        seen["queries"] += 1
        return execute(*arguments)

    def count_storage(name: str) -> Any:
        plain = getattr(FileSystemStorage, name)

        def call(*arguments: Any, **named: Any) -> Any:
            seen["storage"] += 1
            return plain(*arguments, **named)

        return call

    def watch(connection: Any, **_: Any) -> None:
        connection.execute_wrappers.append(count_query)

    for name in ("_open", "_save", "delete", "exists", "size", "listdir"):
        setattr(FileSystemStorage, name, count_storage(name))
    connection_created.connect(watch)
    connection.execute_wrappers.append(count_query)
    yield seen
    connection_created.disconnect(watch)


MEASURES = {"schedule": schedule, "once": once, "again": again, "costs": costs, "a_call": a_call, "bill": bill}


def found(what: str, folder: Path, url: str, provider: str, pages: int) -> dict[str, Any]:
    """What a process of its own finds."""
    command = [sys.executable, "-m", "benchmarks.extract", what, str(folder), url, provider, str(pages)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main(what: str, folder: str, url: str, provider: str, pages: str) -> None:
    site.begin(
        Path(folder),
        url,
        GUIDELINE_ENGINE="openai",
        OPENAI_API_KEY="a-key",
        OPENAI_BASE_URL=provider,
        LLM_CONCURRENCY=str(IN_FLIGHT),
        PYTHONWARNINGS="ignore",
    )
    print(json.dumps(MEASURES[what](int(pages))))


if __name__ == "__main__":
    main(*sys.argv[1:])
