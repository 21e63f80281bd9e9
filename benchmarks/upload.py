"""What an upload costs: time beside a plain copy, memory of the web process, requests to storage, queries.

python -m benchmarks upload; the web server is a gunicorn as in production, the bucket is moto's S3 server.
"""

from __future__ import annotations

import logging
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from benchmarks.bounds import Bound, told
from benchmarks.web import THREADS, Web

MEGABYTE = 1_000_000
MOST_GROWTH_MB = 64
MOST_REQUESTS = 3
MOST_QUERIES = 10
FEW, MANY = 20, 200
MAKE_BUCKET = """
import django; django.setup()
from django.core.files.storage import storages
storage = storages["default"]
storage.connection.create_bucket(Bucket=storage.bucket_name)
"""
READ = """
import django; django.setup()
from books.models import Page
from jobs.models import Job
from jobs.runner import run_to_end
assert run_to_end(Job.objects.get().pk).status == "completed"
assert set(Page.objects.values_list("ocr_status", flat=True)) <= {"done", "blank"}
"""
# In one process, so that they can be counted: each file a request of its own, as the browser sends them.
COUNT = """
import io, json
import django; django.setup()
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image
from books.models import Book
client = Client(headers={{"host": "127.0.0.1"}}); client.force_login(get_user_model().objects.get())
url = f"/api/books/{{Book.objects.get().pk}}/uploads"
rows = [{{"name": f"p{{n}}.png", "size": 1}} for n in range({files})]
made = client.post(url, json.dumps({{"files": rows}}), content_type="application/json").json()
for shade, row in enumerate(made["files"]):
    image = io.BytesIO()
    Image.new("L", (200, 300), shade).save(image, "PNG")
    file = SimpleUploadedFile(row["name"], image.getvalue())
    with CaptureQueriesContext(connection) as queries:
        answer = client.post(f"{{url}}/{{made['id']}}/files/{{row['id']}}", {{"file": file}}).json()
    assert answer["state"] == "stored", answer
    print(len(queries))
"""


@dataclass(frozen=True)
class Found:
    """Seconds, and megabytes by which the web process's resident memory rose above what it was before."""

    seconds: float
    processor_seconds: float
    copy_seconds: float
    growth_mb: float
    pages: int


class Watch:
    """The most resident memory of the server and its workers; a PDF's child has limits of its own and is left out."""

    def __init__(self, server: psutil.Process) -> None:
        self.processes = [server, *server.children()]
        self.before = self.peak = self._resident()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._look)

    def __enter__(self) -> Watch:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def _resident(self) -> int:
        return sum(process.memory_info().rss for process in self.processes)

    def _look(self) -> None:
        while not self.over.wait(0.02):
            self.peak = max(self.peak, self._resident())

    @property
    def processor_seconds(self) -> float:
        return sum(sum(process.cpu_times()[:2]) for process in self.processes)

    @property
    def growth_mb(self) -> float:
        return (self.peak - self.before) / MEGABYTE


def measure(folder: Path, files: Sequence[Path]) -> Found:
    """Uploads ``files`` to a fresh server; the memory before is that after some small pages, by all its threads."""
    web = Web(folder)
    small = [folder / f"small{shade}.png" for shade in range(3 * THREADS)]
    for shade, path in enumerate(small):
        Image.new("L", (200, 300), shade).save(path)
    with web.running() as server:
        web.upload(small)
        with Watch(server) as watch:
            began, used = time.monotonic(), watch.processor_seconds
            pages = web.upload(files)
            seconds, used = time.monotonic() - began, watch.processor_seconds - used
    began = time.monotonic()
    copies = folder / "copies"
    copies.mkdir()
    for file in files:
        shutil.copyfile(file, copies / file.name)
    return Found(seconds, used, time.monotonic() - began, watch.growth_mb, pages - len(small))


def scans(folder: Path, count: int) -> list[Path]:
    """PNGs of noise, two megabytes each."""
    made = []
    noise = np.random.default_rng(1).integers(0, 255, (1430, 1400), dtype=np.uint8)
    for number in range(count):
        noise[0, :8] = list(number.to_bytes(8, "big"))
        made.append(folder / f"p{number}.png")
        Image.fromarray(noise).save(made[-1], compress_level=0)
    return made


def pdf(folder: Path, size: int) -> Path:
    """One page of one large picture."""
    side = int((size - 2000) ** 0.5)
    picture = os.urandom(side * side)
    image = f"/Type/XObject/Subtype/Image/Width {side}/Height {side}/ColorSpace/DeviceGray/BitsPerComponent 8"
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 595]/Resources<</XObject<</I 4 0 R>>>>/Contents 5 0 R>>"
    parts = [
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n",
        f"3 0 obj{page}endobj\n4 0 obj<<{image}/Length {len(picture)}>>stream\n".encode(),
        picture,
        b"\nendstream endobj\n5 0 obj<</Length 26>>stream\nq 420 0 0 595 0 0 cm /I Do Q\nendstream endobj\n",
        b"trailer<</Root 1 0 R>>\n%%EOF\n",
    ]
    path = folder / "book.pdf"
    path.write_bytes(b"".join(parts))
    return path


def storage_requests(folder: Path, pages: int = 6) -> float:
    """Requests to the bucket for a page, from the file that reaches the server to its text."""
    from tests import s3

    lines: list[str] = []
    counter = logging.Handler()
    counter.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("werkzeug")
    with s3.running_server() as address:
        log.setLevel(logging.INFO)
        log.propagate = False
        log.addHandler(counter)
        where = {
            "AWS_STORAGE_BUCKET_NAME": s3.BUCKET,
            "AWS_S3_ENDPOINT_URL": address,
            "AWS_S3_REGION_NAME": "us-east-1",
        }
        web = Web(folder, STORAGE="s3", **s3.CREDENTIALS, **where)
        web.python(MAKE_BUCKET)
        lines.clear()
        with web.running():
            web.upload(scans(folder, pages), with_sums=False)
        web.python(READ)
    return len(lines) / pages


def queries(folder: Path) -> list[int]:
    """Of the web process for each file of an upload, in the order in which they are sent."""
    return [int(count) for count in Web(folder).python(COUNT.format(files=MANY)).split()]


def main() -> int:
    growths = []
    for name in (f"{MANY} files of 2 MB", "a PDF of 200 MB"):
        with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as made:
            folder = Path(made)
            files = scans(folder, MANY) if name.startswith(str(MANY)) else [pdf(folder, 200 * 1024 * 1024)]
            found = measure(folder, files)
        growths.append(found.growth_mb)
        print(
            f"{name}: {found.seconds:.1f} s (copying the same bytes {found.copy_seconds:.1f} s), "
            f"{found.processor_seconds:.1f} s of processor, {found.pages} pages, "
            f"the web process grew by {found.growth_mb:.0f} MB",
            flush=True,
        )
    with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as made:
        requests_a_page = storage_requests(Path(made))
    with tempfile.TemporaryDirectory(prefix="bookpipeline-bench-") as made:
        counts = queries(Path(made))
    few, many = sum(counts[:FEW]) / FEW, sum(counts[-FEW:]) / FEW
    print(
        f"queries a file: {statistics.median(counts):g} of most, which do not start the reading; "
        f"{few:.1f} of the first {FEW}, {many:.1f} of the last {FEW} of {MANY}"
    )
    return told(
        Bound("MB by which the web process grows", max(growths), below=MOST_GROWTH_MB),
        Bound("requests to storage for a page, from upload to text", requests_a_page, below=MOST_REQUESTS + 0.01),
        Bound("queries a file", statistics.median(counts), below=MOST_QUERIES + 0.5),
        Bound("queries a file that a large upload costs more than a small one", many - few, below=0.5),
    )


if __name__ == "__main__":
    sys.exit(main())
