"""What of a page is more than its text, in a real browser: formulas."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.test_main_job import sign_in
from tests.factories import BookFactory, ReadPageFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]
FORMULAS = r"""Solve $\frac{3}{4}x \le 5$ for x.
A pen costs $5 and a book $7, or $12 together.
Here $\href{javascript:alert(1)}{x}$ and $\htmlStyle{color:red}{y}$ are no formulas; $\frac{1}$ is not one either."""


def test_formulas_are_shown_and_nothing_is_fetched_without_one(tab, live_server, admin, picture):
    book = BookFactory(title="Algebra")
    for text in (FORMULAS, "A pen costs $5 and a book $7."):
        ReadPageFactory(book=book, reading__text=text)
    fetched: list[str] = []
    tab.on("request", lambda request: fetched.append(request.url))
    sign_in(tab, live_server)
    address = f"{live_server.url}/admin/books/book/{book.pk}/pages/"
    tab.goto(f"{address}2/")
    tab.wait_for_load_state("networkidle")
    assert not [url for url in fetched if "katex" in url]
    tab.goto(f"{address}1/")
    first, prices, bad = (tab.locator(".line").nth(at) for at in range(3))
    expect(first.locator("math mfrac")).to_have_count(1)
    expect(first.locator(".katex-html")).to_have_attribute("aria-hidden", "true")
    expect(first.locator("annotation")).to_have_text(r"\frac{3}{4}x \le 5")
    expect(prices).to_have_text("A pen costs $5 and a book $7, or $12 together.")
    expect(bad).to_contain_text(r"$\frac{1}$ is not one")
    assert tab.locator(".line a, .line [style*=red]").count() == 0
    assert any("KaTeX_Main-Regular" in url for url in fetched)
    picture(tab, "formulas")
    tab.goto(f"{address}1/?edit=lines")
    line = tab.locator(".one-line").first
    expect(line.locator("math mfrac")).to_have_count(1)
    line.locator("input").fill(r"Solve $\sqrt{x}$")
    expect(line.locator("math msqrt")).to_have_count(1)
