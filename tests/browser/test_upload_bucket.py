"""The drop zone where files are kept in a bucket: the browser sends there itself, and its policy lets it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from books.models import Book, Source
from jobs.runner import run_to_end
from tests import s3
from tests.browser.conftest import signed_in
from tests.intake.samples import page, saved

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def test_files_go_straight_to_the_bucket(tab, live_server, admin, bucket, tmp_path):
    book = Book.objects.create(title="A book")
    for number in (1, 2, 10):
        (tmp_path / f"p{number}.png").write_bytes(saved("PNG", page(seed=number)))
    (tmp_path / "p5.png").write_text("not an image")
    bodies: dict[str, int] = {}
    tab.on("request", lambda request: bodies.update({request.url: len(request.post_data_buffer or b"")}))
    signed_in(tab, live_server)
    tab.goto(f"{live_server.url}/admin/books/book/{book.pk}/")
    tab.set_input_files("#files", sorted(tmp_path.glob("*.png")))
    tab.get_by_role("button", name="Upload", exact=True).click()
    expect(tab.get_by_role("status")).to_have_text("Done: 3 files stored, 1 file not taken.")
    names = list(book.pages.order_by("number").values_list("source__name", flat=True))
    assert names == ["p1.png", "p2.png", "p10.png"]
    assert set(s3.keys(bucket)) == {source.storage_name for source in Source.objects.all()}
    assert not any(size for url, size in bodies.items() if re.search(r"/files/[^/]+(/arrived)?$", url))
    run_to_end(book.jobs.get().pk)
    tab.reload()
    expect(tab.locator(".cell .thumb[style]").first).to_be_visible()
