"""Every address as nobody, as a person without the permission, with it, and with the wrong method."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from books.admin import guidelines, listing, overview, pages, panel
from jobs.constants import JobStatus
from tests.factories import BookFactory, JobFactory, ReadPageFactory, SubtopicFactory, TopicFactory


@dataclass(frozen=True)
class Address:
    """``args`` names what fills the address; ``data`` what a person posts."""

    name: str
    args: str
    permission: str
    method: str = "get"
    data: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.args}".strip()


VIEW, CHANGE, PAGE = "books.view_book", "books.change_book", "books.change_page"
GUIDELINE, SEE_JOB, STEER_JOB = "books.change_subtopic", "jobs.view_job", "jobs.change_job"
APPROVE = (("decision", "approve"),)
ADDRESSES = [
    Address("books_book_progress", "", VIEW),
    Address("books_book_overview", "book", VIEW),
    Address("books_book_upload", "book", CHANGE, "post"),
    Address("books_book_read", "book", CHANGE, "post"),
    Address("books_book_generate", "book", CHANGE, "post"),
    Address("books_book_finalise", "book", CHANGE, "post"),
    Address("books_book_export", "book json", VIEW),
    Address("books_book_export", "book md", VIEW),
    Address("books_book_pages", "book", VIEW),
    Address("books_book_approve", "book", PAGE, "post"),
    Address("books_book_page", "book page", VIEW),
    Address("books_book_scan", "book page", VIEW),
    Address("books_book_thumbnail", "book page", VIEW),
    Address("books_book_page_decide", "book page", PAGE, "post", APPROVE),
    Address("books_book_guidelines", "book", VIEW),
    Address("books_book_guidelines_approve", "book", GUIDELINE, "post"),
    Address("books_book_guideline", "book subtopic", VIEW),
    Address("books_book_guideline_decide", "book subtopic", GUIDELINE, "post", APPROVE),
    Address("jobs_job_panel", "job", SEE_JOB),
    Address("jobs_job_retry", "job", STEER_JOB, "post"),
    Address("jobs_job_act", "job cancel", STEER_JOB, "post"),
    Address("books_book_changelist", "", VIEW),
    Address("jobs_job_changelist", "", SEE_JOB),
    Address("jobs_job_change", "job", SEE_JOB),
]
# Django answers a POST to its own lists itself: it may be an action.
OURS = [address for address in ADDRESSES if not address.name.endswith("changelist")]
by_name = pytest.mark.parametrize("address", ADDRESSES, ids=str)


@pytest.fixture
def url_of(book):
    ReadPageFactory(book=book, number=1)
    subtopic = SubtopicFactory(topic=TopicFactory(book=book))
    job = JobFactory(book=book, status=JobStatus.COMPLETED)
    known = {"book": book.pk, "page": 1, "subtopic": subtopic.pk, "job": job.pk}

    def url(address: Address, **other: object) -> str:
        facts = known | other
        return reverse(f"admin:{address.name}", args=[facts.get(arg, arg) for arg in address.args.split()])

    return url


def send(client, address: Address, url: str, method: str = ""):
    response = getattr(client, method or address.method)(url, dict(address.data))
    if response.streaming:
        response.getvalue()  # A browser reads a picture to its end; until then its file stays open.
    return response


@by_name
def test_nobody_is_sent_to_the_login(client, address, url_of):
    response = send(client, address, url_of(address))
    assert response.status_code == 302
    assert response.url.startswith(reverse("admin:login"))


@by_name
def test_a_person_outside_the_staff_is_sent_to_the_login(client, address, url_of, django_user_model):
    client.force_login(django_user_model.objects.create_user("visitor"))
    assert send(client, address, url_of(address)).status_code == 302


@by_name
def test_staff_with_every_other_permission_is_refused(client, address, url_of, person):
    # Django's own screens let those look who may change.
    implies = {VIEW: {VIEW, CHANGE}, SEE_JOB: {SEE_JOB, STEER_JOB}}.get(address.permission, {address.permission})
    others = {each.permission for each in ADDRESSES} - implies
    client.force_login(person(*others))
    assert send(client, address, url_of(address)).status_code == 403


@by_name
def test_the_one_permission_is_enough(client, address, url_of, person):
    client.force_login(person(address.permission))
    response = send(client, address, url_of(address))
    assert response.status_code == (200 if address.method == "get" else 302)
    assert reverse("admin:login") not in response.headers.get("Location", "")


@pytest.mark.parametrize("address", OURS, ids=str)
def test_the_wrong_method_is_refused(screens, address, url_of):
    wrong = "get" if address.method == "post" else "post"
    assert send(screens, address, url_of(address), wrong).status_code == 405


@pytest.mark.parametrize("address", [each for each in ADDRESSES if each.args], ids=str)
def test_what_is_not_there_is_a_404(screens, address, url_of):
    missing = {"book": 999_999, "page": 999, "subtopic": 999_999, "job": uuid4()}
    assert send(screens, address, url_of(address, **missing)).status_code == 404


@pytest.mark.parametrize("address", [each for each in ADDRESSES if "page" in each.args.split()], ids=str)
def test_a_page_of_another_book_is_a_404(screens, address, url_of):
    assert send(screens, address, url_of(address, book=BookFactory().pk)).status_code == 404


@pytest.mark.parametrize("address", [each for each in ADDRESSES if "subtopic" in each.args.split()], ids=str)
def test_a_guideline_of_another_book_is_a_404(screens, address, url_of):
    assert send(screens, address, url_of(address, book=BookFactory().pk)).status_code == 404


@pytest.mark.parametrize("name", ["books_book_page_decide", "books_book_guideline_decide", "jobs_job_act"])
def test_an_unknown_decision_is_a_bad_request(screens, url_of, name):
    address = next(each for each in ADDRESSES if each.name == name)
    url = url_of(address).replace("/cancel/", "/explode/")
    assert screens.post(url, {"decision": "explode"}).status_code == 400


def test_a_form_without_its_token_is_refused(admin, url_of):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    refused = [send(client, each, url_of(each)).status_code for each in ADDRESSES if each.method == "post"]
    assert set(refused) == {403}


def test_every_screen_is_in_the_list_above():
    """A new address without a line in ADDRESSES fails here."""
    routes = [module.routes() for module in (listing, overview, pages, guidelines, panel)]
    assert {route.name for group in routes for route in group} <= {address.name for address in ADDRESSES}
