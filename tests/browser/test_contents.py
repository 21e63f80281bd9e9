"""From a drafted table of contents to guidelines that follow the corrected one, by hand and mouse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from books.models import Book, Contents, Topic
from tests.browser.conftest import signed_in
from tests.factories import BookFactory, ReadPageFactory, ends, pages_of
from tests.flow.real_cluster import running_cluster

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


@pytest.fixture
def book(sample) -> Book:
    book = BookFactory(title="Prealgebra 2e")
    for page in json.loads((sample / "truth.json").read_text())["pages"]:
        ReadPageFactory(book=book, number=page["page"], reading__text=page["text"])
    book.pages.update(review="approved")
    return book


def test_draft_correct_confirm_generate(tab, live_server, admin, settings, book, picture):
    signed_in(tab, live_server)
    tab.goto(f"{live_server.url}/admin/books/book/{book.pk}/")
    tab.get_by_role("link", name="Table of contents").click()
    tab.get_by_role("button", name="Draft it from the pages").click()
    understood = tab.get_by_role("region", name="How the lines are understood")
    expect(understood).to_contain_text("2 topics, 7 subtopics, 9 of 9 lines matched to pages.")

    lines = tab.get_by_role("textbox", name="Lines", exact=True)
    drafted = lines.input_value()
    assert "1 Whole Numbers ..... 1\n  1.1 Introduction to Whole Numbers ..... 1\n" in drafted
    lines.fill(drafted.replace("1.2 Add Whole Numbers ..... 4", "1.2 Adding things ..... 400"))
    expect(understood).to_contain_text("Page 400 contradicts the lines around it.")
    lines.fill(drafted.replace("1.2 Add Whole Numbers ..... 4", "1.2 Adding things (scan 5)"))
    expect(understood).not_to_contain_text("checking")
    picture(tab, "contents")
    assert Contents.objects.get().status == "drafted"
    tab.get_by_role("button", name="Confirm").click()
    expect(tab.get_by_text("In use: no topic crosses a chapter.")).to_be_visible()

    tab.get_by_role("link", name="Prealgebra 2e").click()
    expect(tab.locator("#estimate")).to_contain_text("No model, no cost")
    tab.get_by_text("More", exact=True).click()
    tab.get_by_role("link", name="Choose pages, price and cap").click()
    tab.get_by_label("From scan").fill("1")
    tab.get_by_label("to", exact=True).fill("17")
    with running_cluster(Path(settings.MEDIA_ROOT), "cpu", CPU_WORKERS="1"):
        tab.get_by_role("button", name="Start", exact=True).click()
        expect(tab.locator("#job .badge")).to_have_text("Completed", timeout=60_000)
    (topic,) = Topic.objects.filter(book=book)
    assert (topic.title, *ends(topic)) == ("Whole Numbers", 1, 17)
    rows = topic.subtopics.order_by("sequence")
    assert [(row.title, pages_of(row)[0]) for row in rows][:2] == [
        ("Introduction to Whole Numbers", 1),
        ("Adding things", 5),
    ]

    tab.get_by_text("More", exact=True).click()
    tab.get_by_role("link", name="Choose pages, price and cap").click()
    tab.get_by_label("Start over.").check()
    tab.get_by_role("button", name="Start", exact=True).click()
    expect(tab.get_by_role("heading", name="Start over?")).to_be_visible()
    tab.get_by_role("link", name="Back without starting").click()
    assert book.jobs.count() == 1


def test_the_screens_fit_a_phone(tab, live_server, admin, book):
    tab.set_viewport_size({"width": 390, "height": 844})
    signed_in(tab, live_server)
    for path in ("contents", "generate/start", "costs"):
        tab.goto(f"{live_server.url}/admin/books/book/{book.pk}/{path}/")
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
