"""Reviewing guidelines by keyboard alone, and two people at the same one, each in a browser of their own."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from books.guidelines.changes import change
from books.guidelines.proposals import propose, setting
from books.models import Book, Change, PageDigest, ProposalKind, PublishedGuideline, Subtopic
from books.stored.guideline import Finding, FindingKind, Part
from books.stored.proposal import Values
from tests.browser.conftest import signed_in
from tests.browser.test_workbench import SIZES, fits, scanned_pages
from tests.factories import BookFactory, SubtopicFactory, TopicFactory, pages_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


@pytest.fixture
def book() -> Book:
    """Three guidelines in two topics, over six pages with scans; page 2 has a heading."""
    book = BookFactory(title="Prealgebra")
    scanned_pages(book)
    reading = book.pages.get(number=2).reading
    reading.lines[4]["words"] = [[6 * at, 6 * at + 5, 80 + 60 * at, 130 + 60 * at] for at in range(9)]
    reading.save()
    heading = {"text": "Page 2, line 5: whole numbers and how they are counted", "level": 2}
    PageDigest.objects.create(page=book.pages.get(number=2), data={"page": 2, "headings": [heading]})
    first, second = (TopicFactory(book=book, sequence=at, title=f"Topic {at}") for at in (1, 2))
    for topic, at, title, pages in (
        (first, 1, "Counting", [1, 2, 3]),
        (first, 2, "Adding", [4]),
        (second, 1, "Sets", [5, 6]),
    ):
        said = [{"text": f"Whole numbers are counted on line {page}.", "pages": [page]} for page in pages]
        if 2 in pages:
            said[1] |= {"text": "Whole numbers are counted on line 5.", "evidence": [(2, "line 5: whole numbers")]}
        doubtful = [{"text": "Name a volcano.", "pages": [pages[-1]], "findings": ["number"]}]
        SubtopicFactory(topic=topic, sequence=at, title=title, pages=pages, summary=f"On {title.lower()}.", guideline={
            "objective": said[:1], "concepts": said,
            "checks": doubtful if at == 2 else [],
        })  # fmt: skip
    return book


def shown(tab, title: str) -> None:
    """The guideline is on the screen and has the focus."""
    expect(tab.locator("#guideline-title")).to_contain_text(title)
    expect(tab.locator("#guideline-title")).to_be_focused()
    tab.wait_for_load_state()


def statuses(book) -> dict[str, str]:
    return dict(Subtopic.objects.filter(topic__book=book).values_list("title", "status"))


def test_a_book_is_reviewed_by_keyboard_alone(tab, live_server, admin, book):
    signed_in(tab, live_server)
    tab.start = f"{live_server.url}/admin/books/book/{book.pk}/guidelines/"
    tab.goto(tab.start)
    shown(tab, "Counting")
    statements_show_their_scans(tab)
    help_is_shown_and_holds_the_keys(tab, book)
    decisions_go_on_to_the_next_and_are_undone(tab, book)
    split_merged_and_undone(tab, book)
    edited_and_seen_in_the_history(tab)
    arranged_and_approved(tab)


def statements_show_their_scans(tab) -> None:
    for _ in range(3):
        tab.keyboard.press("j")
    expect(tab.locator("#cited")).to_have_attribute("data-shows", "2 concepts.1")
    # By the boxes of its words, from the letter 8 up to 29: those that begin at 6, 12, 18 and 24.
    mark = tab.locator("#cited rect")
    expect(mark).to_have_count(1)
    assert [mark.get_attribute(side) for side in ("x", "y", "width", "height")] == ["140", "340", "230", "32"]
    tab.keyboard.press("]")
    expect(tab.locator("#cited h3")).to_have_text("Page 3")


def help_is_shown_and_holds_the_keys(tab, book) -> None:
    tab.keyboard.press("?")
    expect(tab.get_by_role("heading", name="Keys")).to_be_visible()
    tab.keyboard.press("a")
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("heading", name="Keys")).to_be_hidden()
    assert set(statuses(book).values()) == {"pending_review"}


def decisions_go_on_to_the_next_and_are_undone(tab, book) -> None:
    tab.keyboard.press("a")
    shown(tab, "Adding")
    expect(tab.locator("#approve")).to_contain_text("Approve with 1 in doubt")
    tab.keyboard.press("r")
    expect(tab.locator("#reason")).to_be_focused()
    tab.keyboard.type("A volcano in arithmetic")
    tab.keyboard.press("Control+Enter")
    shown(tab, "Sets")
    expect(tab.get_by_text("2 of 3 decided")).to_be_visible()
    assert statuses(book) == {"Counting": "approved", "Adding": "rejected", "Sets": "pending_review"}
    tab.keyboard.press("ArrowLeft")
    shown(tab, "Adding")
    expect(tab.locator("#rejection")).to_have_text("A volcano in arithmetic")
    tab.keyboard.press("u")
    shown(tab, "Adding")
    expect(tab.locator("#rejection")).to_have_count(0)
    undone_after_a_question(tab, "Back to what they were: “Counting”.")
    shown(tab, "Counting")
    assert set(statuses(book).values()) == {"pending_review"}


def undone_after_a_question(tab, named: str) -> None:
    """It touches another guideline than the one in view."""
    tab.keyboard.press("u")
    expect(tab.locator(".ask[open] p")).to_contain_text(named)
    expect(tab.locator("#undo")).to_be_focused()
    tab.keyboard.press("Enter")


def split_merged_and_undone(tab, book) -> None:
    tab.keyboard.press("s")
    expect(tab.get_by_role("radio").first).to_be_focused()
    tab.keyboard.press("ArrowDown")  # To the heading on page 2.
    tab.keyboard.press("Tab")
    tab.keyboard.type("Counting on")
    tab.keyboard.press("Enter")
    shown(tab, "Counting on")
    rows = Subtopic.objects.filter(topic__book=book, topic__sequence=1)
    assert {row.title: pages_of(row) for row in rows.all()} == {
        "Counting": [1, 2],
        "Counting on": [2, 3],
        "Adding": [4],
    }
    tab.keyboard.press("s")
    tab.locator("#merge-with").focus()
    tab.keyboard.type("Adding")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("“Adding” is part of this one now.")).to_be_visible()
    assert {row.title: pages_of(row) for row in rows.all()} == {"Counting": [1, 2], "Counting on": [2, 3, 4]}
    undone_after_a_question(tab, "“Counting on”")
    expect(tab.get_by_text("Undone: Merged “Adding” into “Counting on”")).to_be_visible()
    undone_after_a_question(tab, "“Counting”")
    expect(tab.get_by_text("Undone: Split “Counting”")).to_be_visible()
    assert {row.title: pages_of(row) for row in rows.all()} == {"Counting": [1, 2, 3], "Adding": [4]}


def edited_and_seen_in_the_history(tab) -> None:
    tab.goto(tab.start)
    shown(tab, "Counting")
    tab.keyboard.press("e")
    expect(tab.locator("#title")).to_be_focused()
    tab.keyboard.press("End")
    tab.keyboard.type(" apples")
    tab.keyboard.press("Control+Enter")
    shown(tab, "Counting apples")
    expect(tab.locator("#last-change")).to_contain_text("Renamed “Counting” to “Counting apples”")
    tab.keyboard.press("h")
    expect(tab.locator(".wording ins").first).to_have_text("apples")
    tab.keyboard.press("g")
    shown(tab, "Counting apples")


def arranged_and_approved(tab) -> None:
    tab.goto(tab.start + "arrange/")
    up = tab.get_by_role("button", name="Move “Sets” up")
    up.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#last-change")).to_contain_text("Moved “Sets” to place 3 of “Topic 1”")
    expect(up).to_be_focused()
    tab.keyboard.press("g")
    shown(tab, "Counting apples")
    tab.locator("#approve-all").press("Enter")
    expect(tab.get_by_text("3 guidelines in 1 topic would be approved")).to_be_visible()
    tab.keyboard.press("a")
    expect(tab.get_by_text("Publishing makes version 1: 2 new.")).to_be_visible()


def test_two_reviewers_at_once(chromium, live_server, admin, book, django_user_model):
    django_user_model.objects.create_superuser("grace", "", "a-long-password-1")
    row = Subtopic.objects.get(title="Counting")
    address = f"{live_server.url}/admin/books/book/{book.pk}/guidelines/{row.pk}/edit/"
    tab, other = (chromium.new_context().new_page() for _ in range(2))
    signed_in(tab, live_server)
    signed_in(other, live_server, "grace")
    for page in (tab, other):
        page.goto(address)
    other.locator("#title").fill("Counting pears")
    other.locator("#save").click()
    expect(other.locator("#guideline-title")).to_contain_text("Counting pears")
    tab.locator("#title").fill("Counting apples")
    tab.locator("#summary").fill("My long words.")
    tab.locator("#save").click()
    expect(tab.locator("#rival")).to_contain_text("grace changed “Counting pears” while you had it open.")
    expect(tab.locator("#rival ins")).to_have_text("pears")
    expect(tab.locator("#title")).to_have_value("Counting apples")
    row.refresh_from_db()
    assert (row.title, row.summary) == ("Counting pears", "On counting.")
    tab.locator("#save").click()
    expect(tab.locator("#guideline-title")).to_contain_text("Counting apples")
    assert [each.made_by.username for each in Change.objects.order_by("-pk")[:2]] == ["ada", "grace"]
    for page in (tab, other):
        page.context.close()


def test_the_editor_warns_of_what_is_unsaved_but_not_when_left_without_saving(chromium, live_server, admin, book):
    """ "Leave without saving" was followed by the browser's warning; after a refusal nothing warned."""
    tab = chromium.new_context().new_page()
    warnings: list[str] = []
    tab.on("dialog", lambda dialog: (warnings.append(dialog.type), dialog.accept()))
    signed_in(tab, live_server)
    row = Subtopic.objects.get(title="Counting")
    address = f"{live_server.url}/admin/books/book/{book.pk}/guidelines/{row.pk}/"
    tab.goto(address + "edit/")
    tab.locator("#summary").fill("Given up.")
    tab.keyboard.press("Escape")
    shown(tab, "Counting")
    assert warnings == []
    tab.goto(address + "edit/")
    tab.get_by_label("Pages that support it").first.fill("one")
    tab.locator("#save").click()
    expect(tab.get_by_text("Nothing was saved.")).to_be_visible()
    tab.get_by_role("link", name="Books", exact=True).first.click()
    expect(tab.locator("h1")).to_have_text("Books")
    assert warnings == ["beforeunload"]
    tab.context.close()


def test_proposals_are_decided_by_keyboard_alone(tab, live_server, admin, book):
    for title, better in (("Counting", "Counting whole numbers"), ("Adding", "Adding up"), ("Sets", "Sets of numbers")):
        row = Subtopic.objects.get(title=title)
        suggestion = setting(ProposalKind.RENAME_SUBTOPIC, row, Values(title=better), "A clearer title.", at_once=False)
        propose(book.pk, suggestion, job=None)
    signed_in(tab, live_server)
    tab.goto(f"{live_server.url}/admin/books/book/{book.pk}/guidelines/")
    shown(tab, "Counting")
    tab.locator("#proposals").press("Enter")
    expect(tab.locator("#next ins").first).to_have_text("whole numbers")
    tab.keyboard.press("a")
    expect(tab.locator("#next ins").first).to_have_text("up")
    tab.keyboard.press("n")
    expect(tab.locator("#next ins").first).to_contain_text("numbers")
    tab.keyboard.press("r")
    expect(tab.get_by_text("1 waiting for you")).to_be_visible()
    titles = Subtopic.objects.filter(topic__book=book).values_list("title", flat=True)
    assert set(titles) == {"Counting whole numbers", "Adding", "Sets"}
    tab.get_by_role("button", name="Undo").press("Enter")
    expect(tab.get_by_text("Taken back or settled")).to_be_visible()
    assert set(titles.all()) == {"Counting", "Adding", "Sets"}


def test_every_screen_of_the_review_fits_a_phone_and_a_desktop(tab, live_server, admin, book, picture):
    signed_in(tab, live_server)
    row = Subtopic.objects.get(title="Adding")
    base = f"{live_server.url}/admin/books/book/"
    own = f"{base}{book.pk}/guidelines/"
    screens = {
        "review": f"{own}{row.pk}/", "edit": f"{own}{row.pk}/edit/", "rearrange": f"{own}{row.pk}/pages/",
        "history": f"{own}{row.pk}/history/", "changes": f"{own}changes/", "arrange": f"{own}arrange/",
        "approve-all": f"{own}approve/preview/", "topic": f"{own}topics/{row.topic_id}/",
        "proposals": f"{base}{book.pk}/proposals/", "across-books": f"{base}review/?status=any&q=whole",
    }  # fmt: skip
    for size, (width, height) in SIZES.items():
        tab.set_viewport_size({"width": width, "height": height})
        for name, address in screens.items():
            tab.goto(address)
            tab.wait_for_load_state()
            picture(tab, f"{name}-{size}")
            assert fits(tab), f"{name} is wider than a {size}"
    assert re.search("Whole", tab.locator("mark").first.inner_text())
    what_is_decided_by_is_at_the_thumb_and_the_scan_beside_the_text(tab, screens["review"])


def what_is_decided_by_is_at_the_thumb_and_the_scan_beside_the_text(tab, address: str) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto(address)
    approve = tab.locator("#approve").bounding_box()
    # Nothing of the bar is cut off: what does not fit beside it stands in a row above.
    assert approve["y"] > 844 - 120
    for button in tab.locator(".action-bar .button:visible").all():
        box = button.bounding_box()
        assert box["x"] + box["width"] <= 390
    assert approve["height"] >= 40
    expect(tab.locator(".outline-list")).to_be_hidden()
    tab.locator("#outline-fold > summary").click()
    expect(tab.locator(".outline-list")).to_be_visible()
    tab.set_viewport_size({"width": 1024, "height": 768})
    tab.goto(address)
    text, scan = tab.locator(".guideline").bounding_box(), tab.locator("#cited .sheet").bounding_box()
    assert scan["x"] >= text["x"] + text["width"]
    assert scan["y"] < 768


def in_doubt(book) -> Subtopic:
    """The guideline "Adding" with a denied concept and its correction, one without, and a check that names a year."""
    row = Subtopic.objects.get(title="Adding")
    with change(book.pk, "Written"):
        said = row.guideline[Part.CONCEPTS][0]
        denied = Finding(FindingKind.DENIED, "Page 4 has “other words”.", "Numbers are counted.")
        row.guideline[Part.CONCEPTS] = (
            replace(said, findings=(denied,)),
            replace(said, text="Go.", findings=(denied,)),
        )
        (asked,) = row.guideline[Part.CHECKS]
        row.guideline[Part.CHECKS] = (replace(asked, text="What exploded in 1883 CE?"),)
        row.save()
    return row


def test_statements_are_settled_moved_added_and_removed_by_keyboard(tab, live_server, admin, book, picture):
    row = in_doubt(book)
    signed_in(tab, live_server)
    tab.goto(f"{live_server.url}/admin/books/book/{book.pk}/guidelines/{row.pk}/edit/")
    concepts = tab.locator("[name='concepts.text']")
    check = tab.locator("[name='checks.text']").first
    expect(tab.locator("#title")).to_be_focused()
    tab.wait_for_load_state()
    for _ in range(2):
        tab.keyboard.press("Tab")
    tab.keyboard.press("Alt+f")
    expect(concepts.first).to_be_focused()
    expect(tab.locator("#cited")).to_have_attribute("data-shows", "4 concepts.0")
    expect(tab.locator("#cited rect").first).to_be_attached()
    picture(tab, "edit-in-doubt")
    tab.keyboard.press("Alt+t")
    expect(concepts.first).to_have_value("Numbers are counted.")
    tab.keyboard.press("Enter")
    expect(concepts.nth(1)).to_be_focused()
    tab.keyboard.press("Alt+x")
    expect(concepts).to_have_count(2)
    tab.keyboard.press("Alt+u")
    expect(concepts.nth(1)).to_be_focused()
    expect(concepts).to_have_count(3)
    tab.keyboard.press("Alt+x")
    tab.keyboard.press("Alt+f")
    expect(check).to_be_focused()
    tab.keyboard.press("Alt+c")
    expect(tab.locator("[name=checked]").last).to_be_checked()
    tab.keyboard.press("Alt+Enter")
    tab.keyboard.type("What is a sum?")
    tab.keyboard.press("Tab")
    tab.keyboard.type("4")
    tab.keyboard.press("Alt+ArrowUp")
    expect(check).to_have_value("What is a sum?")
    tab.keyboard.press("Alt+f")
    tab.keyboard.press("Alt+ArrowDown")  # Beyond the last of its part: to the next one, where there is one.
    tab.keyboard.press("Control+Enter")
    shown(tab, "Adding")
    expect(tab.get_by_text("Checked by ada")).to_be_visible()
    row.refresh_from_db()
    assert [each.text for each in row.guideline[Part.CONCEPTS]] == ["Numbers are counted."]
    moved = [part for part in Part if any("1883" in each.text for each in row.guideline[part])]
    assert [each.text for each in row.guideline[Part.CHECKS]] == ["What is a sum?"]
    assert moved == [Part.BOUNDARY]


def test_what_is_in_doubt_is_cleared_by_keyboard_and_then_published(tab, live_server, admin, book):
    row = in_doubt(book)
    signed_in(tab, live_server)
    tab.goto(f"{live_server.url}/admin/books/book/{book.pk}/guidelines/{row.pk}/")
    shown(tab, "Adding")
    expect(tab.locator("#doubt")).to_contain_text("3 statements are in doubt")
    tab.keyboard.press("f")
    first = tab.locator("#said-concepts\\.0")
    expect(first).to_be_focused()
    expect(tab.locator("#cited")).to_have_attribute("data-shows", re.compile(" concepts.0$"))
    bar = tab.locator(".action-bar").bounding_box()
    assert first.bounding_box()["y"] >= bar["y"] + bar["height"], "the bar covers what is in doubt"
    tab.keyboard.press("t")
    expect(tab.get_by_text("2 left in doubt")).to_be_visible()
    expect(tab.locator("#said-concepts\\.1")).to_be_focused()
    tab.keyboard.press("x")
    expect(tab.get_by_text("1 left in doubt")).to_be_visible()
    expect(tab.locator("#said-checks\\.0")).to_be_focused()
    tab.locator("#said-checks\\.0 [name=reason]").focus()
    tab.keyboard.type("It is a joke")
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("None is left in doubt")).to_be_visible()
    expect(tab.get_by_text("Checked by ada")).to_contain_text("It is a joke")
    row.refresh_from_db()
    assert [each.text for each in row.guideline[Part.CONCEPTS]] == ["Numbers are counted."]
    tab.keyboard.press("a")
    shown(tab, "Sets")
    tab.goto(f"{live_server.url}/admin/books/book/{book.pk}/publish/")
    tab.get_by_role("button", name="Publish version 1").press("Enter")
    expect(tab.get_by_text("Published as version 1: 1 new.")).to_be_visible()
    out = PublishedGuideline.objects.get(book=book)
    (check,) = out.guideline["checks"]
    assert (check["is_checked"], [each["kind"] for each in check["findings"]]) == (True, ["number"])
