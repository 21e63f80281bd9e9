"""What open progress pages cost the web: python -m benchmarks progress.

Fifty people watch a job, each over a connection of their own, asking as static/bookpipeline/screens.js does: every
other second, and more seldom while there is no news. The share of a core that gunicorn uses meanwhile, without news and
with a page done every ten seconds.
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from pathlib import Path

import psutil

from benchmarks.bounds import Bound, told
from benchmarks.processor import slowness
from benchmarks.web import Web

WATCHERS, SECONDS, TURN, MOST_RESTS = 50, 40, 2.0, 3
# How often the machine's own speed is looked at meanwhile.
TIMES = 4
NEWS_EVERY = 10
MOST_SHARE = 0.05
MAKE = """
import django; django.setup()
from django.utils import timezone
from books.models import Book
from jobs.models import Job
print(Job.objects.create(book=Book.objects.get(), kind="ocr", status="running", stage="ocr", total_items=500,
    heartbeat_at=timezone.now(), started_at=timezone.now()).pk)
"""
MOVE = """
import time
import django; django.setup()
from django.db.models import F
from jobs.models import Job
for _ in range({turns}):
    time.sleep({every})
    Job.objects.update(completed_items=F("completed_items") + 1)
"""


class Watcher(threading.Thread):
    def __init__(self, web: Web, job: str, over: threading.Event, *, delay: float) -> None:
        super().__init__()
        self.path = f"/admin/jobs/job/{job}/panel/"
        self.line = HTTPConnection("127.0.0.1", web.port)
        self.headers = {"Cookie": f"sessionid={web.cookies['sessionid']}", "HX-Request": "true"}
        self.over, self.delay, self.asked, self.with_body = over, delay, 0, 0

    def run(self) -> None:
        mark, rests, left = "", 0, 0
        time.sleep(self.delay)
        while not self.over.wait(TURN):
            if left:
                left -= 1
                continue
            self.line.request("GET", f"{self.path}?mark={mark}", headers=self.headers)
            answer = self.line.getresponse()
            body = answer.read().decode()
            self.asked += 1
            if answer.status == 204:
                assert not body
                rests = left = min(rests + 1, MOST_RESTS)
            else:
                mark, rests = re.findall(r"\?mark=([\w-]+)", body)[0], max(rests - 1, 0)
                left = rests
                self.with_body += 1


def share_of_a_core(web: Web, server: psutil.Process, job: str) -> float:
    over = threading.Event()
    watchers = [Watcher(web, job, over, delay=at * TURN / WATCHERS) for at in range(WATCHERS)]
    for each in watchers:
        each.start()
    time.sleep(5)  # until all have seen the panel once
    before, began, paces = used(server), time.monotonic(), []
    for _ in range(TIMES):
        time.sleep(SECONDS / TIMES)
        paces.append(slowness())
    share = (used(server) - before) / (time.monotonic() - began) / statistics.median(paces)
    over.set()
    for each in watchers:
        each.join()
    asked, told_news = (sum(getattr(each, name) for each in watchers) for name in ("asked", "with_body"))
    print(
        f"{WATCHERS} pages for {SECONDS} s: {asked} polls, {told_news} with a body, {100 * share:.1f} % of a core, on "
        f"a machine {statistics.median(paces):.2f} times as slow"
    )
    return share


def used(server: psutil.Process) -> float:
    processes = [server, *server.children(recursive=True)]
    return sum(sum(each.cpu_times()[:2]) for each in processes)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as folder:
        web = Web(Path(folder))
        job = web.python(MAKE).strip()
        with web.running() as server:
            waiting = share_of_a_core(web, server, job)
            turns = (SECONDS + 10) // NEWS_EVERY
            mover = threading.Thread(target=web.python, args=(MOVE.format(turns=turns, every=NEWS_EVERY),))
            mover.start()
            moving = share_of_a_core(web, server, job)
            mover.join()
    return told(
        Bound("of a core for 50 progress pages without news", waiting, below=MOST_SHARE),
        Bound(f"of a core for 50 progress pages with a page done every {NEWS_EVERY} s", moving, below=MOST_SHARE),
    )


if __name__ == "__main__":
    sys.exit(main())
