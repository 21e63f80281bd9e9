"""Where decisions on pages meet their undo, a second tab, and what was done in between."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from books.models import Page, Subtopic
from books.ocr.review import clean_pages
from tests.factories import ReadingFactory, ReadPageFactory, SubtopicFactory, TopicFactory

SAME = "The same words stand on both of these pages, from the first to the last."


@pytest.fixture
def pages(book):
    return [ReadPageFactory(book=book, reading__text=f"Text of page {number}") for number in range(1, 7)]


@pytest.fixture
def grace(django_user_model):
    """A second reviewer in a session of her own."""
    second = Client()
    second.force_login(django_user_model.objects.create_superuser("grace"))
    return second


def url(name: str, book, *args) -> str:
    return reverse(f"admin:books_book_{name}", args=[book.pk, *args])


def see(client, name: str, book, *args) -> str:
    return client.get(url(name, book, *args)).content.decode()


def form_of(screen: str, button: str) -> tuple[str, dict[str, list[str]]]:
    """The address and the fields that pressing the button with this id posts."""
    form = next(each for each in re.findall(r"<form.*?</form>", screen, re.DOTALL) if f'id="{button}"' in each)
    pressed = next(each for each in re.findall(r"<button[^>]*>", form) if f'id="{button}"' in each)
    tags = [*re.findall(r"<input[^>]*>", form), pressed]
    fields: dict[str, list[str]] = {}
    for tag in tags:
        said = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if "name" in said and (said.get("type") != "checkbox"):
            fields.setdefault(said["name"], []).append(unescape(said.get("value", "")))
    return re.search(r'action="([^"]*)"', form)[1], fields


def press(client, screen: str, button: str):
    address, fields = form_of(screen, button)
    return client.post(address, fields, follow=True)


def choose(client, book, chosen, decision: str):
    """On the map, as it is now."""
    values = re.findall(r'type="checkbox" name="page" value="([^"]*)"', see(client, "map", book))
    now = {each.as_seen for each in Page.objects.filter(pk__in=[page.pk for page in chosen])}
    wanted = [value for value in values if unescape(value) in now]
    return client.post(url("pages_decide", book), {"page": wanted, "decision": decision}, follow=True)


def reviews(book) -> list[str]:
    return list(book.pages.order_by("number").values_list("review", flat=True))


def asks(screen: str, button: str) -> bool:
    """Whether the button stands inside a question that has to be opened first."""
    return any(f'id="{button}"' in each for each in re.findall(r"<details.*?</details>", screen, re.DOTALL))


def text_of(screen: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", screen.split('id="content"')[1]).split())


# ---- one undo, where the action was made -----------------------------------------------------------------------------


def test_pages_approved_together_are_not_undone_from_a_page(screens, book, pages):
    """``u`` in the workbench undid the last decision of the visit, 21 pages at once, on whatever page one was."""
    choose(screens, book, pages, "approve")
    for number in range(1, 7):
        assert 'id="undo"' not in see(screens, "page", book, number)
        assert 'data-key="u"' not in see(screens, "page", book, number)


def test_the_map_asks_before_it_undoes_and_names_the_pages(screens, book, pages):
    """One key took back all of them, without a question."""
    there = choose(screens, book, [pages[0], *pages[2:5]], "reject").content.decode()
    assert asks(there, "undo")
    assert "4 pages rejected." in text_of(there)
    assert "Pages 1, 3-5" in text_of(there)
    press(screens, there, "undo")
    assert set(reviews(book)) == {"pending"}


def test_one_page_is_undone_at_once_on_its_own_screen_and_after_a_question_on_the_next(screens, book, pages):
    decided = press(screens, see(screens, "page", book, 1), "approve").content.decode()
    assert "Page 1 approved." in text_of(decided)
    assert asks(decided, "undo")
    own = see(screens, "page", book, 1)
    assert not asks(own, "undo")
    assert 'id="undo"' not in see(screens, "page", book, 5)
    undone = press(screens, own, "undo")
    assert undone.redirect_chain[-1][0] == url("page", book, 1)
    assert set(reviews(book)) == {"pending"}


def test_an_undo_is_redone(screens, book, pages):
    """There was no way back from an undo."""
    press(screens, see(screens, "page", book, 1), "reject")
    undone = press(screens, see(screens, "page", book, 1), "undo").content.decode()
    assert "Redo: Page 1 rejected" in text_of(undone)
    press(screens, undone, "redo")
    assert reviews(book)[0] == "rejected"
    press(screens, see(screens, "page", book, 1), "undo")
    assert reviews(book)[0] == "pending"


def test_pages_decided_together_are_redone_after_a_question(screens, book, pages):
    there = choose(screens, book, pages[:3], "approve").content.decode()
    there = press(screens, there, "undo").content.decode()
    assert asks(there, "redo")
    assert "Pages 1-3" in text_of(there)
    press(screens, there, "redo")
    assert reviews(book) == ["approved"] * 3 + ["pending"] * 3


def test_a_redo_leaves_what_was_changed_since(screens, book, pages):
    there = choose(screens, book, pages[:3], "approve").content.decode()
    there = press(screens, there, "undo").content.decode()
    Page.objects.filter(pk=pages[1].pk).update(reading=ReadingFactory(page=pages[1], text="Another text."))
    press(screens, there, "redo")
    assert reviews(book)[:3] == ["approved", "pending", "approved"]


def test_an_undo_is_gone_after_an_action_of_another_kind(screens, book, pages):
    """The bar then offered an older action."""
    press(screens, see(screens, "page", book, 1), "approve")
    seen = Page.objects.get(pk=pages[1].pk).reading_id
    screens.post(url("page_edit", book, 2), {"text": "Typed.", "seen": seen})
    for there in (see(screens, "page", book, 1), see(screens, "page", book, 2), see(screens, "map", book)):
        assert 'data-key="u"' not in there


def test_after_a_move_there_is_one_undo_and_it_is_of_the_move(screens, book, pages):
    """Two undo buttons stood side by side, and that of the decision named a number that was another page by then."""
    choose(screens, book, pages[:1], "approve")
    screens.post(url("arrange", book), {"page": pages[0].pk, "act": "move", "to": "6"})
    there = see(screens, "map", book)
    assert there.count('data-key="u"') == 1
    assert 'id="undo-arrangement"' not in there
    assert "Page 1 approved" not in there
    assert asks(there, "undo")
    press(screens, there, "undo")
    assert list(book.pages.order_by("number")) == pages
    assert reviews(book)[0] == "approved"
    press(screens, see(screens, "map", book), "redo")
    assert list(book.pages.order_by("number")) == [*pages[1:], pages[0]]


def test_a_decision_is_named_by_the_numbers_its_pages_have_now(screens, grace, book, pages):
    choose(screens, book, pages[:2], "approve")
    grace.post(url("arrange", book), {"page": pages[0].pk, "act": "move", "to": "6"})
    assert "Pages 1, 6 get back" in text_of(see(screens, "map", book))


def test_a_removal_can_be_taken_back_by_anybody_after_other_actions(screens, grace, book, pages):
    """The undo of the visit ends; a removed page is kept for thirty days, and the map says how it comes back."""
    grace.post(url("arrange", book), {"page": pages[2].pk, "act": "remove"})
    choose(screens, book, pages[:1], "approve")
    there = see(screens, "map", book)
    assert "Page 3 removed" in text_of(there)
    press(screens, there, "undo-arrangement")
    assert list(book.pages.order_by("number")) == pages


def test_an_undo_seen_in_one_tab_never_undoes_what_another_tab_did(screens, book, pages, said):
    old = press(screens, see(screens, "page", book, 1), "approve").content.decode()
    press(screens, see(screens, "page", book, 3), "reject")
    assert "nothing was undone" in said(press(screens, old, "undo"))[-1]
    assert reviews(book)[:3] == ["approved", "pending", "rejected"]


def test_turned_pages_are_turned_again_by_a_redo(screens, book, pages):
    screens.post(url("arrange", book), {"page": pages[0].pk, "act": "turn:90"})
    book.jobs.update(status="cancelled")
    there = press(screens, see(screens, "map", book), "undo").content.decode()
    assert book.pages.get(number=1).rotation is None
    press(screens, there, "redo")
    assert book.pages.get(number=1).rotation == 90


# ---- one way to approve many ----------------------------------------------------------------------------------------


def test_the_books_page_offers_the_preview_and_nothing_that_skips_it(screens, book, pages):
    """ "Approve all N read pages" approved duplicates that the preview holds back, and could not be undone."""
    for _ in range(2):
        ReadPageFactory(book=book, reading__text=SAME)
    own = see(screens, "overview", book)
    assert "Approve all 8" not in own
    assert f'href="{url("clean", book)}"' in own
    there = press(screens, see(screens, "clean", book), "approve-clean").content.decode()
    assert reviews(book) == ["approved"] * 6 + ["pending"] * 2
    assert asks(there, "undo")
    press(screens, there, "undo")
    assert set(reviews(book)) == {"pending"}
    assert clean_pages(book).count() == 6


# ---- two tabs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [("reject", "approve"), ("approve", "reject")])
def test_the_second_of_two_tabs_is_told(screens, grace, book, pages, said, first, second):
    """Reject in one, approve in the other: the second silently won."""
    mine, hers = see(screens, "page", book, 1), see(grace, "page", book, 1)
    press(grace, hers, first)
    told = press(screens, mine, second)
    label = {"reject": "rejected", "approve": "approved"}[first]
    assert f"Page 1 was {label} by grace while you had it open" in said(told)[-1]
    assert told.redirect_chain[-1][0] == url("page", book, 1)
    assert reviews(book)[0] == label
    press(screens, told.content.decode(), second)
    assert reviews(book)[0] != label


def test_the_map_leaves_what_was_decided_since_and_says_so(screens, grace, book, pages, said):
    there = see(screens, "map", book)
    values = re.findall(r'type="checkbox" name="page" value="([^"]*)"', there)
    press(grace, see(grace, "page", book, 2), "reject")
    Page.objects.filter(pk=pages[3].pk).update(reading=ReadingFactory(page=pages[3], text="Another text."))
    told = screens.post(url("pages_decide", book), {"page": values, "decision": "approve"}, follow=True)
    assert "Pages 2, 4 were decided or read again since you looked, and left alone." in said(told)[-1]
    assert reviews(book) == ["approved", "rejected", "approved", "pending", "approved", "approved"]


def test_the_preview_leaves_what_was_decided_or_read_since(screens, grace, book, pages, said):
    there = see(screens, "clean", book)
    press(grace, see(grace, "page", book, 2), "reject")
    told = press(screens, there, "approve-clean")
    assert "Page 2 was decided or read again since you looked, and left alone." in said(told)[-1]
    assert reviews(book) == ["approved", "rejected", "approved", "approved", "approved", "approved"]


# ---- guidelines -----------------------------------------------------------------------------------------------------


@pytest.fixture
def rows(book):
    ReadPageFactory(book=book, number=1)
    topic = TopicFactory(book=book, sequence=1)
    return [SubtopicFactory(topic=topic, sequence=at, title=f"Title {at}", pages=[1]) for at in (1, 2, 3)]


def statuses(book) -> list[str]:
    return list(Subtopic.objects.filter(topic__book=book).order_by("sequence").values_list("status", flat=True))


def test_guidelines_approved_together_are_undone_after_a_question_and_redone(screens, book, rows):
    """``u`` on any guideline un-approved all of them, without a question, and there was no redo beside it."""
    seen = [f"{row.pk}:{row.revision}" for row in rows]
    screens.post(url("guidelines_approve", book), {"seen": seen})
    there = see(screens, "guideline", book, rows[1].pk)
    assert asks(there, "undo")
    assert "Back to what they were: “Title 1”, “Title 2”, “Title 3”." in text_of(there)
    there = press(screens, there, "undo").content.decode()
    assert set(statuses(book)) == {"pending_review"}
    assert asks(there, "redo")
    there = press(screens, there, "redo")
    assert "Redone: Approved 3 guidelines" in there.content.decode()
    assert set(statuses(book)) == {"approved"}
    press(screens, there.content.decode(), "undo")
    assert set(statuses(book)) == {"pending_review"}


def test_a_guideline_in_view_is_undone_at_once_and_another_after_a_question(screens, book, rows):
    press(screens, see(screens, "guideline", book, rows[0].pk), "approve")
    assert not asks(see(screens, "guideline", book, rows[0].pk), "undo")
    there = see(screens, "guideline", book, rows[2].pk)
    assert asks(there, "undo")
    there = press(screens, there, "undo").content.decode()
    assert set(statuses(book)) == {"pending_review"}
    assert not asks(there, "redo")
    press(screens, there, "redo")
    assert statuses(book) == ["approved", "pending_review", "pending_review"]
