"""From an empty book to an approved guideline and the scan behind it, by hand and mouse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from books.models import Book
from tests.browser.conftest import signed_in
from tests.flow.real_cluster import running_cluster, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

PAGES = 6


def sign_in(tab, live_server, name: str = "ada") -> None:
    tab.goto(f"{live_server.url}/")
    tab.get_by_label("Username").fill(name)
    tab.get_by_label("Password").fill("a-long-password-1")
    tab.get_by_role("button", name="Sign in").click()


def test_upload_watch_approve_generate_and_look_at_the_source(tab, live_server, admin, settings, sample, picture):
    polls: list[str] = []
    tab.on("request", lambda request: polls.append(request.url) if "/panel/" in request.url else None)
    sign_in(tab, live_server)
    make_book(tab, live_server)
    with running_cluster(Path(settings.MEDIA_ROOT), "cpu", CPU_WORKERS="1"):
        upload(tab, sample)
        seen = watch_the_bar(tab, picture)
        assert len(seen) >= 3
        assert seen == sorted(seen)
        assert seen[-1] == 100
        assert polls
        it_no_longer_asks(tab, polls)

        approve_all(tab)
        tab.get_by_role("button", name="Generate guidelines").click()
        expect(tab.locator("#job .badge")).to_have_text("Completed", timeout=60_000)
        tab.get_by_role("button", name="Tidy names and duplicates").click()
        expect(tab.locator("#job h2")).to_have_text("Tidying names and duplicates")
        expect(tab.locator("#job .badge")).to_have_text("Completed", timeout=60_000)
    tab.get_by_role("link", name="Open the guidelines").click()
    tab.get_by_role("link", name=re.compile("Add Whole Numbers")).first.click()
    expect(tab.get_by_text("without a language model").first).to_be_visible()
    picture(tab, "guideline")
    the_source_is_one_click_away(tab)
    assert str(Book.objects.get().status) == "pending_review"


def approve_all(tab) -> None:
    """All are clean, so the preview leads back to the book."""
    tab.get_by_role("link", name=re.compile("Approve all that are clean")).click()
    tab.locator("#approve-clean").click()


def make_book(tab, live_server) -> None:
    tab.goto(f"{live_server.url}/admin/books/book/add/")
    tab.get_by_label("Title").fill("Prealgebra 2e")
    tab.get_by_label("Grade").fill("8")
    tab.get_by_role("button", name="Save", exact=True).click()


def upload(tab, sample) -> None:
    book = Book.objects.get()
    tab.goto(re.sub(r"/admin/.*", f"/admin/books/book/{book.pk}/", tab.url))
    tab.evaluate("window.sameDocument = true")
    tab.set_input_files("#files", sorted(sample.glob("page_*"))[:PAGES])
    tab.get_by_role("button", name="Upload").click()
    expect(tab.locator("#job")).to_be_visible(timeout=60_000)
    assert book.pages.count() == PAGES


def watch_the_bar(tab, picture) -> list[int]:
    """The values that the bar took, without a reload of the page."""
    tab.evaluate("window.sameDocument = true")
    seen: list[int] = []

    def look() -> bool:
        value = int(tab.locator("#job progress").get_attribute("value") or 0)
        if not seen or value != seen[-1]:
            seen.append(value)
        if len(seen) == 3:
            picture(tab, "progress")
        return value == 100

    until(look, "the pages are read", seconds=180)
    assert tab.evaluate("window.sameDocument") is True
    return seen


def it_no_longer_asks(tab, polls: list[str]) -> None:
    expect(tab.locator("#job[hx-trigger]")).to_have_count(0)
    tab.wait_for_timeout(500)
    count = len(polls)
    tab.wait_for_timeout(5000)
    assert len(polls) == count


def the_source_is_one_click_away(tab) -> None:
    link = tab.locator(".statements .cited a").last
    number = (link.text_content() or "").removeprefix("p. ").partition(" (printed")[0]
    link.click()
    expect(tab.locator("#cited h3")).to_have_text(f"Page {number}")
    scan = tab.locator("#cited img")
    expect(scan).to_be_visible()
    until(lambda: scan.evaluate("image => image.complete && image.naturalWidth > 500"), "the scan is there")


@pytest.mark.parametrize("size", [(390, 844), (1280, 900)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_is_wider_than_the_window(tab, live_server, admin, size, scheme):
    book = Book.objects.create(title="A book with a rather long title, as textbooks have")
    tab.set_viewport_size({"width": size[0], "height": size[1]})
    tab.emulate_media(color_scheme=scheme)
    signed_in(tab, live_server)
    for path in ("", "books/book/", f"books/book/{book.pk}/", f"books/book/{book.pk}/change/", "jobs/job/"):
        tab.goto(f"{live_server.url}/admin/{path}")
        assert tab.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        if path == "books/book/":
            expect(tab.locator("#result_list .field-page_count")).to_have_attribute("data-label", "Pages")
            expect(tab.locator("#result_list .field-author")).to_have_class(re.compile("is-empty"))


def test_a_bad_file_is_named_and_the_good_one_kept(tab, live_server, admin, sample, tmp_path):
    book = Book.objects.create(title="A book")
    bad = tmp_path / "notes.png"
    bad.write_text("not an image")
    signed_in(tab, live_server)
    tab.goto(f"{live_server.url}/admin/books/book/{book.pk}/")
    tab.set_input_files("#files", [sample / "page_001.png", bad])
    tab.get_by_role("button", name="Upload").click()
    expect(tab.get_by_text("Done: 1 file stored, 1 file not taken.")).to_be_visible()
    expect(tab.get_by_text("notes.png: This is not an image or PDF")).to_be_visible()
    assert book.pages.count() == 1
