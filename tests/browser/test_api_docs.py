"""The API's documentation, as a person reads it under the product's own content security policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import signed_in
from tests.factories import BookFactory

pytestmark = [pytest.mark.django_db(transaction=True)]


def test_the_documentation_shows_its_operations_and_tries_one(tab, live_server, admin, picture):
    """The page was blank: its scripts came from elsewhere, which the policy forbids."""
    book = BookFactory(title="Prealgebra")
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    signed_in(tab, live_server)
    tab.goto(f"{live_server.url}/api/docs")
    operation = tab.locator(".opblock", has_text="/api/books/{book_id}").filter(has_text="One Book").first
    expect(operation).to_be_visible()
    operation.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("textbox").first.fill(str(book.pk))
    operation.get_by_role("button", name="Execute").click()
    expect(operation.get_by_text("Prealgebra").first).to_be_visible()
    picture(tab, "api")
    assert [each for each in asked if not each.startswith((live_server.url, "data:"))] == []
