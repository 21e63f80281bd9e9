"""What somebody typed outlives the end of their session, and a form of before they signed in again."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from books.models import ApiToken, Comment, Page, Subtopic
from tests.browser.conftest import signed_in
from tests.factories import ReadPageFactory, SubtopicFactory

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "a-long-password-1"


@pytest.fixture
def tab(chromium):
    """Refusals are part of the way here."""
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def sign_in(tab: Tab, name: str = "ada") -> None:
    tab.get_by_label("Username").fill(name)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url(lambda url: "login" not in url)


def type_until_the_session_ended(tab: Tab, live_server, page: Page) -> None:
    signed_in(tab, live_server)
    tab.goto(f"{live_server.url}{reverse('admin:books_book_page', args=[page.book_id, page.number])}?edit=text")
    tab.locator("#text").fill("Typed for an hour\nin two lines")
    tab.context.clear_cookies(name="sessionid")
    tab.locator("#save").click()


def test_text_typed_when_the_session_ended_is_sent_after_signing_in(tab, live_server, admin):
    page = ReadPageFactory(number=1)
    type_until_the_session_ended(tab, live_server, page)
    sign_in(tab)
    expect(tab).to_have_url(re.compile(r"/pages/1/\?edit=text$"))
    tab.get_by_role("button", name="Send it again").click()
    expect(tab.get_by_text(re.compile("Page 1 has your text"))).to_be_visible()
    page.refresh_from_db()
    assert page.reading.text == "Typed for an hour\nin two lines"
    tab.goto(f"{live_server.url}/admin/")
    expect(tab.get_by_role("button", name="Send it again")).to_have_count(0)


def test_nobody_else_sees_what_was_typed(tab, live_server, admin):
    grace = User.objects.create_user("grace", password=PASSWORD, is_staff=True)
    grace.groups.add(Group.objects.get(name="reviewer"))
    type_until_the_session_ended(tab, live_server, ReadPageFactory(number=1))
    sign_in(tab, "grace")
    expect(tab.get_by_role("heading", name="Page 1")).to_be_visible()
    expect(tab.get_by_role("button", name="Send it again")).to_have_count(0)
    assert tab.evaluate("sessionStorage.getItem('kept')") is None


def test_a_comment_is_kept_too_and_can_be_forgotten(tab, live_server, admin):
    subtopic = SubtopicFactory(topic__book=ReadPageFactory(number=1).book)
    signed_in(tab, live_server)
    tab.goto(live_server.url + reverse("admin:books_book_guideline", args=[subtopic.topic.book_id, subtopic.pk]))
    tab.get_by_role("textbox", name=re.compile("For the next person")).fill("Look at page 1.")
    tab.context.clear_cookies(name="sessionid")
    tab.get_by_role("button", name="Comment", exact=True).click()
    sign_in(tab)
    tab.get_by_text("What you typed").click()
    expect(tab.get_by_role("alert")).to_contain_text("Look at page 1.")
    tab.get_by_role("button", name="Forget it").click()
    tab.reload()
    expect(tab.get_by_role("button", name="Send it again")).to_have_count(0)
    assert not Comment.objects.exists()


def test_a_form_of_before_signing_in_again_is_sent_once_more(tab, live_server, admin):
    """The token against forgery is another then."""
    subtopic = SubtopicFactory(topic__book=ReadPageFactory(number=1).book)
    signed_in(tab, live_server)
    tab.goto(live_server.url + reverse("admin:books_book_guideline_edit", args=[subtopic.topic.book_id, subtopic.pk]))
    tab.locator("#summary").fill("What pages one to four teach.")
    other = tab.context.new_page()
    tab.context.clear_cookies(name="sessionid")
    other.goto(f"{live_server.url}/admin/")
    sign_in(other)
    tab.locator("#save").click()
    expect(tab.get_by_role("heading", name="Not saved")).to_be_visible()
    tab.get_by_role("button", name="Send it again").click()
    expect(tab.get_by_text("What pages one to four teach.")).to_be_visible()
    assert Subtopic.objects.get().summary == "What pages one to four teach."


def test_to_load_the_page_of_a_new_token_again_makes_no_other_and_leads_to_the_list(tab, live_server, admin):
    tab.goto(live_server.url + reverse("admin:books_apitoken_add"))
    sign_in(tab)
    tab.get_by_label("Name").fill("Tutor")
    tab.get_by_label(re.compile("Read published guidelines")).check()
    tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.get_by_text(re.compile("Copy this now"))).to_be_visible()
    tab.reload()
    expect(tab.get_by_role("link", name="Tutor")).to_be_visible()
    assert ApiToken.objects.count() == 1
