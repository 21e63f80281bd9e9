"""Contents, ranges, resuming and limits over the API, on three pages that are read."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from books.models import Book, Contents, Page, Subtopic
from jobs.models import Job
from jobs.runner import run_to_end
from tests.factories import BookFactory, ReadPageFactory

pytestmark = pytest.mark.django_db(transaction=True)
LINES = "1 Numbers ..... 1\n1.1 Counting ..... 1\n1.2 Place value (scan 3)\n"
TEXT = "Rivers carry water and sand from the hills to the sea. A river begins at a spring. Its bed is worn by stones."


@pytest.fixture
def api(admin) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def book() -> Book:
    book = BookFactory()
    for _ in range(3):
        ReadPageFactory(book=book, reading__text=TEXT)
    Page.objects.update(review="approved")
    return book


def send(api: Client, method: str, book: Book, path: str, **body):
    return getattr(api, method)(f"/api/books/{book.pk}/{path}", body, content_type="application/json")


def confirmed(api, book) -> dict:
    """The first answer says which lines are in doubt; they are confirmed by saying them again."""
    doubted = send(api, "put", book, "contents", text=LINES, confirm=True)
    assert (doubted.status_code, doubted.json()["code"]) == (409, "lines_in_doubt")
    seen = re.findall("“(.+?)”", doubted.json()["message"])
    return send(api, "put", book, "contents", text=LINES, confirm=True, despite=seen).json()


def test_contents_are_drafted_set_confirmed_and_released(api, book):
    assert send(api, "get", book, "contents").json()["status"] == ""
    refused = send(api, "post", book, "contents/draft")
    assert (refused.status_code, refused.json()["code"]) == (409, "stage_not_ready")
    empty = send(api, "put", book, "contents", text="....")
    assert (empty.status_code, "is empty" in empty.json()["message"]) == (422, True)

    answer = confirmed(api, book)
    assert (answer["status"], answer["changed_by"]) == ("confirmed", "ada")
    assert [(line["title"], line["role"], line["scan"]) for line in answer["lines"]] == [
        ("Numbers", "topic", None),
        ("Counting", "subtopic", None),
        ("Place value", "subtopic", 3),
    ]
    assert "too few page numbers" in answer["lines"][0]["problem"]
    shown = send(api, "get", book, "contents").json()
    assert shown == answer
    assert shown["text"] == "1 Numbers ..... 1\n  1.1 Counting ..... 1\n  1.2 Place value (scan 3)\n"
    for left in ("drafted", ""):
        assert send(api, "delete", book, "contents").status_code == 204
        assert send(api, "get", book, "contents").json()["status"] == left


def test_contents_stay_while_a_job_works_from_them(api, book):
    confirmed(api, book)
    Job.objects.create(book=book, kind="extraction")
    for method in ("put", "delete"):
        assert send(api, method, book, "contents", text="1 Else").status_code == 409
    assert Contents.objects.get().entries[0].title == "Numbers"


def test_generate_a_range_resume_and_restart(api, book):
    send(
        api, "put", book, "contents", text="1 Numbers (scan 1)\n1.1 Counting (scan 1)\n1.2 Place (scan 3)", confirm=True
    )
    started = send(api, "post", book, "guidelines/generate", first_page=1, last_page=2, spending_cap="2.50")
    assert started.status_code == 202
    job = Job.objects.get()
    assert job.params == {"first_page": 1, "last_page": 2, "spending_cap": "2.50"}
    assert (started.json()["total_items"], started.json()["start_item"]) == (2, 1)
    assert started.json()["message"] == "Generating guidelines started."
    second = send(api, "post", book, "guidelines/generate")
    assert (second.status_code, second.json()["job"]["id"]) == (409, str(job.pk))
    run_to_end(job.pk)
    assert list(Subtopic.objects.values_list("title", flat=True)) == ["Counting"]

    run_to_end(send(api, "post", book, "guidelines/generate").json()["job_id"])
    topics = api.get(f"/api/books/{book.pk}/topics").json()
    assert [(each["title"], each["first_page"], each["last_page"]) for each in topics] == [("Numbers", 1, 3)]
    again = send(api, "post", book, "guidelines/generate", resume=True).json()
    assert (again["start_item"], again["message"]) == (
        4,
        "Nothing of this stage is left to do. 3 already finished are kept.",
    )
    run_to_end(again["job_id"])
    anew = send(api, "post", book, "guidelines/generate", resume=False).json()
    assert (anew["start_item"], anew["message"]) == (1, "Generating guidelines started.")


def test_resume_names_the_page_it_goes_on_from(api, book):
    job = Job.objects.get(pk=send(api, "post", book, "guidelines/generate").json()["job_id"])
    job.items.filter(ordinal__lt=3).update(state="done")
    Job.objects.filter(pk=job.pk).update(status="cancelled")
    again = send(api, "post", book, "guidelines/generate").json()
    assert (again["start_item"], again["message"]) == (3, "Resume from page 3. 2 already finished are kept.")


@pytest.mark.parametrize(
    "limits",
    [{"first_page": 3, "last_page": 2}, {"first_page": 1}, {"first_page": 0, "last_page": 2}, {"spending_cap": -1}],
)
def test_limits_that_make_no_sense_are_refused(api, book, limits):
    refused = send(api, "post", book, "guidelines/generate", **limits)
    assert (refused.status_code, refused.json()["code"]) == (422, "request_refused")
    assert send(api, "post", book, "guidelines/generate", first_page=7, last_page=9).status_code == 409
    assert not Job.objects.exists()
