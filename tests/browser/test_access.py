"""Coming in, being kept out, and the deletion of a book, as a browser and its policy on forms take them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from playwright.sync_api import Page, expect

from books.models import Book, ReviewStatus
from books.publishing.publish import publish
from tests import oidc
from tests.factories import ReadPageFactory, SubtopicFactory, TopicFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tab(chromium):
    """Refusals are part of the way here; anything else that a page complains of fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert [each for each in complaints if "the server responded with a status of 4" not in each] == []


@pytest.fixture
def shots(picture):
    """Of a desktop and a phone."""

    def take(tab: Page, name: str) -> None:
        for width, kind in ((390, "phone"), (1280, "desktop")):
            tab.set_viewport_size({"width": width, "height": 900})
            assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                f"{name} is too wide for a {kind}"
            )
            picture(tab, f"{name}-{kind}")

    return take


def test_a_person_signs_on_gets_a_role_and_deletes_a_book_by_its_title(tab, live_server, settings, shots):
    page = ReadPageFactory(book__title="Prealgebra", number=1)
    SubtopicFactory(topic=TopicFactory(book=page.book), status=ReviewStatus.APPROVED)
    publish(page.book.pk, user=None)
    with oidc.running_provider() as provider:
        oidc.use(settings, provider)
        tab.goto(live_server.url + reverse("admin:books_book_changelist"))
        shots(tab, "sign-on")
        tab.get_by_role("button", name="Continue with Example").click()
        tab.wait_for_url("**/admin/books/book/")
        expect(tab.get_by_role("heading", name="Not allowed")).to_be_visible()
        tab.get_by_role("link", name="To the start").click()
        expect(tab.get_by_role("heading", name="Your account has no role yet")).to_be_visible()
        shots(tab, "no-role")
    User.objects.get().groups.add(Group.objects.get(name="administrator"))
    tab.goto(live_server.url + reverse("admin:books_book_overview", args=[page.book.pk]))
    tab.get_by_role("link", name="Delete book").click()
    shots(tab, "delete-book")
    tab.get_by_label("Type the book's title").fill("Algebra")
    tab.get_by_role("button", name="Delete the book").click()
    expect(tab.locator(".messagelist")).to_contain_text("type its title, exactly")
    tab.get_by_label("Type the book's title").fill("Prealgebra")
    tab.keyboard.press("Enter")
    expect(tab.locator(".messagelist")).to_contain_text("was deleted with everything")
    assert not Book.objects.exists()
    tab.get_by_role("link", name="Audit").click()
    expect(tab.get_by_role("listitem").filter(has_text="deleted book “Prealgebra”")).to_be_visible()
    tab.get_by_label("Person").fill("nobody")
    tab.get_by_role("button", name="Show").click()
    expect(tab.get_by_text("Nobody did anything that fits this.")).to_be_visible()
    tab.get_by_role("link", name="Everything").click()
    shots(tab, "audit")


@pytest.mark.usefixtures("admin")
def test_after_too_many_attempts_the_page_says_how_long_to_wait(tab, live_server, settings, shots):
    settings.AXES_FAILURE_LIMIT = 1
    tab.goto(live_server.url + reverse("admin:login"))
    tab.get_by_label("Username").fill("ada")
    tab.get_by_label("Password").fill("wrong")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("heading", name="Too many attempts")).to_be_visible()
    shots(tab, "locked-out")
