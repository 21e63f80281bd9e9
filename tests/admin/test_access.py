"""Every address there is, as everybody there is, with the right method and with the wrong ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from books.models import (
    Announcement,
    Delivery,
    ExpectedFile,
    GuidelineImport,
    ModelCall,
    ModelPrice,
    Proposal,
    PublishedSet,
    ReaderToken,
    StageModel,
    WebhookDelivery,
    WebhookEndpoint,
)
from books.publishing.signing import new_secret
from books.roles import ROLES
from jobs.constants import JobStatus
from tests.admin.addresses import DJANGOS, EVERY, LEFT_OUT, OURS, PEOPLE, SCREENS, Address
from tests.factories import PIXEL, BookFactory, JobFactory, ReadPageFactory, SubtopicFactory, TopicFactory

METHODS = ("get", "post", "put", "patch", "delete")
with_args = [each for each in SCREENS if each.args]


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


@pytest.fixture
def facts(book, django_user_model) -> dict[str, Any]:
    """What addresses are about."""
    page = ReadPageFactory(book=book, number=1)
    delivery = Delivery.objects.create(book=book, image_bytes=9, touched_at=timezone.now())
    subtopic = SubtopicFactory(topic=TopicFactory(book=book))
    return {
        "book": book.pk,
        "page": 1,
        "reading": page.reading_id,
        "subtopic": subtopic.pk,
        "topic": subtopic.topic_id,
        "history": subtopic.history.get().history_id,
        "change": subtopic.history.get().change_id,
        "proposal": Proposal.objects.create(
            book=book, kind="order_topics", subject="order:topics", before={"order": []}, after={"order": []}
        ).pk,
        "version": PublishedSet.objects.create(book=book, version=1, made_at=timezone.now()).version,
        "job": JobFactory(book=book, status=JobStatus.COMPLETED).pk,
        "received": GuidelineImport.objects.create(book=book, name="g.json", document={"rows": []}, seen_change=0).pk,
        "delivery": delivery.pk,
        "expected": ExpectedFile.objects.create(delivery=delivery, place=0, name="a.png", size=len(PIXEL)).pk,
        "modelcall": ModelCall.objects.create(book=book, stage="digest", outcome="answered").pk,
        "modelprice": ModelPrice.objects.create(model="m", input=1, cached_input=1, output=1).pk,
        **_readers(),
        "stagemodel": StageModel.objects.create(stage="digest", model="m").pk,
        "user": django_user_model.objects.create_user("grace").pk,
        "group": Group.objects.get(name="uploader").pk,
        "app": "books",
    }


def _readers() -> dict[str, Any]:
    endpoint = WebhookEndpoint.objects.create(url="https://localhost/", secret=new_secret())
    said = Announcement.objects.create(
        happening="guidelines.published",
        book_number=1,
        version=1,
        guidelines=1,
        written=1,
        removed=0,
        made_at=timezone.now(),
    )
    delivery = WebhookDelivery.objects.create(endpoint=endpoint, announcement=said)
    token = ReaderToken.objects.create(name="Tutor", sha256="0" * 64)
    return {"readertoken": token.pk, "webhookendpoint": endpoint.pk, "webhookdelivery": delivery.pk}


@pytest.fixture
def people(db, settings, django_user_model) -> dict[str, Client]:
    """A client a kind of person, signed in without a row for the session."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    clients = {"n": Client()}
    for letter, role in list(PEOPLE.items())[1:]:
        person = django_user_model.objects.create_user(f"the-{letter}", is_staff=True)
        person.groups.set(Group.objects.filter(name=role))
        clients[letter] = Client()
        clients[letter].force_login(person, "django.contrib.auth.backends.ModelBackend")
    return clients


def url_of(address: Address, facts: dict[str, Any]) -> str:
    args = [facts.get(each, each) for each in address.args.split()]
    return reverse(address.space + address.name, args=args)


def send(client: Client, address: Address, facts: dict[str, Any], method: str = ""):
    data = {name: facts.get(value, value) if isinstance(value, str) else value for name, value in address.data.items()}
    method = method or address.method
    if "file" in data:
        data = {data.pop("file"): SimpleUploadedFile("a.png", PIXEL, "image/png")}
        response = client.generic(method.upper(), *_multipart(url_of(address, facts), data))
    elif address.space == "api-1:":
        response = getattr(client, method)(url_of(address, facts), data, content_type="application/json")
    else:
        response = getattr(client, method)(url_of(address, facts), data)
    if response.streaming:
        response.getvalue()  # A browser reads a picture to its end; until then its file stays open.
    return response


def _multipart(url: str, data: dict[str, Any]) -> tuple[str, bytes, str]:
    """Of a PUT too, for which the test client knows no form."""
    from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

    return url, encode_multipart(BOUNDARY, data), MULTIPART_CONTENT


def outcome(response) -> str:
    """Let in also where the state of the book is in the way of what was asked."""
    if response.status_code == 401 or reverse("admin:login") in response.headers.get("Location", ""):
        return "sign in first"
    if response.status_code < 400 or response.status_code in {409, 422}:
        return "let in"
    refusals = {403, 405, 404} if response.resolver_match.url_name == "app_list" else {403, 405}
    return "refused" if response.status_code in refusals else f"answered {response.status_code}"


def expected(address: Address, letter: str) -> str:
    if letter in address.who:
        return "let in"
    return "sign in first" if letter == "n" else "refused"


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
    answers = {method: client.generic(method.upper(), url_of(of_name[0], facts)).status_code for method in wrong}
    assert answers == dict.fromkeys(wrong, 405)


def test_who_is_not_of_the_staff_is_sent_to_the_login(client, facts, django_user_model):
    client.force_login(django_user_model.objects.create_user("visitor"))
    assert {str(each): outcome(send(client, each, facts)) for each in SCREENS} == {
        str(each): "sign in first" for each in SCREENS
    }


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
