"""kill -9 in the middle of OCR and of extraction: the job finishes by itself, every page done once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from books.extraction.job import start_extraction
from books.intake.store import Upload, add_all_files
from books.models import Book, OcrStatus, PageDigest, Reading, Subtopic
from books.ocr.review import approve_pages
from books.ocr.start import start_reading
from jobs.models import Item, Job
from jobs.states import ItemState, JobStatus
from tests.factories import BookFactory, ReadPageFactory
from tests.flow.real_cluster import running_cluster, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300), pytest.mark.xdist_group("processes")]

SCANS = 10


@pytest.fixture
def scanned(db, sample) -> Book:
    book = BookFactory()
    uploads = [Upload(file.name, file.open("rb")) for file in sorted(sample.glob("page_*"))[:SCANS]]
    add_all_files(book, uploads)
    for upload in uploads:
        upload.data.close()
    return book


@pytest.fixture
def read_book(db, sample) -> Book:
    book = BookFactory(title="Prealgebra")
    for page in json.loads((sample / "truth.json").read_text())["pages"]:
        ReadPageFactory(book=book, number=page["page"], reading__text=page["text"])
    approve_pages(book)
    return book


def done(job: Job) -> int:
    return Item.objects.filter(job=job, state=ItemState.DONE).count()


def status(job: Job) -> str:
    return Job.objects.values_list("status", flat=True).get(pk=job.pk)


def finished(job: Job) -> bool:
    return status(job) in {JobStatus.COMPLETED, JobStatus.FAILED}


def test_a_worker_killed_in_the_middle_of_ocr_costs_no_page(scanned, settings):
    with running_cluster(Path(settings.MEDIA_ROOT), "cpu") as cluster:
        job = start_reading(scanned)
        until(lambda: done(job) >= 2, "two pages were read")
        for victim in cluster.workers()[:2]:
            victim.kill()
        at_the_kill = done(job)
        until(lambda: finished(job), "the job is over", 200)
    job.refresh_from_db()
    assert at_the_kill < SCANS
    assert (job.status, job.completed_items, job.failed_items) == (JobStatus.COMPLETED, SCANS, 0)
    assert Counter(Reading.objects.values_list("page__number", flat=True)) == dict.fromkeys(range(1, SCANS + 1), 1)
    assert set(scanned.pages.values_list("ocr_status", flat=True)) == {OcrStatus.DONE}
    assert Item.objects.filter(job=job, crashes__gt=0).exists()


def test_a_worker_killed_in_the_middle_of_extraction_costs_nothing(read_book, settings, tmp_path):
    calls = tmp_path / "calls"
    slow = {
        "DJANGO_SETTINGS_MODULE": "tests.flow.slow_site.settings",
        "CALLS_FILE": str(calls),
        "CALL_SECONDS": "0.2",
    }
    with running_cluster(Path(settings.MEDIA_ROOT), "cpu", **slow):
        job = start_extraction(read_book)
        for stage in ("digest", "write"):
            until(lambda: Item.objects.filter(job=job, stage=stage, state="done").count() >= 2, f"{stage} began")  # noqa: B023
            _kill_the_one_at_work(calls)
        until(lambda: finished(job), "the job is over", 200)
    job.refresh_from_db()
    assert (job.status, job.failed_items) == (JobStatus.COMPLETED, 0)
    assert job.completed_items == job.total_items
    assert PageDigest.objects.count() == 24
    subtopics = Subtopic.objects.filter(topic__book=read_book)
    assert subtopics.exclude(guideline={}).count() == subtopics.count() == 7
    made = Counter(line.split()[0] for line in calls.read_text().splitlines())
    # A killed worker had one call in hand: that one is made again, no other.
    assert 24 <= made["digest"] <= 25
    assert 7 <= made["write"] <= 8
    assert made["outline"] == 1
    assert Item.objects.filter(job=job, crashes__gt=0).exists()


def _kill_the_one_at_work(calls: Path) -> None:
    """The process that wrote the last line is asleep in that call."""
    import psutil

    psutil.Process(int(calls.read_text().splitlines()[-1].split()[1])).kill()
