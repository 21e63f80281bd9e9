"""The screen of the table of contents: draft, live check, confirm, release; what a refusal leaves in the form."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from books.models import Contents, ContentsStatus
from jobs.states import JobStatus
from tests.admin.test_panel import HTMX
from tests.factories import JobFactory, ReadPageFactory

LINES = "1 Rivers ..... 2\n1.1 Springs ..... 2\n1.2 Deltas ..... 9\n"


@pytest.fixture
def pages(book):
    for number, text in enumerate(("A title", "Chapter 1 Rivers\nWater runs down.\n1", "It runs on.\n2"), start=1):
        ReadPageFactory(book=book, number=number, reading__text=text)
    return book


def url(name: str, book) -> str:
    return reverse(f"admin:books_book_contents{name}", args=[book.pk])


def shown(client, book) -> str:
    return client.get(url("", book)).content.decode()


def test_nothing_yet_offers_a_draft_only_once_pages_are_read(screens, book):
    assert 'id="draft"' not in shown(screens, book)
    ReadPageFactory(book=book)
    assert 'id="draft"' in shown(screens, book)


def test_lines_are_checked_while_a_person_types(screens, pages):
    page = screens.post(url("_preview", pages), {"text": f"{LINES}.....\n"}, headers=HTMX).content.decode()
    assert "<html" not in page
    assert "Not understood" in page
    assert "1 topic, 2 subtopics" in page
    assert "2 need checking." in page
    assert not Contents.objects.exists()
    plain = screens.post(url("_preview", pages), {"text": LINES}).content.decode()
    assert "These lines are not stored yet." in plain


def test_confirm_release_delete(screens, pages, said, admin):
    asked = screens.post(url("_save", pages), {"text": LINES, "act": "confirm"})
    assert "Confirm although 1 line needs checking?" in asked.content.decode()
    assert not Contents.objects.exists()
    seen = {"text": LINES, "act": "confirm", "despite": "1.2 Deltas ..... 9"}
    answer = screens.post(url("_save", pages), seen, follow=True)
    assert said(answer)[0].startswith("Confirmed: 1 topic, 2 subtopics, ")
    stored = Contents.objects.get()
    assert (stored.status, stored.changed_by) == (ContentsStatus.CONFIRMED, admin)
    assert "In use: no topic crosses a chapter." in (screen := shown(screens, pages))
    assert re.search(r'id="confirm"\s+class="button plain"', screen), "it is done already"
    screens.post(url("_release", pages))
    assert Contents.objects.get().status == ContentsStatus.DRAFTED
    screens.post(url("_release", pages))
    assert not Contents.objects.exists()


def test_a_refusal_leaves_the_lines_in_the_form(screens, pages, said):
    answer = screens.post(url("_save", pages), {"text": "......\n??", "act": "confirm"})
    assert "is empty" in said(answer)[0]
    JobFactory(book=pages, status=JobStatus.RUNNING)
    answer = screens.post(url("_save", pages), {"text": "1 <b>Rivers</b>", "act": "confirm"})
    assert "A job of this book is active" in said(answer)[0]
    page = answer.content.decode()
    assert "1 &lt;b&gt;Rivers&lt;/b&gt;</textarea>" in page
    assert "<b>Rivers" not in page
    assert screens.post(url("_save", pages), {"text": LINES, "act": "eat"}).status_code == 400
