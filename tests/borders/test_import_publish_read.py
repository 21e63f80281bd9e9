"""From a file into a book, through review and publishing to those who read: by the screens and the API alone."""

from __future__ import annotations

from io import BytesIO
from itertools import product

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import TextChoices
from django.urls import reverse
from docx import Document
from openpyxl import load_workbook

from books.extraction.base import Guideline
from books.extraction.engines.forms import GuidelineForm
from books.models import Provenance, ReviewStatus, Subtopic
from books.publishing.files.sheets import COLUMNS
from books.stored.guideline import PART_TITLES, PARTS
from tests.factories import BookFactory, SubtopicFactory, TopicFactory, ids, program

pytestmark = pytest.mark.django_db

EXPORTS = ("json", "md", "docx", "csv", "xlsx")


@pytest.fixture
def reader():
    return program("published")


@pytest.fixture
def book():
    """A guideline of every provenance in every status but published, each with every part."""
    book = BookFactory(title="Prealgebra")
    topic = TopicFactory(book=book, sequence=1)
    for provenance, status in product(Provenance, ReviewStatus):
        if status != ReviewStatus.PUBLISHED:
            make(topic, provenance, status)
    return book


def make(topic, provenance, status):
    said = {part: [{"text": f"About {part}.", "pages": [1, 2]}] for part in PARTS}
    SubtopicFactory(topic=topic, provenance=provenance, status=status, guideline=said)


def publish(screens, book):
    plan = screens.get(reverse("admin:books_book_publish", args=[book.pk])).context["plan"]
    screens.post(reverse("admin:books_book_publish_now", args=[book.pk]), {"seen": plan.mark})


def items(client, **asked):
    answer = client.get("/api/guidelines", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()["items"]


def test_a_published_guideline_that_was_imported_is_read(screens, reader):
    """Every reader whose page held one was answered 500: the answer knew two provenances, the model three."""
    first = SubtopicFactory(title="Counting", status=ReviewStatus.PENDING_REVIEW).topic.book
    book = BookFactory(title="Taken over")
    ids(book, [1, 2, 3])
    exported = screens.get(reverse("admin:books_book_export", args=[first.pk, "json"])).content
    file = SimpleUploadedFile("book.json", exported, "application/json")
    shown = screens.post(reverse("admin:books_book_import", args=[book.pk]), {"file": file})
    screens.post(shown.url + "decide/", {"decision": "apply"})
    (row,) = screens.get(f"/api/books/{book.pk}/subtopics").json()
    screens.post(
        f"/api/books/{book.pk}/subtopics/{row['id']}/approve",
        {"revision": row["revision"]},
        content_type="application/json",
    )
    publish(screens, book)
    (item,) = items(reader)
    assert (item["title"], item["provenance"]) == ("Counting", "imported")


def test_every_provenance_and_status_goes_through_every_way_out(screens, reader, book):
    """Each way out had its own list of the values, and nothing tried them all."""
    publish(screens, book)
    for provenance in Provenance:
        make(book.topics.get(), provenance, ReviewStatus.APPROVED)
    assert {item["provenance"] for item in items(reader)} == set(Provenance.values)
    for status in ReviewStatus:
        found = items(screens, status=status)
        assert {(item["status"], item["provenance"]) for item in found} == {(status, one) for one in Provenance}
        listed = screens.get(reverse("admin:books_review"), {"status": status}).content.decode()
        assert listed.count(f'title="{status.label}"') == len(Provenance)
    rows = screens.get(f"/api/books/{book.pk}/subtopics").json()
    assert {(row["status"], row["provenance"]) for row in rows} == set(product(ReviewStatus.values, Provenance.values))
    for row in Subtopic.objects.all():
        for name in ("books_book_guideline", "books_book_guideline_edit", "books_book_guideline_history"):
            assert screens.get(reverse(f"admin:{name}", args=[book.pk, row.pk])).status_code == 200
    for name in ("books_book_publish", "books_book_guidelines", "books_book_arrange_guidelines"):
        assert screens.get(reverse(f"admin:{name}", args=[book.pk])).status_code == 200
    assert screens.get(reverse("admin:books_book_version", args=[book.pk, 1])).status_code == 200


@pytest.mark.parametrize("form", EXPORTS)
def test_every_part_and_what_is_to_be_said_of_its_making_go_into_every_file(screens, book, form):
    """The note stood in a file only where the name of the first engine began with a certain word."""
    data = screens.get(reverse("admin:books_book_export", args=[book.pk, form])).content
    text = text_of(data, form)
    if form in {"md", "docx"}:
        assert all(title in text for title in PART_TITLES.values())
        assert all(str(one.note) in text for one in Provenance)
    else:
        assert all(part in text for part in PARTS)
        assert all(status in text for status in ReviewStatus.values if status != ReviewStatus.PUBLISHED)


def text_of(data, form):
    if form == "docx":
        return "\n".join(each.text for each in Document(BytesIO(data)).paragraphs)
    if form == "xlsx":
        return str([[cell.value for cell in row] for row in load_workbook(BytesIO(data)).active])
    return data.decode()


def test_what_is_written_and_read_has_exactly_the_declared_parts(client):
    """A part that is declared and forgotten somewhere would be lost there in silence."""
    document = client.get("/api/openapi.json").json()["components"]["schemas"]
    assert list(Guideline().parts) == list(PARTS)
    assert list(GuidelineForm.model_fields) == [*PARTS, "summary"]
    assert [name for name in COLUMNS if name in PARTS] == list(PARTS)
    assert document["Part"]["enum"] == list(PARTS)
    assert document["Provenance"]["enum"] == Provenance.values
    assert document["ReviewStatus"]["enum"] == ReviewStatus.values


def enumerations_in(document):
    if isinstance(document, dict):
        yield from [set(document["enum"])] if isinstance(document.get("enum"), list) else []
        document = list(document.values())
    for each in document if isinstance(document, list) else ():
        yield from enumerations_in(each)


def test_no_operation_knows_a_part_of_an_enumeration_by_heart(client):
    """One list of two values stood beside a declaration of three."""
    declared = [set(each.values) for each in TextChoices.__subclasses__()]
    for found in enumerations_in(client.get("/api/openapi.json").json()):
        assert not [whole for whole in declared if len(found & whole) > 1 and found < whole], found
