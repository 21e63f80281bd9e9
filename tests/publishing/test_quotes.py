"""The book's own words are shown as a quotation wherever a guideline is read, and come back as the same statement."""

from __future__ import annotations

import pytest
from django.urls import reverse

from books.guidelines.edit import edit_subtopic
from books.models.page import page_numbers
from books.publishing.files.sheets import statements_cell, statements_in
from books.publishing.published import document_of
from books.stored.guideline import Part, Statement, with_pages
from tests.factories import SubtopicFactory, TopicFactory

pytestmark = pytest.mark.django_db
SAID = "Zero is even."


@pytest.fixture
def row():
    row = SubtopicFactory(topic=TopicFactory(), pages=[1, 2])
    quote = Statement(SAID, row.pages[:1], kind="quote")
    row.guideline = {**dict.fromkeys(Part, ()), Part.CONCEPTS: (quote,)}
    type(row).objects.filter(pk=row.pk).update(guideline=row.guideline)
    return row


def test_screens_files_and_readers_show_a_quotation_as_one(row, client, admin):
    client.force_login(admin)
    book = row.topic.book_id
    assert f"“{SAID}”" in client.get(reverse("admin:books_book_guideline", args=[book, row.pk])).content.decode()
    document = document_of(row.guideline, page_numbers(book))
    assert document["concepts"] == [{"text": SAID, "pages": [1], "kind": "quote"}]
    cell = statements_cell(document["concepts"])
    assert cell == with_pages(SAID, [1], "quote") == f"“{SAID}” [1]"
    (back,) = statements_in(cell)
    assert (back["text"], back["pages"]) == (SAID, [1])


def test_a_quotation_that_a_person_rewords_is_none_any_more(row, admin):
    book = row.topic.book_id
    for text, kind in ((SAID, "quote"), (f"“{SAID}”", "quote"), ("Zero can be halved.", "statement")):
        said = {"concepts": [{"text": text, "pages": [1]}]}
        row = edit_subtopic(book, row.pk, user=admin, revision=None, guideline=said)
        assert [each.kind for each in row.guideline[Part.CONCEPTS]] == [kind]
