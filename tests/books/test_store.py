"""Files into a book: what is stored, what is refused, and nothing half way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from PIL import Image

from bookpipeline.storage import Folder
from books.errors import StorageAway, UploadRejected
from books.intake import store
from books.intake.store import Upload, add_all_files, add_files
from books.models import Book, Page, Source
from tests.factories import SourceFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def book() -> Book:
    return Book.objects.create(title="A book")


def png(shade: int = 255, side: int = 150) -> BytesIO:
    data = BytesIO()
    Image.new("L", (side, 200), shade).save(data, "PNG")
    data.seek(0)
    return data


def names(book: Book) -> list[str]:
    return list(book.pages.order_by("number").values_list("source__name", flat=True))


def test_good_files_are_stored_and_bad_ones_named(book):
    uploads = [Upload("p10.png", png(1)), Upload("p2.png", png(2)), Upload("x.png", BytesIO(b"text"))]
    receipt = add_files(book, uploads)
    assert names(book) == ["p2.png", "p10.png"]
    assert [(error.name, bool(error.reason)) for error in receipt.refused] == [("x.png", True)]
    assert all(default_storage.exists(source.storage_name) for source in receipt.stored)
    assert receipt.pages == 2


def test_the_same_bytes_are_pointed_out_with_their_page(book):
    add_files(book, [Upload("a.png", png())])
    (error,) = add_files(book, [Upload("b.png", png())]).refused
    assert error.message == "b.png: It is already in this book, as page 1."


def test_a_multi_page_tiff_becomes_its_pages(book):
    data = BytesIO()
    frames = [Image.new("L", (150, 200), shade) for shade in (10, 20, 30)]
    frames[0].save(data, "TIFF", save_all=True, append_images=frames[1:])
    data.seek(0)
    add_files(book, [Upload("scan.tif", data)])
    assert list(book.pages.values_list("number", "frame")) == [(1, 0), (2, 1), (3, 2)]


def test_too_many_files_at_once_store_nothing(book):
    with pytest.raises(UploadRejected, match="201 files at once"):
        add_files(book, [Upload(f"{n}.png", png(n % 255, 150 + n)) for n in range(201)])
    assert not Source.objects.exists()


def test_a_full_book_takes_no_more(book, monkeypatch):
    monkeypatch.setattr(store.limits, "PAGES_PER_BOOK", 2)
    receipt = add_files(book, [Upload(f"{n}.png", png(n)) for n in range(3)])
    assert book.pages.count() == 2
    assert "at most 2" in receipt.refused[0].reason


def test_all_or_nothing_names_the_bad_files(book):
    broken = [Upload(name, BytesIO(png().getvalue()[:60])) for name in ("b.png", "c.png")]
    with pytest.raises(UploadRejected, match=r"(?s)Nothing was added.*b\.png: .*c\.png: "):
        add_all_files(book, [Upload("a.png", png()), *broken])
    assert not Source.objects.exists()


def test_rows_that_fail_take_the_stored_file_back(book, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("database")

    monkeypatch.setattr(Page.objects, "bulk_create", broken)
    with pytest.raises(RuntimeError):
        add_files(book, [Upload("a.png", png())])
    assert not Source.objects.exists()
    assert default_storage.listdir(f"books/{book.pk}/sources")[1] == []


def test_uploads_at_once_number_every_page_once(book):
    def send(n: int) -> None:
        try:
            add_files(book, [Upload(f"{n}.png", png(n))])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as executor:
        list(executor.map(send, range(16)))
    assert sorted(book.pages.values_list("number", flat=True)) == list(range(1, 17))


@pytest.mark.parametrize("name", ["../../etc/passwd.png", "<img src=x>.png", "a\r\nb.png", "p" * 400 + ".png"])
def test_names_never_reach_a_path(book, name):
    (source,) = add_files(book, [Upload(name, png())]).stored
    assert source.storage_name == f"books/{book.pk}/sources/{source.pk}"
    assert "\n" not in source.name
    assert len(source.name) <= 120


def test_a_storage_that_is_away_keeps_no_row_from_being_deleted(monkeypatch, caplog):
    source = SourceFactory()

    def away(_storage, _name):
        raise StorageAway("It does not answer.")

    monkeypatch.setattr(Folder, "delete", away)
    source.delete()
    assert not Source.objects.exists()
    assert "delete_file" in caplog.text
