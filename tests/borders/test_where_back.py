"""Where a posted form leads back to: what a browser or a script writes into ``next`` never costs the answer."""

from __future__ import annotations

import pytest
from django.urls import reverse

from books.models import AuditEntry, Outcome
from tests.factories import ReadPageFactory

# Paths of ours are followed; all else leads to the screen the action belongs to.
STRANGE = [
    "rome", "books_book_map", "a.b", "../..", "?show=all", "#map", "//evil.test/", "http://evil.test/", "/\\evil",
    "javascript:alert(1)", "http://[", "https:///x", "\x00", "/\r\nX-Evil: 1", "/admin/?q=" + "a" * 20_000,
]  # fmt: skip


@pytest.mark.parametrize("wanted", STRANGE)
def test_a_strange_next_costs_nothing(screens, book, wanted):
    """A relative word in ``next`` was taken for the name of a route: the pages were moved, the answer was 500, and the
    audit said that it failed."""
    pages = [ReadPageFactory(book=book) for _ in range(2)]
    form = {"page": str(pages[1].pk), "act": "move", "to": "1", "next": wanted}
    response = screens.post(reverse("admin:books_book_arrange", args=[book.pk]), form)
    assert (response.status_code, response.url) == (302, reverse("admin:books_book_map", args=[book.pk]))
    assert list(book.pages.order_by("number")) == pages[::-1]
    assert AuditEntry.objects.latest("pk").outcome == Outcome.DONE


def test_a_next_of_ours_is_followed(screens, book):
    page = ReadPageFactory(book=book)
    wanted = reverse("admin:books_book_map", args=[book.pk]) + "?show=review"
    form = {"page": str(page.pk), "decision": "approve", "next": wanted}
    assert screens.post(reverse("admin:books_book_pages_decide", args=[book.pk]), form).url == wanted


@pytest.mark.parametrize("wanted", STRANGE)
def test_a_refused_action_with_a_strange_next_is_a_sentence(screens, book, said, wanted):
    form = {"act": "move", "to": "1", "next": wanted}
    response = screens.post(reverse("admin:books_book_arrange", args=[book.pk]), form, follow=True)
    assert response.status_code == 200
    assert "Choose pages of this book" in said(response)[0]
