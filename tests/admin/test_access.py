"""Every address there is, as everybody there is, with the right method and with the wrong ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver

from books.models import Page
from books.roles import ROLES
from tests.admin.addresses import DJANGOS, EVERY, LEFT_OUT, OURS, PEOPLE, SCREENS
from tests.admin.conftest import facts_of
from tests.admin.visits import expected, outcome, send, url_of
from tests.factories import WHITE, BookFactory

METHODS = ("get", "post", "put", "patch", "delete")
with_args = [each for each in SCREENS if each.args]


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[dict[str, Any]]:
    """Made once, in a transaction around those of the tests."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield facts_of(BookFactory(title="Prealgebra"))
        transaction.set_rollback(True)


@pytest.fixture
def facts(world, db) -> dict[str, Any]:
    page = Page.objects.get(book=world["book"], number=world["page"])
    default_storage.save(page.image_name, ContentFile(WHITE))
    return world


def names(patterns: list[Any], space: str = "") -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLPattern):
            yield f"{space}{each.name}"
        else:
            yield from names(each.url_patterns, f"{each.namespace}:" if each.namespace else space)


def test_every_address_is_in_the_table():
    there = set(names(get_resolver().url_patterns)) - LEFT_OUT
    known = {f"{each.space}{each.name}" for each in EVERY}
    assert not there - known, f"Say in tests/admin/addresses.py who may use {sorted(there - known)}."
    assert not known - there, f"Take out of tests/admin/addresses.py what is gone: {sorted(known - there)}."


@pytest.mark.parametrize("address", EVERY, ids=str)
def test_who_may(address, facts, people):
    found, wanted = {}, {}
    for letter, client in people.items():
        with transaction.atomic():
            found[PEOPLE[letter]] = outcome(send(client, address, facts))
            transaction.set_rollback(True)
        wanted[PEOPLE[letter]] = expected(address, letter)
    assert found == wanted


@pytest.mark.parametrize("name", sorted({each.space + each.name for each in OURS}))
def test_any_other_method_is_refused(name, admin, facts):
    of_name = [each for each in OURS if each.space + each.name == name]
    client = Client()
    client.force_login(admin, "django.contrib.auth.backends.ModelBackend")
    wrong = set(METHODS) - {each.method for each in of_name}
    answers = {method: client.generic(method.upper(), url_of(of_name[0], facts)) for method in wrong}
    assert {method: answer.status_code for method, answer in answers.items()} == dict.fromkeys(wrong, 405)
    if name.startswith("api-1:"):
        assert {answer.json()["code"] for answer in answers.values()} == {"no_such_method"}
        assert {answer["Allow"] for answer in answers.values()} == {
            ", ".join(sorted({each.method.upper() for each in of_name}))
        }


def test_who_is_not_of_the_staff_is_sent_to_the_login(client, facts, django_user_model):
    client.force_login(django_user_model.objects.create_user("visitor"))
    assert {str(each): outcome(send(client, each, facts)) for each in SCREENS} == {
        str(each): "sign in first" for each in SCREENS
    }


@pytest.mark.parametrize("came_from", ["", "http://testserver/admin/jobs/job/?q=a", "http://elsewhere.org/admin/"])
def test_after_signing_in_there_is_something_to_see(screens, facts, came_from):
    """Most addresses of forms answer no GET; who sent one goes on at the page that it stood on, or at its book's."""
    forms = [each for each in SCREENS if each.method == "post"]
    nobody = Client(headers={"Referer": came_from})
    goes_on = {str(each): parse_qs(urlsplit(send(nobody, each, facts)["Location"]).query)["next"][0] for each in forms}
    if "testserver" in came_from:
        assert set(goes_on.values()) == {"/admin/jobs/job/?q=a"}
    assert {name: screens.get(place).status_code for name, place in goes_on.items()} == dict.fromkeys(goes_on, 200)


def test_who_has_several_roles_may_what_each_of_them_may(django_user_model, db):
    person = django_user_model.objects.create_user("both")
    person.groups.set(Group.objects.filter(name__in=["reviewer", "publisher"]))
    assert person.get_all_permissions() == ROLES["reviewer"] | ROLES["publisher"]


@pytest.mark.parametrize("address", with_args, ids=str)
def test_what_is_not_there_is_a_404(screens, address, facts):
    missing = {"book": 999_999, "page": 999, "subtopic": 999_999, "job": uuid4(), "webhookendpoint": 999_999}
    assert send(screens, address, facts | missing).status_code == 404


@pytest.mark.parametrize("address", [each for each in SCREENS if each.args.count(" ")], ids=str)
def test_what_belongs_to_another_book_is_a_404(screens, address, facts):
    if {"page", "subtopic"} & set(address.args.split()):
        assert send(screens, address, facts | {"book": BookFactory().pk}).status_code == 404


@pytest.mark.parametrize("name", ["books_book_page_decide", "books_book_guideline_decide", "jobs_job_act"])
def test_an_unknown_decision_is_a_bad_request(screens, facts, name):
    address = next(each for each in SCREENS if each.name == name)
    url = url_of(address, facts).replace("/cancel/", "/explode/")
    assert screens.post(url, {"decision": "explode"}).status_code == 400


def test_a_form_without_its_token_is_refused(admin, facts):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    forms = [each for each in (*OURS, *DJANGOS) if each.method != "get"]
    assert {str(each): send(client, each, facts).status_code for each in forms} == {str(each): 403 for each in forms}
