"""Where a book's language meets the upload of its pages: what cannot be read is refused before anything is sent."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from PIL import Image

from books.models import Book, Source
from tests.factories import BookFactory

SENTENCE = "There is no model to read deu with; installed: eng."
FACTS = {"title": "Physik 9", "language": "deu", "author": "", "country": "", "merge_from": "0.9", "access": "all"}


def scan() -> bytes:
    data = BytesIO()
    Image.new("L", (300, 400), 200).save(data, "PNG")
    return data.getvalue()


def as_json(client, address: str, body: dict):
    return client.post(address, json.dumps(body), content_type="application/json")


def test_a_book_in_a_language_that_is_not_installed_is_not_saved(screens):
    """It saved, and the upload refused it after everything was sent."""
    answer = screens.post(reverse("admin:books_book_add"), FACTS)
    assert SENTENCE in answer.content.decode()
    assert not Book.objects.exists()


def test_other_facts_of_a_book_whose_language_went_away_can_still_be_changed(screens):
    book = BookFactory(language="deu")
    address = reverse("admin:books_book_change", args=[book.pk])
    assert screens.post(address, FACTS).status_code == 302
    assert SENTENCE.replace("deu", "fra") in screens.post(address, FACTS | {"language": "fra"}).content.decode()


def test_the_api_names_the_field(screens):
    answer = as_json(screens, "/api/books", {"title": "Physik 9", "language": "deu"})
    assert (answer.status_code, answer.json()["fields"]) == (422, {"language": [SENTENCE]})
    assert not Book.objects.exists()


@pytest.mark.parametrize("way", ["uploads", "pages/bulk", "pages", "pages/1/insert", "form", "map"])
def test_no_way_in_takes_a_file_that_nothing_can_read(screens, way):
    """Each stored the pages first."""
    book = BookFactory(language="deu")
    file = SimpleUploadedFile("one.png", scan())
    if way == "uploads":
        answer = as_json(screens, f"/api/books/{book.pk}/uploads", {"files": [{"name": "one.png", "size": 9}]})
    elif way in ("form", "map"):
        name = "admin:books_book_upload" if way == "form" else "admin:books_book_insert"
        answer = screens.post(reverse(name, args=[book.pk]), {"files": [file], "at": "1"}, follow=True)
    else:
        name = "files" if way == "pages/bulk" else "file"
        answer = screens.post(f"/api/books/{book.pk}/{way}", {name: file})
    assert SENTENCE in answer.content.decode()
    assert not Source.objects.exists()


def test_the_command_says_it_before_it_makes_a_book(db, tmp_path):
    """It left a book with pages behind."""
    (tmp_path / "one.png").write_bytes(scan())
    with pytest.raises(CommandError, match="installed: eng"):
        call_command("process_book", str(tmp_path), title="Physik 9", language="deu", no_wait=True)
    assert not Book.objects.exists()
