"""Formulas, tables and figures in what goes out: LaTeX stays LaTeX where it is read, figures go by page and box."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.urls import reverse
from docx import Document

from books.guidelines.evidence import BookText, EvidenceCheck
from books.models import Page, ReviewStatus
from books.models.page import page_numbers
from books.publishing.files.export import book_docx, book_json, book_markdown, inert
from books.publishing.files.sheets import statements_cell
from books.publishing.plan import plan_of
from books.publishing.publish import publish
from books.publishing.published import document_of
from books.stored.guideline import Evidence, Part, Statement
from books.stored.regions import Region, RegionKind
from jobs import clock
from tests.factories import ReadPageFactory, SubtopicFactory, TopicFactory

pytestmark = pytest.mark.django_db
SAID = r"Of $\frac{3}{4}x \le 5$ every x up to $\sqrt[3]{8}$ is a solution."
CAPTION = "Figure 4.1 The solutions on a number line"


@pytest.fixture
def row():
    topic = TopicFactory()
    regions = [Region(RegionKind.FIGURE, (20, 100, 180, 150), CAPTION), Region(RegionKind.FORMULA, (1, 1, 9, 9))]
    page = ReadPageFactory(book=topic.book, number=1, reading__text=f"{SAID}\n{CAPTION}", reading__regions=regions)
    Page.objects.filter(pk=page.pk).update(image_width=200, image_height=400)
    row = SubtopicFactory(topic=topic, pages=[1])
    statement = Statement(SAID, row.pages, evidence=(Evidence(row.pages[0], CAPTION),))
    row.guideline = {**dict.fromkeys(Part, ()), Part.CONCEPTS: (statement,)}
    type(row).objects.filter(pk=row.pk).update(guideline=row.guideline)
    return row


def test_formulas_in_markdown_word_and_sheets(row):
    book = row.topic.book
    assert rf"- {SAID} [1]" in book_markdown(book)
    texts = [each.text for each in Document(BytesIO(book_docx(book))).paragraphs]
    assert any(text.startswith("Of 3/4x ≤5 every x up to") for text in texts)
    cell = statements_cell(document_of(row.guideline, page_numbers(book.pk))["concepts"])
    assert cell.startswith(SAID)


def test_a_formula_is_neither_element_nor_link():
    assert inert(r"$a <script>x$ and <b>") == r"$a \lt script>x$ and &lt;b>"
    assert inert(r"$[x](javascript:y)$") == r"$[x] (javascript:y)$"


def test_figures_go_by_page_and_box_and_are_marked_where_they_are_cited(row, client, admin):
    (figure,) = book_json(row.topic.book)["topics"][0]["subtopics"][0]["figures"]
    assert figure == {"page": 1, "kind": "figure", "caption": CAPTION, "box": [0.1, 0.25, 0.9, 0.375]}
    client.force_login(admin)
    screen = client.get(reverse("admin:books_book_guideline", args=[row.topic.book_id, row.pk])).content.decode()
    assert '<rect x="20" y="100" width="160" height="50">' in screen


@pytest.mark.parametrize("is_published", [True, False])
def test_programs_get_the_figures_of_a_guideline(row, client, admin, is_published):
    type(row).objects.filter(pk=row.pk).update(status=ReviewStatus.APPROVED, reviewed_at=clock.now())
    client.force_login(admin)
    if is_published:
        publish(row.topic.book_id, user=admin)
    answer = client.get("/api/guidelines", {"status": "published" if is_published else "approved"})
    (item,) = answer.json()["items"]
    assert item["figures"] == book_json(row.topic.book)["topics"][0]["subtopics"][0]["figures"]
    assert item["figures"][0]["box"] == [0.1, 0.25, 0.9, 0.375]
    assert not plan_of(row.topic.book).changed


def test_a_formula_is_compared_by_what_it_says():
    pages = {1: r"Solve $\frac{3}{4}x \le 5$ for a number x that is at most five. Show three quarters of it."}
    check = EvidenceCheck(BookText(pages), [1], (), "Inequalities")
    quote = (Evidence(1, "for a number x that is at most five"),)
    for text, kinds in (
        (r"In $\frac34 x \le 5$ x is limited.", []),
        (r"In $\frac{7}{4}x \le 5$ x is limited.", ["number"]),
    ):
        found = check.check(Part.CONCEPTS, Statement(text, (1,), evidence=quote)).findings
        assert [each.kind.value for each in found] == kinds
    in_digits = check.check(Part.CONCEPTS, Statement("One looks for 3/4 of x.", (1,), evidence=quote))
    assert in_digits.findings == ()
