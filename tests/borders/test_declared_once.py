"""A stage, a part and a status that are declared in one place go all ways: each is added in a scratch copy here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.urls import reverse

from books.errors import ProviderRejected
from books.extraction.estimate import workload
from books.extraction.job import EXTRACTION
from books.extraction.stages.base import Ahead, Result, Work
from books.extraction.stages.rows import TopicStage, give_topic
from books.guidelines.changes import change
from books.models import Book, Topic
from books.ocr.review import approve_pages
from books.publishing.plan import unfinished
from books.stored.made_with import MadeWith
from books.stored.proposal import Values
from jobs import registry
from jobs.models import Item, Job
from jobs.runner import run_to_end
from tests.factories import BookFactory, ReadPageFactory

pytestmark = pytest.mark.django_db(transaction=True)
TITLE = "Listing the words of each topic"


class WordsStage(TopicStage):
    """All that a stage is: one class."""

    name = "words"
    title = TITLE
    tokens = (600, 80)
    fails = False

    def seen(self, topic, numbers):
        return topic.title

    def compute(self, item: Item) -> str:
        if self.fails:
            raise ProviderRejected("No words.")
        return f"Words of {item.label}."

    def save(self, item: Item, result: str) -> None:
        with change(item.job.book_id, f"Listed: {item.label}", job=item.job):
            give_topic(int(item.key), Values(storyline=result), item.job)

    def results(self, book: Book) -> Iterator[Result]:
        for topic in Topic.objects.filter(book=book).exclude(storyline=""):
            yield Result(topic.title, MadeWith("an older engine"))

    def ahead(self, book: Ahead) -> Iterator[Work]:
        yield Work(self.call, (1, 3))


def test_a_stage_is_one_class_in_the_list_of_its_job(screens, monkeypatch):
    stage = WordsStage()
    added = replace(EXTRACTION, stages=(*EXTRACTION.stages, stage))
    monkeypatch.setitem(registry._handlers, EXTRACTION.kind, added)
    book = BookFactory()
    text = "Chapter 1\nFractions\nA fraction names equal parts of a whole. Compare fractions by their parts.\n" * 4
    ReadPageFactory(book=book, reading__text=text)
    approve_pages(book)
    assert [(each.call.name, each.calls) for each in workload(book, None, None)][-1] == ("words", (1, 3))

    screens.post(reverse("admin:books_book_generate", args=[book.pk]), {"mode": "resume"})
    job = Job.objects.get(book=book)
    run_to_end(job.pk)
    assert Topic.objects.get(book=book).storyline.startswith("Words of ")
    assert TITLE in screens.get(reverse("admin:jobs_job_change", args=[job.pk])).content.decode()
    costs = screens.get(reverse("admin:books_book_costs", args=[book.pk])).content.decode()
    assert f"<h3>{TITLE}: 1</h3>" in costs
    assert "an older engine" in costs

    monkeypatch.setattr(WordsStage, "fails", True)
    Topic.objects.filter(book=book).update(title="Renamed")
    screens.post(reverse("admin:books_book_generate", args=[book.pk]), {"mode": "resume"})
    run_to_end(Job.objects.filter(book=book).latest("created_at").pk)
    assert [reason.startswith(TITLE) for reason in unfinished(book.pk).values()] == [True]


# ---- a part and a status, in a copy of the project ------------------------------------------------------------------

ROOT = Path(__file__).resolve().parent.parent.parent
COPIED = (
    *("books", "bookpipeline", "jobs", "locale", "templates", "static", "tests", "benchmarks"),
    *("manage.py", "pyproject.toml"),
)
PART = """    SOURCES = "sources", "Sources to read", "what to read besides"
"""
STATUS = """    CHECKED = (
        "checked",
        "C",
        "waiting",
        "Only checked so far.",
        {"approve": "approved", "reject": "rejected"},
        "Checked by a second pair of eyes",
    )
"""


def test_a_part_and_a_status_are_a_few_lines_in_one_file_each(tmp_path):
    """One new status touched 10 to 12 files."""
    for name in COPIED:
        leave = shutil.ignore_patterns("__pycache__", "*.png", "*.jpg", "*.pdf", "*.tif")
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name, **({"ignore": leave} if copy is shutil.copytree else {}))
    insert(tmp_path / "books/stored/guideline.py", PART, behind="    BOUNDARY = ")
    insert(tmp_path / "books/models/guideline.py", STATUS, behind="    REJECTED = ")
    tests = tmp_path / "tests/borders"
    (tests / "walk_of_a_part_and_a_status.py").rename(tests / "test_walk.py")
    pytest = ("-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "--no-migrations")
    said = run(tmp_path, *pytest, "tests/borders/test_walk.py")
    assert "4 passed" in said


def insert(file: Path, text: str, *, behind: str) -> None:
    lines = file.read_text().splitlines(keepends=True)
    at = next(place for place, line in enumerate(lines) if line.startswith(behind)) + 1
    file.write_text("".join([*lines[:at], text, *lines[at:]]))


def run(folder: Path, *command: str) -> str:
    facts = {"SECRET_KEY": "s" * 60, "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", "TEST_DATABASE": "sqlite"}
    done = subprocess.run(
        [sys.executable, *command], check=False, cwd=folder, env=os.environ | facts, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout
