"""What of a page is more than its text, in a real browser: formulas, tables and figures."""

from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from playwright.sync_api import expect

from books.models import Page
from books.ocr.image.open import encode_png, normalise, open_page
from books.stored.regions import Region, RegionKind
from tests.browser.conftest import signed_in
from tests.factories import BookFactory, ReadPageFactory
from tests.ocr.provoking import PAGES, SAMPLE

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
    signed_in(tab, live_server)
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


def test_figures_are_shown_with_their_captions_and_tables_as_tables(tab, live_server, admin, picture):
    book = BookFactory(title="Whole numbers")
    with (SAMPLE / PAGES[1]["file"]).open("rb") as data:
        scan = normalise(open_page(data))
    text = "The number line\n| River | Length |\n|---|---|\n| Rhine | $1{,}233$ km |"
    figure = Region(RegionKind.FIGURE, (202, 839, 807, 942), "Figure 1 Counting from left to right")
    page = ReadPageFactory(book=book, reading__text=text, reading__regions=[figure])
    Page.objects.filter(pk=page.pk).update(image_width=scan.width, image_height=scan.height)
    default_storage.delete(page.image_name)
    default_storage.save(page.image_name, ContentFile(encode_png(scan)))
    signed_in(tab, live_server)
    for width in (1280, 390):
        tab.set_viewport_size({"width": width, "height": 900})
        tab.goto(f"{live_server.url}/admin/books/book/{book.pk}/pages/1/")
        shown = tab.get_by_role("region", name="Formulas, tables and figures of the page")
        expect(shown).to_contain_text("tables, figures")
        expect(shown.get_by_role("img", name="Figure on page 1")).to_be_visible()
        shown.get_by_text("Figure 1 Counting").hover()
        expect(tab.locator("rect.region.is-shown")).to_have_count(1)
        expect(tab.locator(".line.is-row:visible")).to_have_count(2)
        expect(tab.locator(".line.is-row math")).to_have_count(1)
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        picture(tab, f"figures-{width}")
