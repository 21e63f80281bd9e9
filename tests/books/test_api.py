"""The JSON API: the way of a book, refusals with code and sentence, and who may do what."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from books import errors
from books.models import Book, OcrStatus, Subtopic
from books.ocr.review import approve_pages
from jobs.models import Job
from jobs.progress import refresh_progress
from jobs.runner import run_to_end
from tests.factories import ItemFactory, JobFactory, PageFactory, SubtopicFactory, TopicFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(admin) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def test_programs_know_a_refusal_by_a_code_that_stays():
    codes = {
        each.code for each in vars(errors).values() if isinstance(each, type) and each.__module__ == "books.errors"
    }
    assert codes == {
        *("address_refused", "already_there", "arrangement_refused", "budget_held", "budget_reached", "busy"),
        *("decision_refused", "deletion_refused", "delivery_failed", "edit_refused", "edited_meanwhile"),
        *("import_refused", "invalid_model_output", "job_error", "lines_in_doubt", "no_page", "nothing_usable"),
        *("provider_account", "provider_error", "provider_rejected", "provider_unavailable", "rate_limited"),
        *("request_refused", "stage_not_ready", "storage_away", "unreadable_image", "upload_rejected"),
    }


def post(client: Client, path: str, body: object = None):
    return client.post(f"/api{path}", json.dumps(body or {}), content_type="application/json")


def png(name: str = "p.png", shade: int = 255) -> SimpleUploadedFile:
    data = BytesIO()
    Image.new("L", (150, 200), shade).save(data, "PNG")
    return SimpleUploadedFile(name, data.getvalue())


def test_a_book_from_creation_to_guidelines(client, sample):
    created = post(client, "/books", {"title": "Prealgebra", "grade": "8"})
    assert created.status_code == 201
    book = created.json()["id"]
    assert created.json()["status"] == "no_pages"

    files = [SimpleUploadedFile(f"p{n}.png", (sample / f"page_00{n}.png").read_bytes()) for n in (1, 2, 3)]
    stored = client.post(f"/api/books/{book}/pages/bulk", {"files": [*files, SimpleUploadedFile("x.png", b"text")]})
    assert stored.json()["stored"] == ["p1.png", "p2.png", "p3.png"]
    assert stored.json()["refused"][0]["name"] == "x.png"

    reading = client.get(f"/api/books/{book}/jobs/latest").json()
    assert (reading["kind"], reading["status"], reading["total_items"]) == ("ocr", "pending", 3)
    second = post(client, f"/books/{book}/ocr")
    assert (second.status_code, second.json()["code"]) == (409, "job_already_active")
    assert second.json()["job"]["id"] == reading["id"] == stored.json()["job_id"]

    run_to_end(reading["id"])
    assert client.get(f"/api/books/{book}/jobs/{reading['id']}").json()["percent"] == 100
    early = post(client, f"/books/{book}/guidelines/generate")
    assert (early.status_code, early.json()["code"]) == (409, "stage_not_ready")
    approve_pages(Book.objects.get(pk=book))
    started = post(client, f"/books/{book}/guidelines/generate", {"resume": True})
    assert started.status_code == 202
    assert (
        started.json().items()
        >= {
            "job_id": started.json()["job_id"],
            "status": "pending",
            "total_items": 3,
            "start_item": 1,
        }.items()
    )
    run_to_end(started.json()["job_id"])
    final = post(client, f"/books/{book}/guidelines/finalize")
    run_to_end(final.json()["job_id"])
    listed = client.get("/api/guidelines", {"grade": "8", "status": "pending_review"}).json()
    assert listed["count"] == Subtopic.objects.count() > 0
    assert listed["items"][0]["book"] == "Prealgebra"
    assert client.get("/api/guidelines", {"grade": "9"}).json()["count"] == 0


def test_one_page_is_read_again(client):
    book = Book.objects.create(title="A book")
    client.post(f"/api/books/{book.pk}/pages/bulk", {"files": [png("a.png", 1), png("b.png", 2)]})
    run_to_end(Job.objects.get().pk)
    again = post(client, f"/books/{book.pk}/pages/2/retry-ocr")
    assert (again.status_code, again.json()["total_items"]) == (202, 1)
    assert post(client, f"/books/{book.pk}/pages/3/retry-ocr").status_code == 404


def test_cancel(client):
    book = Book.objects.create(title="A book")
    job = Job.objects.create(book=book, kind="ocr")
    assert post(client, f"/jobs/{job.pk}/cancel").json()["status"] == "cancelled"
    Job.objects.filter(pk=job.pk).update(status="completed")
    assert post(client, f"/jobs/{job.pk}/cancel").status_code == 409


def test_what_failed_of_a_completed_job_is_said_and_tried_again(client):
    book = Book.objects.create(title="A book")
    failed = PageFactory(book=book, ocr_status=OcrStatus.FAILED)
    job = JobFactory(book=book, status="completed")
    ItemFactory(job=job, key=str(failed.pk), ordinal=1, state="failed", error_code="torn", error_message="Torn.")
    refresh_progress(job)
    said = client.get(f"/api/books/{book.pk}/jobs/latest").json()
    assert (said["outcome"], said["headline"]) == ("Completed, 1 failed", "Completed, 1 failed.")
    assert said["actions"] == ["retry", "restart"]
    assert post(client, f"/jobs/{job.pk}/retry", {"items": [2]}).json()["code"] == "nothing_to_do"
    again = post(client, f"/jobs/{job.pk}/retry", {"items": [1]})
    assert (again.status_code, again.json()["total_items"]) == (202, 1)
    assert again.json()["job_id"] != str(job.pk)
    assert post(client, f"/jobs/{job.pk}/retry", {"items": [1]}).json() == again.json()
    assert client.get(f"/api/books/{book.pk}/jobs/{job.pk}").json()["actions"] == []


def test_old_and_malformed_rows_are_readable(client):
    book = Book.objects.create(title="A book")
    job = Job.objects.create(
        book=book,
        kind="gone",
        status="completed",
        total_items=None,
        completed_items=None,
        failed_items=None,
        last_completed_item=None,
        progress_detail=["odd"],
    )
    answer = client.get(f"/api/books/{book.pk}/jobs/{job.pk}")
    assert answer.status_code == 200
    detail = answer.json()["progress_detail"]
    assert detail == {"page_errors": {}, "stats": {"items_per_minute": None, "eta_seconds": None, "stages": []}}


@pytest.mark.parametrize("body", [{}, {"title": ""}, {"title": "x" * 201}, {"title": "B", "edition_year": 30}])
def test_bad_facts_are_refused(client, body):
    assert post(client, "/books", body).status_code == 422
    assert not Book.objects.exists()


OPERATIONS = [
    ("get", "/books/{book}", "books.view_book"),
    ("post", "/books", "books.add_book"),
    ("post", "/books/{book}/ocr", "books.change_book"),
    ("post", "/books/{book}/pages/bulk", "books.change_book"),
    ("post", "/books/{book}/pages/1/retry-ocr", "books.change_book"),
    ("post", "/books/{book}/guidelines/generate", "books.ask_model"),
    ("get", "/books/{book}/contents", "books.view_book"),
    ("post", "/books/{book}/contents/draft", "books.change_book"),
    ("post", "/books/{book}/guidelines/finalize", "books.ask_model"),
    ("get", "/books/{book}/jobs/latest", "jobs.view_job"),
    ("get", "/books/{book}/jobs/{job}", "jobs.view_job"),
    ("post", "/jobs/{job}/cancel", "jobs.change_job"),
    ("post", "/jobs/{job}/retry", "jobs.change_job"),
    ("get", "/guidelines", "books.view_subtopic"),
]


@pytest.mark.parametrize(("method", "path", "permission"), OPERATIONS)
def test_every_operation_by_role_and_method(method, path, permission):
    book = Book.objects.create(title="A book")
    job = Job.objects.create(book=book, kind="ocr")
    url = "/api" + path.format(book=book.pk, job=job.pk)
    user = get_user_model().objects.create_user("grace")
    call = {"content_type": "application/json", "data": {"title": "B"}} if method == "post" else {}
    if path.endswith("bulk"):
        call = {"data": {"files": [png()]}}
    client = Client()
    assert getattr(client, method)(url, **call).status_code == 401
    client.force_login(user)
    refused = getattr(client, method)(url, **call)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    app, codename = permission.split(".")
    user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    assert getattr(client, method)(url, **call).status_code not in {401, 403, 405, 500}
    assert client.patch(url).status_code == 405


def test_changes_need_the_csrf_token(admin):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    assert post(client, "/books", {"title": "B"}).status_code == 403
    assert not Book.objects.exists()


def test_a_page_of_guidelines_costs_the_same_queries_however_many_there_are(client, django_assert_max_num_queries):
    book = Book.objects.create(title="A book")
    topic = TopicFactory(book=book, sequence=1, title="T")
    for n in range(60):
        SubtopicFactory(topic=topic, sequence=n, key=str(n), title="S", pages=[1], guideline={"checks": []})
    with django_assert_max_num_queries(6):
        assert len(client.get("/api/guidelines", {"status": "pending_review"}).json()["items"]) == 60


def test_the_document_of_the_api_is_served(client):
    assert "/api/books/{book_id}/guidelines/generate" in client.get("/api/openapi.json").json()["paths"]
