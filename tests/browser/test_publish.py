"""From approved guidelines to readers, changed names, and back to the first version, by hand and mouse."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from books.models import ReviewStatus
from tests.browser.conftest import signed_in
from tests.factories import BookFactory, ReadPageFactory, SubtopicFactory, TopicFactory
from tests.publishing.conftest import titles, write

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def book(admin):
    book = BookFactory(title="Prealgebra 2e", grade="8", subject="Mathematics")
    page = ReadPageFactory(book=book, number=1)
    page.review = "approved"
    page.save()
    for place, (topic, names) in enumerate(
        {
            "Whole Numbers": ("Introduction to Whole Numbers", "Add Whole Numbers", "Subtract Whole Numbers"),
            "The Language of Algebra": ("Use the Language of Algebra",),
        }.items(),
        1,
    ):
        row = TopicFactory(book=book, sequence=place, title=topic)
        for at, name in enumerate(names, 1):
            SubtopicFactory(topic=row, sequence=at, title=name, pages=[1], summary="What to teach, in short.")
    doubtful = {"checks": [{"text": "Something else.", "pages": [1], "findings": ["number"]}]}
    SubtopicFactory(topic=row, sequence=2, title="Evaluate Expressions", pages=[1], guideline=doubtful)
    return book


def test_approve_publish_change_names_publish_and_roll_back(tab, live_server, book, picture):
    signed_in(tab, live_server)
    start = f"{live_server.url}/admin/books/book/{book.pk}/"
    tab.goto(start + "publish/")
    expect(tab.get_by_text("Nothing here may be published yet")).to_be_visible()
    tab.goto(start + "guidelines/")
    tab.locator("#approve-all").click()
    tab.locator("#confirm-approve-all").click()
    tab.goto(start)
    tab.get_by_text("More", exact=True).click()
    tab.get_by_role("link", name="Preview and publish").click()
    expect(tab.get_by_text("One statement is in doubt")).to_be_visible()
    picture(tab, "publish")
    tab.get_by_role("button", name="Publish version 1").click()
    expect(tab.get_by_text("Published as version 1: 4 new.")).to_be_visible()
    assert len(titles(book)) == 4

    for topic in book.topics.all():
        write(topic, title=f"{topic.title} Renamed")
        for row in topic.subtopics.filter(status=ReviewStatus.PUBLISHED):
            write(row, title=f"{row.title} Renamed", status=ReviewStatus.APPROVED)
    tab.get_by_role("link", name="All versions").click()
    tab.get_by_role("button", name="Publish version 2").click()
    expect(tab.get_by_text("Published as version 2: 4 changed.")).to_be_visible()
    expect(tab.locator("ins").first).to_have_text("Renamed")
    assert all(title.endswith(" Renamed") for title in titles(book))
    picture(tab, "version")

    tab.get_by_role("link", name="All versions").click()
    tab.get_by_role("link", name="Version 1", exact=True).click()
    expect(tab.locator("del").first).to_have_text("Renamed")
    tab.get_by_role("button", name="Give readers version 1 again").click()
    expect(tab.get_by_text("Readers have version 1 again, as version 3.")).to_be_visible()
    assert titles(book)[0] == "Introduction to Whole Numbers"
    tab.goto(f"{live_server.url}/admin/books/book/")
    expect(tab.get_by_role("link", name="Version 3")).to_be_visible()
    no_screen_is_wider_than_a_phone(tab, start, picture)


def no_screen_is_wider_than_a_phone(tab, start, picture):
    tab.set_viewport_size({"width": 390, "height": 844})
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)
        for path in ("publish/", "publish/2/"):
            tab.goto(start + path)
            picture(tab, f"phone-{scheme}-{path.strip('/').replace('/', '-')}")
            assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (scheme, path)
