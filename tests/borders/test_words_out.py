"""What people and books say goes out as words: into Markdown, sheets and the answers that other programs read."""

from __future__ import annotations

from csv import DictReader
from io import BytesIO, StringIO

import pytest
from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

from books.models import PublishedGuideline, ReviewStatus
from books.publishing.files.sheets import armed, defused
from tests.factories import SubtopicFactory, program

pytestmark = pytest.mark.django_db


def exported(screens, form, **facts):
    book = SubtopicFactory(**facts).topic.book
    return screens.get(reverse("admin:books_book_export", args=[book.pk, form])).content


BLOCKS = ["# A", "- A", "> A", "1. A", "1) A", "===", "---", "```", "~~~", "+ A", "* A", "| A |"]


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("before", ["", "Counting.\n", "Counting.\r\n\r\n", "Counting.\u2028"], ids=ascii)
def test_no_word_begins_a_block_of_markdown(screens, block, before):
    """A newline in a statement began whatever stood behind it, such as a heading of the whole document."""
    said = {"concepts": [{"text": before + block, "pages": [1]}]}
    text = exported(screens, "md", title=before + block, summary=before + block, guideline=said).decode()
    lines = [line.removeprefix("### ").removeprefix("- ") for line in text.splitlines()]
    assert not [line for line in lines if line.startswith(block)]
    assert sum(line.endswith("[1]") for line in lines) == 1


DANGEROUS = ["=1", "+1", "-1", "@SUM", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠SUM", "﹦1", " =1", "\xa0=1",
             "\u200b=1", "\ufeff=1", "\u3000＝1", "'=1"]  # fmt: skip


@pytest.mark.parametrize("text", DANGEROUS, ids=ascii)
def test_no_cell_is_a_formula_in_any_form(screens, text):
    """A line feed, full-width signs and what spreadsheets skip over before a sign went through as they were."""
    rows = list(DictReader(StringIO(exported(screens, "csv", title=text, summary=text).decode("utf-8-sig"))))
    assert rows[0]["summary"] == rows[0]["title"] == f"'{text}"


@given(st.text())
@example("'")
def test_a_cell_comes_back_as_it_was(text):
    assert armed(defused(text)) == text


def test_no_column_is_wider_than_a_spreadsheet_allows(screens):
    """Columns were as wide as their longest text; beyond 255 Excel calls the file damaged."""
    said = {"objective": [{"text": "word " * 300, "pages": [1]}]}
    sheet = load_workbook(BytesIO(exported(screens, "xlsx", guideline=said))).active
    assert max(column.width for column in sheet.column_dimensions.values()) <= 255


@pytest.mark.parametrize(("names", "told"), [({}, ""), ({"first_name": "Ada", "last_name": "Byron"}, "Ada Byron")])
def test_readers_are_told_a_name_and_never_an_account(screens, admin, names, told):
    """The account's name, half of what it takes to sign in, was told to every reading program."""
    type(admin).objects.update(**names)
    row = SubtopicFactory(status=ReviewStatus.PENDING_REVIEW)
    book = row.topic.book_id
    seen = {"revision": row.revision}
    screens.post(f"/api/books/{book}/subtopics/{row.pk}/approve", seen, content_type="application/json")
    screens.post(reverse("admin:books_book_publish_now", args=[book]))
    reader = program("published")
    (item,) = reader.get("/api/guidelines").json()["items"]
    assert item["reviewer"] == told
    assert admin.get_username() not in str(item)
    assert PublishedGuideline.objects.get().reviewer == told
