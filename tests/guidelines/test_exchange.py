"""Guidelines out into files and back: the same comes back, differences are shown first, nothing in a cell runs."""

from __future__ import annotations

import csv
import json
from io import BytesIO, StringIO

import openpyxl
import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st

from books.errors import EditedMeanwhile, ImportRefused
from books.guidelines.changes import change, undo
from books.models import Change, GuidelineImport, Provenance, ReviewStatus, Subtopic, Topic
from books.publishing.files.compare import differences
from books.publishing.files.export import book_docx, book_json
from books.publishing.files.import_file import apply_import, receive
from books.publishing.files.sheets import armed, defused, guideline_sheet
from books.stored.pages import numbers_in, ranges
from tests.factories import BookFactory, PageFactory, SubtopicFactory, TopicFactory, ids, shown

pytestmark = pytest.mark.django_db

ATTACK = '=HYPERLINK("http://evil.example"; "<b>x</b>")'


def book_of(pages: int, *, topics: int = 2):
    """Subtopics of five pages; a statement for each page; titles and texts that a spreadsheet would like to run."""
    book = BookFactory()
    each = pages // topics
    for at in range(topics):
        first = at * each + 1
        topic = TopicFactory(
            book=book, sequence=at + 1, key=f"t{at}", number=str(at + 1), title=f"-Topic {at}", summary="@sum",
            storyline="First this, then that.",
        )  # fmt: skip
        for place, start in enumerate(range(first, first + each, 5), start=1):
            own = list(range(start, start + 5))
            SubtopicFactory(
                topic=topic, sequence=place, key=f"{start}-{start + 4}", pages=own,
                title=ATTACK if place == 1 else f"Part {start}",
                number=f"{at + 1}.{place}", summary="+1",
                guideline={"objective": [{"text": f"'quoted {page}", "pages": [page]} for page in own],
                           "checks": [{"text": "Ask [3] things.", "pages": own}]},
            )  # fmt: skip
    return book


def content(book) -> dict:
    """The document without what an import may not bring along: who made it, and the decision on it."""
    document = book_json(book)
    for topic in document["topics"]:
        for subtopic in topic["subtopics"]:
            subtopic.pop("status")
    return {"topics": document["topics"], "front_matter": document["front_matter"]}


def sent(book, data, name="book.json", user=None) -> GuidelineImport:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return receive(book, name, BytesIO(raw), user=user)


def test_a_book_of_500_pages_comes_back_the_same(admin):
    book, empty = book_of(500, topics=10), BookFactory()
    ids(empty, range(1, 501))
    document = book_json(book) | {"front_matter": [1, 2]}
    received = sent(empty, document)
    assert {each.kind for each in differences(received)} == {"new"}
    assert apply_import(received, user=admin) == 110
    assert content(empty) == content(book) | {"front_matter": [1, 2]}
    assert set(Subtopic.objects.filter(topic__book=empty).values_list("status", flat=True)) == {"pending_review"}
    undo(Change.objects.filter(book=empty).first().pk, user=admin)
    assert not Topic.objects.filter(book=empty).exists()


@pytest.mark.parametrize("form", ["json", "csv", "xlsx"])
def test_what_was_exported_changes_nothing(form):
    book = book_of(20)
    data = json.dumps(book_json(book)).encode() if form == "json" else guideline_sheet(book, form)
    received = sent(book, data, f"book.{form}")
    before, changes = content(book), Change.objects.count()
    assert differences(received) == []
    assert apply_import(received, user=None) == 0
    assert (content(book), Change.objects.count()) == (before, changes)
    assert set(Subtopic.objects.values_list("is_edited", flat=True)) == {False}


@pytest.mark.parametrize(
    ("separator", "encoding", "name", "before"),
    [
        (";", "utf-8", "book.csv", ""),
        (";", "utf-8-sig", "book.csv", ""),
        (";", "cp1252", "book.csv", ""),
        (";", "utf-8-sig", "book.csv", "sep=;\r\n"),
        (",", "utf-8", "book.csv", "sep=,\r\n"),
        ("\t", "utf-16", "book.txt", ""),
        ("\t", "utf-16", "book.csv", ""),
        (";", "utf-16-le", "book.csv", ""),
        (";", "utf-16-be", "book.csv", '"sep=;"\n'),
        ("|", "utf-8", "book.csv", ""),
        ("\t", "utf-8", "book.tsv", ""),
    ],
)
def test_what_a_spreadsheet_program_saved_again_changes_what_was_edited(separator, encoding, name, before):
    book = book_of(20)
    rows = list(csv.reader(StringIO(guideline_sheet(book, "csv").decode("utf-8-sig"), newline="")))
    rows[2][rows[0].index("title")] = "Größe – “7; 8, 9”"
    out = StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator="\r\n").writerows(rows)
    received = sent(book, (before + out.getvalue()).encode(encoding), name)
    (difference,) = differences(received)
    assert difference.fields == [("Title", difference.fields[0][1])]
    assert apply_import(received, user=None) == 1
    assert Subtopic.objects.filter(title="Größe – “7; 8, 9”").count() == 1


def test_an_edited_sheet_changes_what_was_edited(admin):
    book = book_of(20)
    decided = Subtopic.objects.get(key="6-10")
    with change(book.pk, "Approved"):
        decided.status, decided.reviewed_at = ReviewStatus.APPROVED, "2026-01-01T00:00Z"
        decided.save()
    sheet = openpyxl.load_workbook(BytesIO(guideline_sheet(book, "xlsx")))
    column = {cell.value: cell.column for cell in sheet.active[1]}
    sheet.active.cell(3, column["title"]).value = "Better title"
    sheet.active.cell(3, column["objective"]).value = "Can count to ten. [6-7, 9]\nCan add. [8]"
    out = BytesIO()
    sheet.save(out)
    received = sent(book, out.getvalue(), "book.xlsx")
    (difference,) = differences(received)
    assert [name for name, _ in difference.fields] == ["Title", "Objective"]
    apply_import(received, user=admin)
    decided.refresh_from_db()
    assert (decided.title, decided.status, decided.is_edited) == ("Better title", "pending_review", True)
    assert shown(decided)["objective"][0]["pages"] == [6, 7, 9]
    assert decided.guideline["objective"][0].text == "Can count to ten."
    assert decided.topic.sequence == 1
    assert decided.number == "1.2"


def test_a_document_moves_and_adds_but_removes_nothing(admin):
    book = book_of(20)
    document = book_json(book)
    first, second = document["topics"]
    moved, kept = first["subtopics"].pop(), second["subtopics"].pop()
    second["subtopics"].insert(0, moved)
    checks = {"checks": [{"text": "Q", "pages": [20]}]}
    second["subtopics"].insert(0, {"title": "New", "pages": [20], "guideline": checks})
    document["topics"] = [second, first]
    apply_import(sent(book, document), user=admin)
    rows = Subtopic.objects.filter(topic__book=book).order_by("topic__sequence", "sequence")
    assert [row.title for row in rows] == ["New", moved["title"], ATTACK, kept["title"], ATTACK]
    assert Subtopic.objects.get(title="New").provenance == Provenance.IMPORTED


def test_nothing_is_applied_over_a_later_change():
    book = book_of(20)
    document = book_json(book)
    document["topics"][0]["title"] = "Other"
    received = sent(book, document)
    with change(book.pk, "Renamed"):
        row = Subtopic.objects.get(key="6-10")
        row.title = "Mine"
        row.save()
    before = content(book)
    with pytest.raises(EditedMeanwhile):
        apply_import(received, user=None)
    assert content(book) == before


TRICKS = b"""{"topics": [{"title": "T", "first_page": 1, "last_page": 1, "subtopics": [
    {"title": "S", "pages": [1], "guideline": {"tricks": []}}]}]}"""
BROKEN = {
    "no json": ("a.json", b"{", "cannot be read as JSON"),
    "deep json": ("a.json", b"[" * 200_000, "cannot be read as JSON"),
    "a list": ("a.json", b"[]", "the file"),
    "no topics": ("a.json", b"{}", "topics"),
    "an unknown part": ("a.json", TRICKS, "tricks"),
    "page 501": ("a.json", b'{"topics": [], "front_matter": [501]}', "front_matter"),
    "no workbook": ("a.xlsx", b"PK\x03\x04", "cannot be read as XLSX"),
    "no columns": ("a.csv", b"a,b\n1,2\n", "no column"),
    "bytes": ("a.csv", b"\xff\xfe\x00", "cannot be read as CSV"),
    "a program": ("a.exe", b"MZ", ".json, .csv or .xlsx"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_what_cannot_be_imported_is_refused_with_a_reason(case):
    name, data, reason = BROKEN[case]
    book = PageFactory().book
    with pytest.raises(ImportRefused, match=reason):
        sent(book, data, name)
    assert not GuidelineImport.objects.exists()


@pytest.mark.parametrize(
    ("line", "reason"),
    [("No pages", "Row 2: .*brackets"), ("Text [-3]", "Row 2: .*page number"), ("Text [700]", "Row 2: .*page number")],
)
def test_a_wrong_line_in_a_sheet_is_named(line, reason):
    book = book_of(20)
    rows = list(csv.reader(StringIO(guideline_sheet(book, "csv").decode("utf-8-sig"))))
    rows[1][rows[0].index("objective")] = line
    out = StringIO()
    csv.writer(out).writerows(rows)
    with pytest.raises(ImportRefused, match=reason):
        sent(book, out.getvalue().encode(), "a.csv")


def test_rows_and_pages_of_another_book_are_refused():
    book, other = book_of(20), book_of(20)
    with pytest.raises(ImportRefused, match="is no guideline of this book"):
        sent(other, guideline_sheet(book, "csv"), "a.csv")
    with pytest.raises(ImportRefused, match="names pages that this book has not: 2-5"):
        sent(PageFactory().book, book_json(book))
    with pytest.raises(ImportRefused, match="has no pages yet"):
        sent(BookFactory(), book_json(book))


def test_no_cell_begins_like_a_formula():
    sheet = guideline_sheet(book_of(20), "csv").decode("utf-8-sig")
    cells = [cell for row in csv.reader(StringIO(sheet)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    workbook = openpyxl.load_workbook(BytesIO(guideline_sheet(Topic.objects.first().book, "xlsx")))
    assert {cell.data_type for row in workbook.active for cell in row} <= {"s", "n", "inlineStr"}


@given(st.text())
def test_a_defused_cell_gives_its_text_back(text):
    assert armed(defused(text)) == text


@given(st.sets(st.integers(1, 500)))
def test_ranges_of_pages_are_read_back(pages):
    assert numbers_in(ranges(pages)) == sorted(pages)


def test_a_word_document_holds_every_statement():
    book = book_of(20)
    with change(book.pk, "Edited"):
        row = Subtopic.objects.first()
        row.summary = "A bell\x07 rings."
        row.save()
    document = Document(BytesIO(book_docx(book)))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert text.count("Ask [3] things.") == 4
    assert "A bell rings." in text
    assert [p.text for p in document.paragraphs if p.style.name == "Heading 1"] == ["1. -Topic 0", "2. -Topic 1"]


def test_the_screens_show_the_differences_and_apply_them(client, admin):
    client.force_login(admin)
    book = book_of(20)
    document = book_json(book)
    document["topics"][0]["subtopics"][1]["title"] = "<script>alert(1)</script>"
    upload = BytesIO(json.dumps(document).encode())
    upload.name = "book.json"
    shown = client.post(f"/admin/books/book/{book.pk}/import/", {"file": upload}, follow=True)
    assert "<ins>&lt;script&gt;" in shown.content.decode()
    assert "<script>alert" not in shown.content.decode()
    decide = f"/admin/books/book/{book.pk}/import/{GuidelineImport.objects.get().pk}/decide/"
    applied = client.post(decide, {"decision": "apply"}, follow=True)
    assert "1 guideline imported." in applied.content.decode()
    assert not GuidelineImport.objects.exists()
