"""From signed in to a published guideline of a book of one's own: by keyboard alone, and in how many clicks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from books.intake.sample import SAMPLE
from books.models import Book, PublishedGuideline
from tests.browser.test_main_job import sign_in
from tests.flow.real_cluster import running_cluster

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
MOST_CLICKS = 10
# So few that reading does not take longer than the walk.
PAGES = 4


class Walker:
    """Acts by keys; each act is on a button or link in view, so that it would be one click of a mouse."""

    def __init__(self, tab) -> None:
        self.tab = tab
        self.acts: list[str] = []

    def press(self, key: str, label: str) -> None:
        target = self._target(self.tab.locator(f"[data-key='{key}']:visible"), label)
        target.page.wait_for_load_state()
        self.tab.keyboard.press(key)

    def enter(self, label: str) -> None:
        self._go_to(self._target(self.tab.locator(".screen :is(a, button, summary):visible"), label))
        self.tab.keyboard.press("Enter")

    def choose(self, label: str, files: list[Path]) -> None:
        """In the browser's own dialog, which a space on the field opens."""
        self._go_to(self.tab.get_by_label(label))
        self.acts.append(label)
        with self.tab.expect_file_chooser() as chooser:
            self.tab.keyboard.press("Space")
        chooser.value.set_files(files)

    def _go_to(self, target) -> None:
        for _ in range(80):
            if target.evaluate("node => node === document.activeElement"):
                break
            self.tab.keyboard.press("Tab")
        expect(target).to_be_focused()

    def _target(self, among, label: str):
        target = among.filter(has_text=re.compile(label)).first
        expect(target).to_be_visible(timeout=90_000)
        self.acts.append(label)
        return target


def test_a_book_of_ones_own_is_published_by_keyboard_in_few_clicks(tab, live_server, admin, settings):
    """The sample has two clicks fewer: nobody chooses its files and saves its facts."""
    sign_in(tab, live_server)
    walker = Walker(tab)
    with running_cluster(Path(settings.MEDIA_ROOT), "cpu", CPU_WORKERS="1"):
        walker.enter("Add a book")
        expect(tab.get_by_label("Title")).to_be_focused()
        tab.keyboard.type("Prealgebra 2e")
        walker.choose("Choose scans", sorted(SAMPLE.glob("page_*"))[:PAGES])
        walker.enter("Save and upload")
        walker.press("n", "Approve all that are clean")
        walker.press("n", f"Approve {PAGES} pages and generate")
        walker.press("n", "Tidy names and duplicates")
        walker.press("n", "Open the guidelines")
    walker.enter("Approve (all|the last)")
    walker.press("a", "Approve")
    walker.press("p", "Publish version 1")
    expect(tab.get_by_text(re.compile("^Published as version 1"))).to_be_visible()
    assert Book.objects.get().pages.count() == PAGES
    assert PublishedGuideline.objects.exists()
    assert len(walker.acts) <= MOST_CLICKS, walker.acts
