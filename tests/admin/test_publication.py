"""The publish screen: what goes out and why not, versions, their differences, and going back."""

from __future__ import annotations

import pytest
from django.urls import reverse

from books.models import PublishedSet, ReviewStatus, Topic
from books.publishing.publish import publish
from tests.factories import SubtopicFactory, TopicFactory
from tests.publishing.conftest import titles, write


@pytest.fixture
def topic(book):
    topic = TopicFactory(book=book, title="Whole numbers")
    for place, name in enumerate(("Counting", "Rounding"), 1):
        SubtopicFactory(topic=topic, sequence=place, title=name, status=ReviewStatus.APPROVED)
    return topic


def url(name: str, book, *args: int) -> str:
    return reverse(f"admin:books_book_{name}", args=[book.pk, *args])


def page(client, book, **asked) -> str:
    return client.get(url("publish", book), asked).content.decode()


def press(client, book, **asked):
    seen = client.get(url("publish", book), asked).context["plan"].mark
    return client.post(url("publish_now", book), {"seen": seen, **asked}, follow=True)


def test_a_book_without_guidelines_says_so(screens, book):
    shown = page(screens, book)
    assert "It has no guidelines yet." in shown
    assert "Nothing was published yet." in shown
    assert 'id="publish"' not in shown


def test_the_preview_names_what_goes_and_why_the_rest_does_not(screens, book, topic):
    SubtopicFactory(topic=topic, sequence=3, title="Estimating")
    shown = page(screens, book)
    for said in ("Nothing published yet.", "2 new", "Not published", "Nobody has approved it yet."):
        assert said in shown


def test_published_and_what_was_left_out_is_named_again(screens, book, topic, said):
    SubtopicFactory(topic=topic, sequence=3, title="Estimating")
    response = press(screens, book)
    assert said(response) == [
        "Published as version 1: 2 new.",
        "1 guideline did not go out; see why below.",
    ]
    assert "Nobody has approved it yet." in response.content.decode()
    assert titles(book) == ["Counting", "Rounding"]
    overview = screens.get(reverse("admin:books_book_overview", args=[book.pk])).content.decode()
    assert "Readers have version 1" in overview
    assert "Version 1</a>" in screens.get(reverse("admin:books_book_changelist")).content.decode()


def test_one_topic_and_one_guideline(screens, book, topic):
    other = SubtopicFactory(topic=TopicFactory(book=book, sequence=9), title="Adding", status=ReviewStatus.APPROVED)
    press(screens, book, guideline=other.pk)
    assert titles(book) == ["Adding"]
    press(screens, book, topic=topic.pk)
    assert sorted(titles(book)) == ["Adding", "Counting", "Rounding"]
    elsewhere = Topic.objects.exclude(book=book).first() or TopicFactory()
    assert screens.get(url("publish", book), {"topic": elsewhere.pk}).status_code == 404


def test_what_changed_since_the_preview_is_not_published(screens, book, topic, said):
    seen = screens.get(url("publish", book)).context["plan"].mark
    write(topic.subtopics.first(), title="Quickly renamed", status=ReviewStatus.APPROVED)
    assert (
        "Something changed since you looked"
        in said(screens.post(url("publish_now", book), {"seen": seen}, follow=True))[0]
    )
    assert not PublishedSet.objects.exists()


def test_differences_are_marked_and_an_earlier_version_comes_back(screens, book, topic, admin, said):
    publish(book.pk, user=admin)
    write(topic.subtopics.first(), title="Counting on", status=ReviewStatus.APPROVED)
    publish(book.pk, user=admin)
    shown = screens.get(url("version", book, 1)).content.decode()
    assert "Counting <del>on</del>" in shown
    assert "Give readers version 1 again" in shown
    assert "Give readers" not in screens.get(url("version", book, 2)).content.decode()
    response = screens.post(url("roll_back", book, 1), follow=True)
    assert said(response) == ["Readers have version 1 again, as version 3."]
    assert titles(book) == ["Counting", "Rounding"]
    assert "The two are the same" in screens.get(url("version", book, 3), {"against": 1}).content.decode()


def test_a_version_is_read_as_readers_got_it(screens, book, topic, admin):
    first = topic.subtopics.first()
    write(first, title="<b>Counting", summary="Count <i>apples.", status=ReviewStatus.APPROVED)
    publish(book.pk, user=admin)
    write(first, summary="Count pears.", status=ReviewStatus.APPROVED)
    publish(book.pk, user=admin)
    there = screens.get(url("version", book, 1)).content.decode()
    assert "Read version 1" in there
    assert "Rounding</a>" in there
    link = {"read": f"subtopic-{first.pk}"}
    assert f"read={link['read']}#read" in there
    old, new = (screens.get(url("version", book, version), link).content.decode() for version in (1, 2))
    assert "<br>Count &lt;i&gt;apples." in old
    assert "<br>Count pears." in new
    assert "<b>Counting" not in old
    assert screens.get(url("version", book, 1), {"read": "nothing"}).status_code == 200


def test_taking_everything_back_has_to_be_meant(screens, book, topic, admin, said):
    publish(book.pk, user=admin)
    assert "tick the box" in said(screens.post(url("take_back", book), follow=True))[0]
    assert len(titles(book)) == 2
    screens.post(url("take_back", book), {"sure": "yes"})
    assert titles(book) == []


def test_who_may_only_look_gets_no_buttons(client, person, book, topic):
    client.force_login(person("books.view_book"))
    shown = page(client, book)
    assert "You may look, but not publish" in shown
    assert 'id="publish"' not in shown


@pytest.mark.parametrize("count", [3, 60])
def test_the_preview_costs_the_same_however_many_there_are(
    screens, book, topic, admin, django_assert_max_num_queries, count
):
    for place in range(3, count):
        SubtopicFactory(topic=topic, sequence=place, status=ReviewStatus.APPROVED)
    publish(book.pk, user=admin)
    with django_assert_max_num_queries(15):
        page(screens, book)
    with django_assert_max_num_queries(12):
        screens.get(url("version", book, 1))
