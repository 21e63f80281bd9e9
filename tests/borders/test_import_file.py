"""Files of guidelines as people and attackers send them, through the screens: a sentence or an import, never a 500."""

from __future__ import annotations

import csv
import json
import resource
import zipfile
from io import BytesIO, StringIO

import openpyxl
import pytest

from books.models import Book, GuidelineImport, Subtopic, Topic
from books.publishing.files import sheets
from books.publishing.files.export import book_json
from books.publishing.files.sheets import guideline_sheet
from tests.factories import BookFactory, SubtopicFactory, TopicFactory, ids

pytestmark = pytest.mark.django_db

MEGABYTE = 1_000_000
TITLES = ("id", "title", "summary", "pages", "objective", "concepts", "depth", "prerequisites", "misconceptions",
          "checks", "boundary")  # fmt: skip


class Sender:
    """Signed in, at the import of one book."""

    def __init__(self, client, book: Book) -> None:
        self.client, self.book = client, book
        self.url = f"/admin/books/book/{book.pk}/import/"

    def send(self, name: str, data: bytes) -> str:
        """The page that is shown then."""
        file = BytesIO(data)
        file.name = name
        answer = self.client.post(self.url, {"file": file}, follow=True)
        assert answer.status_code == 200
        return answer.content.decode()

    def send_document(self, *topics: dict) -> str:
        return self.send("book.json", json.dumps({"topics": topics}).encode())

    def apply(self) -> None:
        decide = f"{self.url}{GuidelineImport.objects.get(book=self.book).pk}/decide/"
        assert self.client.post(decide, {"decision": "apply"}, follow=True).status_code == 200
        assert not GuidelineImport.objects.exists()


@pytest.fixture
def sender(client, admin) -> Sender:
    client.force_login(admin)
    sender = Sender(client, BookFactory())
    ids(sender.book, range(1, 10))
    return sender


def topic(title: str = "T", *subtopics: dict, **facts) -> dict:
    return {"title": title, "first_page": 1, "last_page": 9, "subtopics": list(subtopics), **facts}


def part(title: str, **facts) -> dict:
    return {"title": title, "pages": [1], **facts}


def rows(book: Book) -> list[tuple[str, str]]:
    found = Subtopic.objects.filter(topic__book=book).order_by("topic__sequence", "sequence")
    return [(row.topic.title, row.title) for row in found.select_related("topic")]


# ---- what cannot be stored is refused with a sentence ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("topics", "sentence"),
    [
        ([topic(first_page=9, last_page=3)], "its pages cannot go from 9 to 3"),
        ([topic(first_page=0, last_page=3)], "its pages cannot go from 0 to 3"),
        ([topic("T", part("A", key="k"), part("B", key="k"))], "the key “k” stands twice"),
        ([topic("T", key="k"), topic("U", key="k")], "the key “k” stands twice"),
    ],
    ids=["first after last", "from nowhere", "keys of subtopics", "keys of topics"],
)
def test_what_the_database_would_refuse_is_said_in_words(sender, topics, sentence):
    assert sentence in sender.send_document(*topics)
    assert not GuidelineImport.objects.exists()


def test_equal_keys_in_two_topics_come_back_as_they_went_out(sender):
    """The second was taken for the first, and then for a new one."""
    for at in (1, 2):
        made = TopicFactory(book=sender.book, sequence=at, title=f"T{at}", key=f"t{at}")
        SubtopicFactory(topic=made, key="5-5-exercises", title=f"Exercises {at}")
    before = rows(sender.book)
    sender.send("book.json", json.dumps(book_json(sender.book)).encode())
    sender.apply()
    assert rows(sender.book) == before


def test_a_key_that_another_subtopic_of_the_new_topic_has_is_no_obstacle(sender):
    """The one whose key it is stays there; a new title made the key that a second one was given: IntegrityError."""
    first, second = (TopicFactory(book=sender.book, sequence=at, title=f"T{at}", key=f"t{at}") for at in (1, 2))
    SubtopicFactory(topic=first, key="k", title="Moved")
    SubtopicFactory(topic=second, key="k", title="Stays")
    sender.send_document(topic("T1"), topic("T2", part("Stays", key="k"), part("Moved", key="k2"), part("Moved on")))
    sender.apply()
    sender.send_document(topic("T1"), topic("T2", part("A b"), part("A b"), part("C", key="a-b-2")))
    sender.apply()
    assert [title for _, title in rows(sender.book)].count("A b") == 2


def test_two_topics_of_one_title_stay_two(sender):
    sender.send_document(topic("Exercises", part("A")), topic("Exercises", part("B")))
    sender.apply()
    sender.send("book.json", json.dumps(book_json(sender.book)).encode())
    sender.apply()
    assert rows(sender.book) == [("Exercises", "A"), ("Exercises", "B")]
    assert Topic.objects.filter(book=sender.book).count() == 2


# ---- sheets that ask for more than they weigh ------------------------------------------------------------------------


def workbook(*cells: tuple[str, str]) -> bytes:
    """Titles in the first row, and these cells."""
    book = openpyxl.Workbook()
    for column, title in enumerate(TITLES, start=1):
        book.active.cell(1, column).value = title
    for place, value in cells:
        book.active[place] = value
    out = BytesIO()
    book.save(out)
    return out.getvalue()


STRINGS_LISTED = (
    b'<Override PartName="/xl/sharedStrings.xml" '
    b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
)


def with_strings(count: int) -> bytes:
    """A workbook whose table of strings unpacks to 25 bytes for each of so many."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(workbook())) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            listed = old.read(entry).replace(b"</Types>", STRINGS_LISTED + b"</Types>")
            new.writestr(entry.filename, listed)
        head = '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        new.writestr("xl/sharedStrings.xml", head + "<si><t>a string</t></si>\n" * count + "</sst>")
    return out.getvalue()


def peak() -> int:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.parametrize("place", ["XFD1048576", "A1048576", "XFD5000"])
def test_a_far_cell_costs_the_web_process_nothing(sender, place):
    """1.6 kB took it to 15 GB: every row and column up to the cell was made."""
    data, before = workbook((place, "x")), peak()
    shown = sender.send("far.xlsx", data)
    assert ("something in row 5,002 or below" in shown) == (place == "A1048576")
    assert peak() - before < 64 * MEGABYTE


def test_a_table_of_strings_that_unpacks_without_end_is_not_read(sender):
    """228 kB took 110 seconds."""
    data = with_strings(4_000_000)
    assert len(data) < 0.5 * MEGABYTE
    before = peak()
    assert "unpacks to more than 50 MB" in sender.send("strings.xlsx", data)
    assert peak() - before < 64 * MEGABYTE


def test_a_table_of_strings_that_takes_too_long_ends_the_child_only(sender, monkeypatch):
    monkeypatch.setattr(sheets, "CPU_SECONDS", 1)
    assert "too much time or memory" in sender.send("strings.xlsx", with_strings(1_900_000))


def test_the_same_long_string_in_every_cell_is_counted(sender, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_CHARACTERS", 100_000)
    data = workbook(*[(f"B{row}", "x" * 30_000) for row in range(2, 8)])
    assert "more than 20,000,000 characters" in sender.send("long.xlsx", data)


def test_rows_are_counted_while_they_are_read(sender):
    """They were all read, and counted then."""
    out = StringIO()
    sheet = csv.writer(out)
    sheet.writerow(TITLES)
    sheet.writerows(["1", *"x" * 10] for _ in range(200_000))
    before = peak()
    assert "something in row 5,002 or below" in sender.send("rows.csv", out.getvalue().encode())
    assert peak() - before < 64 * MEGABYTE


def test_a_document_of_a_million_nothings_is_not_read(sender):
    before = peak()
    data = b'{"topics": [' + b"[]," * 3_000_000 + b"[]]}"
    assert "more than the guidelines of a book" in sender.send("book.json", data)
    assert peak() - before < 64 * MEGABYTE


def test_a_sheet_with_notes_beside_it_is_imported(sender):
    """What has no title above it is for people."""
    made = TopicFactory(book=sender.book)
    row = SubtopicFactory(topic=made, title="Old")
    sheet = openpyxl.load_workbook(BytesIO(guideline_sheet(sender.book, "xlsx")))
    sheet.active["C2"], sheet.active["P2"], sheet.active["XFD2"] = "New", "a note", "another"
    out = BytesIO()
    sheet.save(out)
    sender.send("sheet.xlsx", out.getvalue())
    sender.apply()
    row.refresh_from_db()
    assert row.title == "New"
