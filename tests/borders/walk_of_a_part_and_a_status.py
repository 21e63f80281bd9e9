"""Run in a scratch copy of the project by test_declared_once: a part and a status that were added to their declarations
alone go all ways out and in."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.urls import reverse
from docx import Document
from openpyxl import load_workbook

from books.extraction.base import Guideline, Statement
from books.extraction.engines.forms import GuidelineForm
from books.guidelines.proposals import propose, setting
from books.models import Book, GuidelineImport, Proposal, ProposalKind, Subtopic
from books.stored.guideline import Part
from books.stored.proposal import Values
from tests.factories import ReadPageFactory, SubtopicFactory, TopicFactory, guideline_of, program, shown

pytestmark = pytest.mark.django_db
SAID = {"sources": [{"text": "Read about fractions.", "pages": [1]}]}


@pytest.fixture
def row(book: Book) -> Subtopic:
    ReadPageFactory(book=book, number=1, reading__text="About fractions: read, then compare them.")
    topic = TopicFactory(book=book, sequence=1)
    return SubtopicFactory(topic=topic, sequence=1, pages=[1], guideline=SAID, status="checked")


@pytest.fixture
def book() -> Book:
    return Book.objects.create(title="Scratch")


def page(client, name: str, *args) -> str:
    answer = client.get(reverse(f"admin:{name}", args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_status(screens, book, row):
    outline = page(screens, "books_book_guideline", book.pk, row.pk)
    assert 'badge-waiting" title="Checked by a second pair of eyes" aria-hidden="true">C<' in outline
    assert "Only checked so far." in page(screens, "books_book_publish", book.pk)
    listed = screens.get(reverse("admin:books_review"), {"status": "checked"}).content.decode()
    assert "Read about" in listed or row.title in listed
    assert screens.get("/api/guidelines", {"status": "checked"}).json()["items"][0]["status"] == "checked"
    decided = screens.post(
        reverse("admin:books_book_guideline_decide", args=[book.pk, row.pk]),
        {"decision": "approve", "revision": row.revision},
    )
    assert decided.status_code == 302
    row.refresh_from_db()
    assert row.status == "approved"


def test_the_part_on_screens_and_in_files(screens, book, row):
    assert "Sources to read" in page(screens, "books_book_guideline", book.pk, row.pk)
    assert "sources.text" in page(screens, "books_book_guideline_edit", book.pk, row.pk)
    form = {"title": row.title, "sources.text": ["Read about halves."], "sources.pages": ["1"]}
    saved = screens.post(
        reverse("admin:books_book_guideline_save", args=[book.pk, row.pk]), form | {"revision": row.revision}
    )
    assert saved.status_code == 302
    row.refresh_from_db()
    assert shown(row)["sources"][0]["text"] == "Read about halves."
    history = page(screens, "books_book_guideline_history", book.pk, row.pk)
    assert "<dt>Sources to read</dt>" in history
    files = {
        form: screens.get(reverse("admin:books_book_export", args=[book.pk, form])).content
        for form in ("json", "md", "csv", "xlsx", "docx")
    }
    for form in ("json", "md", "csv"):
        assert b"Read about halves." in files[form]
    assert "sources" in [cell.value for cell in load_workbook(BytesIO(files["xlsx"])).active[1]]
    assert "Sources to read" in [each.text for each in Document(BytesIO(files["docx"])).paragraphs]
    file = BytesIO(files["csv"].replace(b"halves", b"thirds"))
    file.name = "book.csv"
    compared = screens.post(reverse("admin:books_book_import", args=[book.pk]), {"file": file}, follow=True)
    assert "Sources to read" in compared.content.decode()
    decide = reverse("admin:books_book_import", args=[book.pk]) + f"{GuidelineImport.objects.get().pk}/decide/"
    screens.post(decide, {"decision": "apply"})
    row.refresh_from_db()
    assert shown(row)["sources"][0]["text"] == "Read about thirds."


def test_the_part_to_readers_and_in_proposals(screens, book, row, admin):
    text = Values(guideline=guideline_of(book, {"sources": [{"text": "Read on.", "pages": [1]}]}))
    propose(book.pk, setting(ProposalKind.REWRITE, row, text, "", at_once=False), job=None)
    assert "Sources to read" in page(screens, "books_book_proposals", book.pk)
    assert screens.get(f"/api/books/{book.pk}/proposals").json()["items"][0]["after"]["guideline"]["sources"]
    Proposal.objects.all().delete()
    (item,) = screens.get(f"/api/books/{book.pk}/subtopics").json()
    assert item["guideline"]["sources"][0]["text"] == "Read about fractions."
    approve = f"/api/books/{book.pk}/subtopics/{row.pk}/approve"
    screens.post(approve, {"revision": item["revision"]}, content_type="application/json")
    screens.post(reverse("admin:books_book_publish_now", args=[book.pk]))
    reader = program("published")
    (published,) = reader.get("/api/guidelines").json()["items"]
    assert published["guideline"]["sources"][0]["text"] == "Read about fractions."
    assert "sources" in screens.get("/api/openapi.json").json()["components"]["schemas"]["Part"]["enum"]


def test_the_part_in_the_engines():
    assert "sources" in GuidelineForm.model_fields
    assert GuidelineForm.model_fields["sources"].description == "what to read besides"
    made = Guideline("A summary.", sources=[Statement("Read on.", (1,))])
    assert made.parts[Part("sources")] == made.sources
