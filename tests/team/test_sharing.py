"""Pages given to a reviewer become their queue; comments stand where they were made until somebody dealt with them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from books.errors import StageNotReady
from books.models import Assignment, Comment, Notice, Preferences, ReviewStatus
from books.models.book import Access
from books.team.sharing import comment, give, given_to, mentions_of, reviewers
from tests.factories import BookFactory, ReadPageFactory, SubtopicFactory, TopicFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def book():
    made = BookFactory(title="Algebra")
    for number in range(1, 6):
        ReadPageFactory(book=made, number=number)
    return made


@pytest.fixture
def grace(django_user_model):
    person = django_user_model.objects.create_user("grace", "grace@example.org", is_staff=True)
    person.groups.set(Group.objects.filter(name="reviewer"))
    Preferences.objects.create(person=person, slack_url="https://hooks.slack.com/x")
    return person


def test_a_range_is_a_queue_that_follows_its_pages(book, grace, admin):
    SubtopicFactory(topic=TopicFactory(book=book), status=ReviewStatus.PENDING_REVIEW)
    give(book, grace.pk, "2-3", user=admin)
    [queue] = given_to(grace)
    assert (queue.what, queue.pages, queue.first_page) == ("pages 2-3", 2, 2)
    assert "ada gave you pages 2-3 of Algebra" in Notice.objects.get().sentence


def test_the_queue_is_on_the_first_screen_with_its_first_page(client, book, grace, admin):
    give(book, grace.pk, "4", user=admin)
    client.force_login(grace)
    page = client.get(reverse("admin:index")).content.decode()
    assert "Given to you" in page
    assert reverse("admin:books_book_page", args=[book.pk, 4]) in page
    Assignment.objects.all().delete()
    assert "Given to you" not in client.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize(
    ("pages", "said"),
    [
        ("9", "no such pages: 9"),
        ("2-3, 9-11", "no such pages: 9-11"),
        ("4-2", "no such pages: 4-2"),
        ("x", "no page number"),
    ],
)
def test_what_cannot_be_given_says_why(book, grace, admin, pages, said):
    with pytest.raises(StageNotReady, match=said):
        give(book, grace.pk, pages, user=admin)


def test_only_who_reviews_and_may_open_the_book_is_given_it(book, grace, admin, django_user_model):
    uploader = django_user_model.objects.create_user("uploader", is_staff=True)
    uploader.groups.set(Group.objects.filter(name="uploader"))
    assert reviewers(book) == [admin, grace]
    with pytest.raises(StageNotReady, match="may review"):
        give(book, uploader.pk, "", user=admin)
    give(book, grace.pk, "", user=admin)
    book.access = Access.OWNER
    book.save()
    assert reviewers(book) == [admin]
    assert given_to(grace) == []
    book.access = Access.TEAM
    book.save()
    book.team.add(grace, uploader)
    assert reviewers(book) == [admin, grace]


def test_more_people_and_more_given_ask_the_database_no_more(book, grace, admin, django_user_model):
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert reviewers(book)
            assert given_to(grace)
        return len(queries)

    book.access, book.owner = Access.OWNER, grace
    book.save()
    give(book, grace.pk, "2", user=admin)
    asked()  # their permissions are remembered
    few = asked()
    for n in range(5):
        django_user_model.objects.create_superuser(f"another-{n}")
        give(book, grace.pk, str(n + 1), user=admin)
    assert asked() == few


def test_a_comment_is_shown_to_the_next_person_escaped_until_it_is_done(client, book, grace, admin):
    page = book.pages.get(number=2)
    client.force_login(admin)
    text = "<script>alert(1)</script> @grace look, and @nobody."
    answer = client.post(
        reverse("admin:books_book_comment", args=[book.pk]), {"page": page.pk, "text": text}, follow=True
    )
    assert "Comment added; grace will see it." in answer.content.decode()
    made = Comment.objects.get()
    assert list(made.mentioned.all()) == [grace]
    client.force_login(grace)
    shown = client.get(reverse("admin:books_book_page", args=[book.pk, 2])).content.decode()
    assert "&lt;script&gt;alert(1)" in shown
    assert "<strong>ada</strong>" in shown
    home = client.get(reverse("admin:index")).content.decode()
    assert reverse("admin:books_book_page", args=[book.pk, 2]) in home
    client.post(reverse("admin:books_book_comment_done", args=[book.pk, made.pk]))
    assert "alert(1)" not in client.get(reverse("admin:books_book_page", args=[book.pk, 2])).content.decode()
    made.refresh_from_db()
    assert made.done_by == grace


def test_a_comment_stands_on_a_guideline_too_and_stays_when_that_goes(client, book, grace, admin):
    row = SubtopicFactory(topic=TopicFactory(book=book))
    client.force_login(admin)
    client.post(reverse("admin:books_book_comment", args=[book.pk]), {"subtopic": row.pk, "text": "Too long."})
    assert "Too long." in client.get(reverse("admin:books_book_guideline", args=[book.pk, row.pk])).content.decode()
    Comment.objects.update(subtopic=None)
    assert "Too long." in client.get(reverse("admin:books_book_people", args=[book.pk])).content.decode()


def test_who_has_no_role_is_not_said_to_see_a_comment_and_gets_none_of_it(screens, book, grace, django_user_model):
    django_user_model.objects.create_user("newcomer", is_staff=True)
    url = reverse("admin:books_book_comment", args=[book.pk])
    answer = screens.post(url, {"text": "@newcomer and @grace, look", "page": str(book.pages.first().pk)}, follow=True)
    assert "grace will see it" in answer.content.decode()
    assert [each.username for each in Comment.objects.get().mentioned.all()] == ["grace"]


def test_whom_a_closed_book_does_not_let_in_is_not_mentioned(book, grace, admin):
    book.access = Access.OWNER
    book.save()
    made = comment(book, "@grace", page=None, subtopic=None, user=admin)
    assert not made.mentioned.exists()
    assert not Notice.objects.exists()
    assert not mentions_of(grace).exists()


def test_an_empty_comment_says_so(client, book, admin):
    client.force_login(admin)
    answer = client.post(reverse("admin:books_book_comment", args=[book.pk]), {"text": "  "}, follow=True)
    assert "Write something first." in answer.content.decode()
