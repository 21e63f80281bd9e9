"""The screen that deletes a book: what disappears, the title where readers lose something, and the log."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import DELETION, LogEntry
from django.urls import reverse

from books.models import Book, ReviewStatus
from books.publishing.publish import publish
from tests.factories import BookFactory, JobFactory, ReadPageFactory, SubtopicFactory, TopicFactory


@pytest.fixture
def url(book) -> str:
    ReadPageFactory(book=book)
    said = {"objective": [{"text": "The learner can count.", "pages": [1]}]}
    SubtopicFactory(topic=TopicFactory(book=book), status=ReviewStatus.APPROVED, pages=[1], guideline=said)
    publish(book.pk, user=None)
    return reverse("admin:books_book_delete", args=[book.pk])


def test_it_says_what_disappears_and_asks_for_the_title(screens, url):
    page = screens.get(url).content.decode()
    for words in ("<strong>1</strong> page<", "<strong>1</strong> guideline<", 'name="title"', "Keep it"):
        assert words in page


def test_a_wrong_title_deletes_nothing_and_is_kept_to_be_mended(screens, url, said):
    response = screens.post(url, {"post": "yes", "title": "Prealgbra"})
    assert response.status_code == 409
    assert "type its title" in said(response)[0]
    assert 'value="Prealgbra"' in response.content.decode()
    assert Book.objects.exists()


def test_the_right_title_deletes_it_and_is_logged(screens, admin, url, book, said):
    number = book.pk
    assert "was deleted with everything" in said(screens.post(url, {"title": "Prealgebra"}, follow=True))[0]
    assert not Book.objects.exists()
    entry = LogEntry.objects.get(action_flag=DELETION)
    assert (entry.user, entry.object_id, entry.object_repr) == (admin, str(number), "Prealgebra")


def test_without_readers_no_title_is_asked_for(screens):
    page = screens.get(reverse("admin:books_book_delete", args=[BookFactory().pk])).content.decode()
    assert "only its facts disappear" in page
    assert 'name="title"' not in page


def test_while_a_job_works_there_is_no_button(screens, url, book):
    JobFactory(book=book)
    page = screens.get(url).content.decode()
    assert "Cancel that job or wait for it" in page
    assert "delete-book" not in page


def test_among_several_a_book_that_readers_see_is_refused(screens, url, book):
    other = BookFactory()
    data = {"action": "delete_selected", "_selected_action": [book.pk, other.pk], "post": "yes"}
    page = screens.post(reverse("admin:books_book_changelist"), data).content.decode()
    assert "delete it on its own page" in page
    assert Book.objects.count() == 2
