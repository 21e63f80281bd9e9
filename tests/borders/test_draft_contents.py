"""From what OCR read to a confirmed table of contents: what is drafted, which line is marked, what is asked."""

from __future__ import annotations

import json
import re

import pytest

from books.extraction.contents import entries_of
from books.models import Book, Contents
from tests.admin.test_contents import url
from tests.factories import BookFactory, ReadPageFactory

WRONG = "1.3 Subtract Whole Numbers ..... 12"


@pytest.fixture
def book(sample) -> Book:
    """The sample as OCR reads it: the running head "1.2 • Add Whole Numbers" of scans 5 and 7 loses its point."""
    book = BookFactory(title="Prealgebra 2e")
    for page in json.loads((sample / "truth.json").read_text())["pages"]:
        ReadPageFactory(book=book, number=page["page"], reading__text=page["text"].replace("1.2 •", "12 •"))
    return book


def api(book: Book) -> str:
    return f"/api/books/{book.pk}/contents"


def marked_rows(page: str) -> list[str]:
    return re.findall(r'<tr class="troubled">.*?</span> ([^<]+)<', page, re.DOTALL)


def test_a_running_head_is_no_page_number_in_the_draft(screens, book):
    """Section 1.3 was drafted for printed page 12, from "12 • Add Whole Numbers" above it, and matched on scan 11."""
    screens.post(url("_draft", book))
    drafted = screens.get(api(book)).json()
    assert "1.3 Subtract Whole Numbers ..... 7\n" in drafted["text"]
    shown = screens.post(url("_preview", book), {"text": drafted["text"]}).content.decode()
    scans = [1, 1, 4, 7, 11, 15, 18, 18, 21]
    assert [line["scan"] for line in drafted["lines"]] == scans
    assert [int(scan) for scan in re.findall(r"/pages/(\d+)/\">\1</a>", shown)] == scans
    assert marked_rows(shown) == []


def test_the_wrong_line_is_marked_and_confirming_it_asks_first(screens, book):
    """The line after it was marked, section 1.3 was matched on scan 11, and confirming asked nothing."""
    screens.post(url("_draft", book))
    text = re.sub(r"1\.3 Subtract.*", WRONG, screens.get(api(book)).json()["text"])
    asked = screens.post(url("_save", book), {"text": text, "act": "confirm"}).content.decode()
    assert marked_rows(asked) == ["Subtract Whole Numbers"]
    assert "Confirm although 1 line needs checking?" in asked
    assert "It begins on scan 7, but printed page 12 is scan 12." in asked
    assert Contents.objects.get().status == "drafted"
    refused = screens.put(api(book), {"text": text, "confirm": True}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "lines_in_doubt")

    other = text.replace("1.5 Divide Whole Numbers ..... 15", "1.5 Divide Whole Numbers ..... 3")
    again = screens.post(url("_save", book), {"text": other, "act": "confirm", "despite": [WRONG]}).content.decode()
    assert "Confirm although 2 lines need checking?" in again
    screens.post(url("_save", book), {"text": text, "act": "confirm", "despite": [WRONG]})
    stored = Contents.objects.get()
    assert (stored.status, entries_of(stored)[3].scan) == ("confirmed", 7)
