"""Uploading through the plain form: what is stored, what is refused, by name."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from tests.factories import JobFactory, PageFactory

NASTY = Path(__file__).resolve().parent.parent / "nasty" / "files"


def picture(name: str, grey: int = 200) -> SimpleUploadedFile:
    data = BytesIO()
    Image.new("L", (300, 400), grey).save(data, "PNG")
    return SimpleUploadedFile(name, data.getvalue())


def upload(client, book, *files, **kwargs):
    url = reverse("admin:books_book_upload", args=[book.pk])
    return client.post(url, {"files": list(files)}, follow=True, **kwargs)


def test_uploaded_pages_are_stored_in_natural_order_and_read(screens, book, said, woken):
    response = upload(screens, book, picture("p10.png", 10), picture("p9.png", 9))
    assert said(response) == ["2 pages added from 2 of 2 files."]
    assert [page.source.name for page in book.pages.order_by("number")] == ["p9.png", "p10.png"]
    assert book.jobs.get().kind == "ocr"


def test_bad_files_are_named_and_the_good_ones_stored(screens, book, said):
    bad = [SimpleUploadedFile(name, (NASTY / name).read_bytes()) for name in ("text_as.png", "empty.png")]
    response = upload(screens, book, picture("good.png"), *bad)
    assert book.pages.count() == 1
    sentences = said(response)
    assert any("text_as.png: " in sentence for sentence in sentences)
    assert any("empty.png: " in sentence for sentence in sentences)
    assert "1 page added from 1 of 3 files." in sentences


@pytest.mark.parametrize("name", ["encrypted.pdf", "pages_2000.pdf", "multipage_500.tif"])
def test_a_file_that_does_not_fit_stores_nothing(screens, book, said, name):
    PageFactory(book=book)
    response = upload(screens, book, SimpleUploadedFile(name, (NASTY / name).read_bytes()))
    assert [sentence.startswith(f"{name}: ") for sentence in said(response)] == [True]
    assert book.pages.count() == 1


def test_an_upload_without_a_file_says_what_to_do(screens, book, said):
    assert said(upload(screens, book)) == ["Choose at least one file."]


def test_201_files_are_refused_as_a_whole(screens, book, said):
    files = [SimpleUploadedFile(f"{number}.png", b"x") for number in range(201)]
    assert "too many" in said(upload(screens, book, *files))[0]
    assert not book.pages.exists()


def test_pages_that_come_while_guidelines_are_made_are_not_taken(screens, book, said):
    JobFactory(book=book, kind="extraction", stage="digest")
    response = upload(screens, book, picture("late.png"))
    assert "wait for it or cancel it" in said(response)[0]
    assert not book.pages.exists()


def test_pages_that_come_while_others_are_read_again_wait_for_a_person(screens, book, said):
    JobFactory(book=book, params={"pages": [1]})
    response = upload(screens, book, picture("late.png"))
    assert any("run OCR for the new pages when it is over" in sentence for sentence in said(response))
    assert book.jobs.count() == 1
