"""A watched folder, here or in a bucket, takes what process_book takes, once, and says beside it what became of it."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path
from typing import Any, Protocol

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.management import CommandError, call_command

from books.management.commands.watch_folder import WatchedPrefix
from books.models import Book
from jobs.models import Job
from tests.intake.samples import pdf, saved

pytestmark = pytest.mark.django_db(transaction=True)
CASES = Path(__file__).with_name("cases")


class Inbox(Protocol):
    address: str

    def put(self, name: str, data: bytes) -> None: ...

    def text(self, name: str) -> str: ...

    def names(self) -> list[str]: ...


class Folder:
    def __init__(self, folder: Path) -> None:
        self.folder, self.address = folder, str(folder)
        folder.mkdir()

    def put(self, name: str, data: bytes) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_bytes(data)

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()

    def names(self) -> list[str]:
        files = (file for file in self.folder.rglob("*") if file.is_file())
        return sorted(file.relative_to(self.folder).as_posix() for file in files)


class Prefix:
    address = "s3://scans/from scanners/"

    def __init__(self, storage: Any) -> None:
        self.bucket = storage.bucket

    def put(self, name: str, data: bytes) -> None:
        self.bucket.Object(f"from scanners/{name}").put(Body=data)

    def text(self, name: str) -> str:
        return self.bucket.Object(f"from scanners/{name}").get()["Body"].read().decode()

    def names(self) -> list[str]:
        return sorted(each.key.removeprefix("from scanners/") for each in self.bucket.objects.filter(Prefix="from "))


@pytest.fixture(params=["folder", "bucket"])
def watched(request, tmp_path: Path, settings) -> Inbox:
    if request.param == "folder":
        return Folder(tmp_path / "watched")
    storage = request.getfixturevalue("bucket")
    settings.BUCKET = settings.STORAGES["default"]
    return Prefix(storage)


def looked(inbox: Inbox, settled: float = 0.0) -> str:
    told = StringIO()
    call_command("watch_folder", inbox.address, once=True, settled=settled, stdout=told)
    return told.getvalue()


def test_folders_and_files_become_books_that_are_read(watched: Inbox) -> None:
    for page in (CASES / "blank_twice").iterdir():
        watched.put(f"Physics_9/{page.name}", page.read_bytes())
    watched.put("Physics_9/notes.txt", b"not a page")
    watched.put("Physics_9/more/p1.png", saved("PNG"))
    watched.put("Atlas.pdf", pdf("one", "two"))
    watched.put(".DS_Store", b"x")
    told = looked(watched)
    assert {(book.title, book.pages.count()) for book in Book.objects.all()} == {("Physics 9", 5), ("Atlas", 2)}
    assert Job.objects.count() == 2
    assert {name.partition("/")[0] for name in watched.names()} == {".DS_Store", "taken"}
    assert {"taken/Atlas.pdf", "taken/Physics_9/more/p1.png"} < set(watched.names())
    said = watched.text("taken/Physics_9.txt")
    assert "5 pages added" in said
    assert "Not taken: notes.txt: This is not an image or PDF" in said
    assert "Not taken: more: is a folder" in said
    assert said in told
    assert looked(watched) == ""


def test_what_cannot_be_taken_is_put_aside_with_the_reason(watched: Inbox) -> None:
    watched.put("broken.png", saved("PNG")[:900])
    looked(watched)
    assert watched.names() == ["refused/broken.png", "refused/broken.png.txt"]
    assert "broken.png: The file is damaged" in watched.text("refused/broken.png.txt")
    assert not Book.objects.exists()


def test_what_is_still_written_waits(watched: Inbox) -> None:
    """Copying keeps the time of a file's content, which says nothing."""
    watched.put("p1.png", saved("PNG"))
    if isinstance(watched, Folder):
        os.utime(watched.folder / "p1.png", (0, 0))
    assert looked(watched, settled=60.0) == ""
    assert watched.names() == ["p1.png"]


def test_the_same_again_adds_nothing_and_keeps_both_files(watched: Inbox) -> None:
    for _ in range(2):
        watched.put("Atlas.jpg", (CASES / "mixed_kinds" / "IMG_0001.jpg").read_bytes())
        looked(watched)
        Job.objects.update(status="completed")
    assert Book.objects.get().pages.count() == 1
    assert {"taken/Atlas.jpg", "taken/Atlas.jpg (2)"} < set(watched.names())


def test_a_busy_book_is_tried_again(watched: Inbox) -> None:
    book = Book.objects.create(title="Atlas")
    job = Job.objects.create(book=book, kind="extraction", status="running")
    watched.put("Atlas.pdf", pdf("one"))
    assert "wait for it or cancel it" in looked(watched)
    Job.objects.filter(pk=job.pk).update(status="completed")
    looked(watched)
    assert book.pages.count() == 1


def test_a_folder_that_is_not_there() -> None:
    with pytest.raises(CommandError, match="There is no folder"):
        call_command("watch_folder", "nowhere", once=True)


# ---- what only a bucket can do -------------------------------------------------------------------------------------


@pytest.fixture
def inbox(bucket, settings) -> Prefix:
    settings.BUCKET = settings.STORAGES["default"]
    return Prefix(bucket)


def test_a_death_before_it_is_put_away_takes_nothing_twice(inbox: Prefix, monkeypatch) -> None:
    inbox.put("Atlas.pdf", pdf("one", "two"))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(WatchedPrefix, "put_away", die)
        looked(inbox)
    Job.objects.update(status="completed")
    looked(inbox)
    assert Book.objects.get().pages.count() == 2
    assert inbox.names() == ["taken/Atlas.pdf", "taken/Atlas.pdf.txt"]
    assert "already in this book" in inbox.text("taken/Atlas.pdf.txt")


def test_a_key_that_climbs_out_of_its_folder_is_refused(inbox: Prefix, tmp_path: Path) -> None:
    inbox.put("Atlas/../../../../evil.png", saved("PNG"))
    inbox.put("Atlas/p1.png", saved("PNG"))
    looked(inbox)
    assert "has a name that no file can have" in inbox.text("refused/Atlas.txt")
    assert not Book.objects.exists()


def test_what_is_too_large_is_not_copied_to_be_told_so(inbox: Prefix, monkeypatch) -> None:
    inbox.put("Atlas.pdf", pdf("one"))
    monkeypatch.setattr("books.management.commands.watch_folder.PDF_BYTES", 10)
    looked(inbox)
    assert "Atlas.pdf: " in inbox.text("refused/Atlas.pdf.txt")


def test_a_bucket_that_is_away_is_said(inbox: Prefix, monkeypatch) -> None:
    def away(*_: object, **__: object) -> None:
        raise EndpointConnectionError(endpoint_url="s3")

    with monkeypatch.context() as patched, pytest.raises(CommandError, match="does not answer"):
        patched.setattr("botocore.client.BaseClient._make_api_call", away)
        looked(inbox)
