"""A book that is not open to somebody is not there for them, whatever their role: at no address, in no list."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from books.access import open_books
from books.models import Book, ReviewStatus, Subtopic
from books.models.book import Access
from books.publishing.publish import publish
from tests.admin.addresses import EVERY, PEOPLE
from tests.admin.visits import send

SHUT = {"u", "r", "p"}
ABOUT_BOOKS = [each for each in EVERY if each.who and {"book", "job", "modelcall"} & set(each.args.split())]
LISTS = [each for each in EVERY if each.method == "get" and not each.args and each.space != ""]


@pytest.fixture
def closed(facts, django_user_model):
    """The book of ``facts``, closed to all but its owner; a guideline of it is published."""
    owner = django_user_model.objects.create_user("owner", is_staff=True)
    Book.objects.filter(pk=facts["book"]).update(owner=owner, access=Access.OWNER, title="Zyzzyva", board="Zyzzyva")
    decided = {"status": ReviewStatus.APPROVED, "reviewed_at": timezone.now(), "reviewed_by": owner}
    Subtopic.objects.filter(pk=facts["subtopic"]).update(**decided)
    return owner


def test_nobody_reaches_it_by_any_address(facts, closed, people):
    reached = []
    for address in ABOUT_BOOKS:
        for letter in SHUT:
            with transaction.atomic():
                status = send(people[letter], address, facts).status_code
                transaction.set_rollback(True)
            if not _is_shut(address, status):
                reached.append(f"{address} as {PEOPLE[letter]}: {status}")
    assert not reached
    assert len(ABOUT_BOOKS) > 90


def _is_shut(address, status: int) -> bool:
    """Not there, or refused by the role; Django's own screens answer what is not there with a way home."""
    return status in {403, 404} or (status == 302 and address.space == "admin:" and _is_djangos(address))


def _is_djangos(address) -> bool:
    return address.name.endswith(("_change", "_history", "_delete"))


def test_no_list_names_it(facts, closed, people):
    told = [f"{each} as {PEOPLE[letter]}" for each in LISTS for letter in SHUT if _tells(people[letter], each, facts)]
    assert not told
    index = next(each for each in LISTS if each.name == "index")
    assert _tells(people["a"], index, facts)


def _tells(client, address, facts) -> bool:
    return "Zyzzyva" in send(client, address, facts).content.decode()


def test_the_owner_the_team_and_administrators_open_it(facts, closed, people, django_user_model):
    book = Book.objects.get(pk=facts["book"])
    page = reverse("admin:books_book_overview", args=[book.pk])
    assert people["a"].get(page).status_code == 200
    closed.groups.set(Group.objects.filter(name="reviewer"))
    people["n"].force_login(closed, "django.contrib.auth.backends.ModelBackend")
    assert people["n"].get(page).status_code == 200
    assert people["r"].get(page).status_code == 404
    book.team.add(django_user_model.objects.get(username="the-r"))
    assert people["r"].get(page).status_code == 404, "the owner alone, whoever is in the team"
    Book.objects.update(access=Access.TEAM)
    assert people["r"].get(page).status_code == 200
    assert people["u"].get(page).status_code == 404


def test_by_default_every_role_opens_every_book(facts, people, django_user_model):
    for letter in SHUT:
        assert open_books(django_user_model.objects.get(username=f"the-{letter}")).count() == 1


def test_an_installation_may_close_new_books(settings):
    settings.BOOK_ACCESS = "team"
    assert Book(title="New").access == Access.TEAM


def test_who_adds_a_book_owns_it_and_says_who_else_may_open_it(people, django_user_model):
    add, given = reverse("admin:books_book_add"), {"title": "Mine", "language": "eng", "access": "owner"}
    assert people["u"].post(add, given).status_code == 302
    mine = Book.objects.get()
    assert (mine.owner.username, mine.access) == ("the-u", "owner")
    change = reverse("admin:books_book_change", args=[mine.pk])
    grace = django_user_model.objects.get(username="the-r").pk
    assert (
        people["u"].post(change, {**given, "owner": mine.owner_id, "access": "team", "team": grace}).status_code == 302
    )
    assert list(mine.team.values_list("pk", flat=True)) == [grace]
    people["r"].post(change, {**given, "owner": grace, "access": "all"})
    mine.refresh_from_db()
    assert (mine.owner.username, mine.access) == ("the-u", "team")


def test_a_file_for_a_closed_book_is_refused_before_it_is_read(facts, closed, people):
    url = reverse("api-1:upload_pages", args=[facts["book"]])
    gate = {"HTTP_X_ORIGINAL_URI": url, "HTTP_X_ORIGINAL_METHOD": "POST"}
    assert people["u"].get(reverse("gate"), **gate).status_code == 403
    assert people["a"].get(reverse("gate"), **gate).status_code == 204


def test_readers_get_what_was_published_and_people_what_is_theirs(facts, closed, people, admin):
    """Publishing hands out; who works on it is another matter."""
    publish(facts["book"], user=admin)
    assert people["r"].get(reverse("api-1:guidelines")).json()["items"] == []
    assert len(people["a"].get(reverse("api-1:guidelines")).json()["items"]) == 1
