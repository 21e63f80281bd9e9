"""A watched folder takes what process_book takes, once, and says beside it what became of it."""

from __future__ import annotations

import os
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from books.models import Book
from jobs.models import Job
from tests.intake.samples import pdf, saved

pytestmark = pytest.mark.django_db(transaction=True)
CASES = Path(__file__).with_name("cases")


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    folder = tmp_path / "watched"
    folder.mkdir()
    return folder


def looked(folder: Path, settled: float = 0.0) -> str:
    told = StringIO()
    call_command("watch_folder", str(folder), once=True, settled=settled, stdout=told)
    return told.getvalue()


def test_folders_and_files_become_books_that_are_read(watched: Path) -> None:
    shutil.copytree(CASES / "blank_twice", watched / "Physics_9")
    (watched / "Physics_9" / "notes.txt").write_text("not a page")
    (watched / "Atlas.pdf").write_bytes(pdf("one", "two"))
    (watched / ".DS_Store").write_bytes(b"x")
    told = looked(watched)
    assert {(book.title, book.pages.count()) for book in Book.objects.all()} == {("Physics 9", 5), ("Atlas", 2)}
    assert Job.objects.count() == 2
    assert sorted(entry.name for entry in watched.iterdir()) == [".DS_Store", "taken"]
    said = (watched / "taken" / "Physics_9.txt").read_text()
    assert "5 pages added" in said
    assert "Not taken: notes.txt: This is not an image or PDF" in said
    assert said in told
    assert looked(watched) == ""


def test_what_cannot_be_taken_is_put_aside_with_the_reason(watched: Path) -> None:
    (watched / "broken.png").write_bytes(saved("PNG")[:900])
    looked(watched)
    assert (watched / "refused" / "broken.png").exists()
    assert "broken.png: The file is damaged" in (watched / "refused" / "broken.png.txt").read_text()
    assert not Book.objects.exists()


def test_what_is_still_written_waits(watched: Path) -> None:
    """Copying keeps the time of a file's content, which says nothing."""
    page = watched / "p1.png"
    page.write_bytes(saved("PNG"))
    os.utime(page, (0, 0))
    assert looked(watched, settled=60.0) == ""
    assert page.exists()


def test_the_same_again_adds_nothing_and_keeps_both_files(watched: Path) -> None:
    for _ in range(2):
        shutil.copy(CASES / "mixed_kinds" / "IMG_0001.jpg", watched / "Atlas.jpg")
        looked(watched)
        Job.objects.update(status="completed")
    assert Book.objects.get().pages.count() == 1
    assert {entry.name for entry in (watched / "taken").iterdir()} >= {"Atlas.jpg", "Atlas.jpg (2)"}


def test_a_busy_book_is_tried_again(watched: Path) -> None:
    book = Book.objects.create(title="Atlas")
    job = Job.objects.create(book=book, kind="extraction", status="running")
    (watched / "Atlas.pdf").write_bytes(pdf("one"))
    assert "wait for it or cancel it" in looked(watched)
    Job.objects.filter(pk=job.pk).update(status="completed")
    looked(watched)
    assert book.pages.count() == 1


def test_a_folder_that_is_not_there() -> None:
    with pytest.raises(CommandError, match="There is no folder"):
        looked(Path("nowhere"))
