"""Titles, file names, OCR text and guidelines come from strangers: every screen escapes them, and runs no script."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from books.models import GuidelineImport, OcrStatus, PublishedGuideline, PublishedSet
from jobs.models import Event
from jobs.progress import refresh_progress
from jobs.states import ItemState, JobStatus
from tests.admin import addresses
from tests.factories import (
    BookFactory,
    ItemFactory,
    JobFactory,
    PageFactory,
    ReadPageFactory,
    SourceFactory,
    SubtopicFactory,
    TopicFactory,
)

EVIL = "<script>alert('x')</script><img src=x onerror=\"alert(1)\">"
ROOT = Path(__file__).resolve().parent.parent.parent
PARTS = ("objective", "concepts", "depth", "prerequisites", "misconceptions", "checks", "boundary")


@pytest.fixture
def evil():
    """A book in which every text that a stranger can write is an attack; its running job has a failed item."""
    facts = dict.fromkeys(("title", "author", "edition", "country", "board", "subject"), EVIL[:80])
    book = BookFactory(**facts)
    source = SourceFactory(book=book, name=EVIL)
    lines = [{"text": EVIL, "confidence": 10}]
    ReadPageFactory(book=book, number=1, source=source, reading__text=f"{EVIL}\n{EVIL}", reading__lines=lines)
    PageFactory(book=book, number=2, ocr_status=OcrStatus.FAILED, ocr_error=EVIL)
    topic = TopicFactory(book=book, title=EVIL, summary=EVIL, number="<b>evil</b>")
    guideline = {part: [{"text": EVIL, "pages": [1]}] for part in PARTS}
    subtopic = SubtopicFactory(topic=topic, title=EVIL, summary=EVIL, engine=EVIL[:80], guideline=guideline)
    job = JobFactory(book=book)
    ItemFactory(job=job, state=ItemState.FAILED, label=EVIL[:80], error_message=EVIL)
    Event.objects.create(job=job, to_status="running", actor=EVIL, reason=EVIL)
    refresh_progress(job)
    JobFactory(book=book, status=JobStatus.FAILED, error_message=EVIL, kind="<b>")
    rows = [{"id": subtopic.pk, "title": EVIL, "summary": EVIL, "pages": [1], "guideline": {}}]
    received = GuidelineImport.objects.create(book=book, name=EVIL, document={"rows": rows}, seen_change=0)
    known = {"book": book.pk, "page": 1, "topic": topic.pk, "subtopic": subtopic.pk, "job": job.pk}
    return known | {"received": received.pk, "version": published(book)}


def published(book) -> int:
    """A version that readers got, as full of attacks."""
    left_out = [dict.fromkeys(("title", "topic", "reason"), EVIL)]
    PublishedSet.objects.create(book=book, version=1, sentence=EVIL, made_at=timezone.now(), left_out=left_out)
    words = dict.fromkeys(("title", "summary", "topic_title", "topic_summary", "storyline", "reviewer"), EVIL)
    numbers = dict.fromkeys(("since_version", "topic_sequence", "sequence"), 1)
    times = dict.fromkeys(("published_at", "reviewed_at"), timezone.now())
    PublishedGuideline.objects.create(book=book, book_title=EVIL, provenance="offline", **words, **numbers, **times)
    return 1


LISTS = {"books_book_changelist", "jobs_job_changelist", "jobs_job_change"}
SCREENS = [
    each
    for each in (*addresses.SCREENS, *(each for each in addresses.DJANGOS if each.name in LISTS))
    if each.method == "get" and not each.name.endswith("_export")
]


@pytest.mark.parametrize("address", SCREENS, ids=str)
def test_every_screen_escapes_what_strangers_wrote(screens, evil, address):
    url = reverse(f"admin:{address.name}", args=[evil.get(arg, arg) for arg in address.args.split()])
    response = screens.get(url, {"book": evil["book"]} if address.name == "books_book_progress" else {})
    is_picture = response["Content-Type"].startswith("image/")
    body = response.getvalue().decode("latin-1" if is_picture else "utf-8")
    assert response.status_code == 200
    assert "<script>alert" not in body
    assert "<img src=x" not in body
    assert "<b>evil</b>" not in body


def test_messages_escape_file_names(screens, evil):
    url = reverse("admin:books_book_upload", args=[evil["book"]])
    page = screens.post(url, {"files": [SimpleUploadedFile("<img src=x onerror=alert(1)>.png", b"no")]}, follow=True)
    assert "<img src=x" not in page.content.decode()
    assert "&lt;img src=x" in page.content.decode()


@pytest.mark.parametrize("form", ["json", "md"])
def test_exports_are_downloads(screens, evil, form):
    response = screens.get(reverse("admin:books_book_export", args=[evil["book"], form]))
    assert response["Content-Disposition"].startswith("attachment; ")
    assert "<" not in response["Content-Disposition"]
    assert response["Content-Type"].split(";")[0] in ("application/json", "text/markdown")


@pytest.mark.parametrize("template", sorted((ROOT / "templates").rglob("*.html")), ids=lambda path: path.name)
def test_templates_hold_nothing_that_the_content_security_policy_would_stop(template):
    text = template.read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=|javascript:|<style|hx-on|\bjs:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"\|safe\b|autoescape off", text)


def test_the_policy_is_sent_and_allows_our_own_files_alone(screens, book):
    policy = screens.get(reverse("admin:books_book_overview", args=[book.pk]))["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
