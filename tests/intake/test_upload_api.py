"""Uploading over the API: many files, one page, a better scan; who may, what is answered, what is shown afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from books.intake import limits
from books.models import Book, Page, PageReview, Reading, Source
from books.ocr.review import approve_pages
from jobs.models import Job
from jobs.runner import run_to_end
from tests.intake.samples import page, pdf, saved

pytestmark = pytest.mark.django_db(transaction=True)

NASTY = Path(__file__).parent.parent / "nasty" / "files"
BAD = {"p040.png": "text_as.png", "p120.png": "empty.png", "p200.png": "truncated.png"}


@pytest.fixture
def client(admin) -> Client:
    client = Client()
    client.force_login(admin)
    return client


@pytest.fixture
def book() -> Book:
    return Book.objects.create(title="A book")


def png(name: str = "p.png", seed: int = 1) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, saved("PNG", page(seed=seed, size=(120, 160))))


def two_hundred() -> list[SimpleUploadedFile]:
    """Three of them are bad."""
    names = [f"p{number:03}.png" for number in range(1, 201)]
    return [
        SimpleUploadedFile(name, (NASTY / BAD[name]).read_bytes()) if name in BAD else png(name, seed)
        for seed, name in enumerate(names)
    ]


def put(client: Client, url: str, file: SimpleUploadedFile):
    request = client.generic  # Django's client builds multipart bodies for POST alone
    boundary = "boundary"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n\r\n'
    body = head.encode() + file.read() + f"\r\n--{boundary}--\r\n".encode()
    return request("PUT", url, body, content_type=f"multipart/form-data; boundary={boundary}")


def read(book: Book) -> None:
    run_to_end(Job.objects.filter(book=book).latest("created_at").pk)


# ---- many files -----------------------------------------------------------------------------------------------------


def bulk(client: Client, book: Book, files: list[SimpleUploadedFile]) -> dict[str, str]:
    answer = client.post(f"/api/books/{book.pk}/pages/bulk", {"files": files}).json()
    assert (len(answer["stored"]), answer["pages"]) == (197, 197)
    return {each["name"]: each["reason"] for each in answer["refused"]}


def one_by_one(client: Client, book: Book, files: list[SimpleUploadedFile]) -> dict[str, str]:
    url = f"/api/books/{book.pk}/uploads"
    contents = [file.read() for file in files]
    rows = [
        {"name": file.name, "size": len(content), "sha256": sha256(content).hexdigest()}
        for file, content in zip(files, contents, strict=True)
    ]
    delivery = client.post(url, json.dumps({"files": rows}), content_type="application/json").json()
    refused = {}
    for row, content in zip(delivery["files"], contents, strict=True):
        if row["state"] == "send":
            file = SimpleUploadedFile(row["name"], content)
            row.update(client.post(f"{url}/{delivery['id']}/files/{row['id']}", {"file": file}).json())
        if row["state"] == "refused":
            refused[row["name"]] = row["reason"]
    finished = client.post(f"{url}/{delivery['id']}/finish").json()
    assert (finished["missing"], finished["pages"]) == ([], 197)
    assert finished["job_id"] == str(book.jobs.get().pk)
    return refused


@pytest.mark.parametrize("way", [bulk, one_by_one])
def test_3_bad_of_200_are_named_and_197_stored(client, book, way: Callable[..., dict[str, str]]):
    refused = way(client, book, two_hundred())
    assert set(refused) == set(BAD)
    assert all(reason.endswith(".") for reason in refused.values())
    names = list(book.pages.order_by("number").values_list("source__name", flat=True))
    assert names == [f"p{n:03}.png" for n in range(1, 201) if f"p{n:03}.png" not in BAD]
    assert list(book.pages.order_by("number").values_list("number", flat=True)) == list(range(1, 198))
    job = book.jobs.get()
    assert job.items.count() == job.total_items == 197


def test_a_pdf_of_500_pages_is_a_book_and_one_of_501_is_not_stored(client, book):
    refused = client.post(f"/api/books/{book.pk}/pages", {"file": SimpleUploadedFile("b.pdf", pdf(*["x"] * 501))})
    assert (refused.status_code, refused.json()["code"]) == (422, "upload_rejected")
    assert "501 pages" in refused.json()["message"]
    assert not default_storage.exists(f"books/{book.pk}")
    taken = client.post(f"/api/books/{book.pk}/pages", {"file": SimpleUploadedFile("b.pdf", pdf(*["x"] * 500))})
    assert taken.status_code == 201
    assert taken.json()["numbers"] == list(range(1, 501))


@pytest.mark.parametrize("path", ["pages/bulk", "pages", "pages/1/insert", "uploads"])
def test_while_a_job_works_from_the_pages_they_stay_as_they_are(client, book, path):
    job = Job.objects.create(book=book, kind="extraction", status="running")
    call = {"files": [png()], "file": png()}
    url = f"/api/books/{book.pk}/{path}"
    if path == "uploads":
        body = json.dumps({"files": [{"name": "p.png", "size": 1}]})
        answer = client.post(url, body, content_type="application/json")
    else:
        answer = client.post(url, call)
    assert (answer.status_code, answer.json()["code"]) == (409, "job_already_active")
    assert answer.json()["job"]["id"] == str(job.pk)
    assert not Source.objects.exists()


def test_a_running_ocr_job_takes_the_new_pages_along(client, book):
    first = client.post(f"/api/books/{book.pk}/pages/bulk", {"files": [png("a.png", 1)]}).json()
    second = client.post(f"/api/books/{book.pk}/pages/bulk", {"files": [png("b.png", 2)]}).json()
    assert first["job_id"] == second["job_id"]
    assert book.jobs.get().items.count() == 2


# ---- one page -------------------------------------------------------------------------------------------------------


def test_one_page_may_be_larger(client, book, monkeypatch):
    monkeypatch.setattr(limits, "BULK_FILE_BYTES", 100)
    assert client.post(f"/api/books/{book.pk}/pages", {"file": png()}).json()["numbers"] == [1]
    both = client.post(f"/api/books/{book.pk}/pages/bulk", {"files": [png("a", 2), png("b", 3)]}).json()
    assert [each["name"] for each in both["refused"]] == ["a", "b"]


def test_a_better_scan_takes_the_place_of_one(client, book):
    client.post(f"/api/books/{book.pk}/pages/bulk", {"files": [png("a.png", 1), png("b.png", 2)]})
    assert put(client, f"/api/books/{book.pk}/pages/2/scan", png("c.png", 3)).status_code == 409
    read(book)
    approve_pages(book)
    old = book.pages.select_related("source").get(number=2)
    answer = put(client, f"/api/books/{book.pk}/pages/2/scan", png("c.png", 3))
    assert answer.status_code == 200, answer.content
    new = book.pages.get(number=2)
    assert (new.pk, new.source.name, new.review, new.reading) == (old.pk, "c.png", PageReview.PENDING, None)
    assert not default_storage.exists(old.source.storage_name)
    assert not default_storage.exists(new.image_name)
    assert not Source.objects.filter(pk=old.source_id).exists()
    job = Job.objects.get(pk=answer.json()["job_id"])
    assert job.items.count() == 1
    read(book)
    assert Reading.objects.filter(page=new).count() == 2
    assert book.pages.get(number=1).review == PageReview.APPROVED


def test_a_scan_of_a_file_with_other_pages_leaves_them(client, book):
    client.post(f"/api/books/{book.pk}/pages", {"file": SimpleUploadedFile("b.pdf", pdf("one", "two"))})
    Job.objects.update(status="completed")
    assert put(client, f"/api/books/{book.pk}/pages/1/scan", png()).status_code == 200
    assert default_storage.exists(book.pages.get(number=2).source.storage_name)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (lambda: SimpleUploadedFile("b.pdf", pdf("one", "two")), "has 2 pages"),
        (lambda: SimpleUploadedFile("b.png", b"text"), "not an image"),
        (lambda: png("same.png", 1), "as page 1"),
    ],
)
def test_a_scan_that_cannot_take_the_place_changes_nothing(client, book, file, sentence):
    client.post(f"/api/books/{book.pk}/pages", {"file": png("a.png", 1)})
    Job.objects.update(status="completed")
    before = Page.objects.get()
    answer = put(client, f"/api/books/{book.pk}/pages/1/scan", file())
    assert answer.status_code == 422
    assert sentence in answer.json()["message"]
    assert Page.objects.get().source_id == before.source_id
    assert Source.objects.count() == 1
    assert len(default_storage.listdir(f"books/{book.pk}/sources")[1]) == 1


def test_insert_and_delete(client, book):
    client.post(f"/api/books/{book.pk}/pages/bulk", {"files": [png("a.png", 1), png("b.png", 2)]})
    Job.objects.update(status="completed")
    answer = client.post(f"/api/books/{book.pk}/pages/2/insert", {"file": png("c.png", 3)})
    assert (answer.status_code, answer.json()["numbers"]) == (201, [2])
    Job.objects.update(status="completed")
    assert client.delete(f"/api/books/{book.pk}/pages/1").status_code == 204
    names = list(book.pages.order_by("number").values_list("number", "source__name"))
    assert names == [(1, "c.png"), (2, "b.png")]
    again = client.post(f"/api/books/{book.pk}/pages", {"file": png("a.png", 1)})
    assert (again.status_code, again.json()["code"]) == (422, "already_there")
    assert "bring that page back" in again.json()["message"]


# ---- what is shown --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gps_exif.jpg", "php_in_exif.jpg", "exif_rot90.jpg"])
def test_nothing_of_the_files_metadata_is_shown(client, book, name):
    content = (NASTY / name).read_bytes()
    assert any(mark in content for mark in (b"Exif", b"<?php"))
    client.post(f"/api/books/{book.pk}/pages", {"file": SimpleUploadedFile(name, content)})
    read(book)
    for picture, kind in (("scan", "image/png"), ("thumbnail", "image/jpeg")):
        answer = client.get(f"/admin/books/book/{book.pk}/pages/1/{picture}/")
        shown = answer.getvalue()
        assert answer["Content-Type"] == kind
        assert not any(
            mark in shown for mark in (b"Exif", b"eXIf", b"EXIF", b"XMP", b"GPS", b"<?php", b"tEXt", b"iTXt", b"zTXt")
        )


EVIL = [
    '"><script>alert(1)</script>.png',
    "a\r\nSet-Cookie: x=1.png",
    "../../../etc/cron.d/x.png",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe.png",
]


@pytest.mark.parametrize("name", EVIL)
def test_names_reach_no_path_no_header_and_no_markup(client, book, name):
    body = json.dumps({"files": [{"name": name, "size": 10}, {"name": "b.png", "size": 10}]})
    announced = client.post(f"/api/books/{book.pk}/uploads", body, content_type="application/json").json()
    url = f"/api/books/{book.pk}/uploads/{announced['id']}/files/{announced['files'][0]['id']}"
    assert client.post(url, {"file": png(seed=1)}).json()["state"] == "stored"
    client.post(f"/api/books/{book.pk}/uploads/{announced['id']}/finish")
    source = Source.objects.get()
    assert default_storage.listdir(f"books/{book.pk}/sources")[1] == [str(source.pk)]
    for path in ("", "pages/1/"):
        answer = client.get(f"/admin/books/book/{book.pk}/{path}")
        assert "<script>alert" not in answer.content.decode()
        assert not any("Set-Cookie: x" in value for value in answer.headers.values())
    refused = client.post(
        f"/admin/books/book/{book.pk}/upload/", {"files": [SimpleUploadedFile(name, b"text")]}, follow=True
    )
    assert "<script>alert" not in refused.content.decode()


# ---- who may --------------------------------------------------------------------------------------------------------

ANNOUNCED = json.dumps({"files": [{"name": "p.png", "size": 1}]})
OPERATIONS = [
    ("post", "uploads"),
    ("post", "uploads/{uuid}/files/{uuid}"),
    ("post", "uploads/{uuid}/files/{uuid}/arrived"),
    ("post", "uploads/{uuid}/finish"),
    ("post", "uploads/order"),
    ("post", "pages"),
    ("post", "pages/bulk"),
    ("put", "pages/1/scan"),
    ("post", "pages/1/insert"),
    ("delete", "pages/1"),
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_by_role_and_method(method, path, book):
    user = get_user_model().objects.create_user("grace")
    url = f"/api/books/{book.pk}/{path.format(uuid=uuid4())}"
    client = Client()

    def call():
        if path == "uploads":
            return client.post(url, ANNOUNCED, content_type="application/json")
        if path == "uploads/order":
            return client.post(url, json.dumps({"names": ["p.png"]}), content_type="application/json")
        if method == "put":
            return put(client, url, png())
        return getattr(client, method)(url, {"file": png(), "files": [png()]} if method == "post" else {})

    assert call().status_code == 401
    client.force_login(user)
    assert (call().status_code, call().json()["code"]) == (403, "forbidden")
    user.user_permissions.add(Permission.objects.get(codename="change_book"))
    assert call().status_code in {200, 201, 404}
    assert client.patch(url).status_code == 405


def test_an_upload_of_another_book_is_a_404(client, book):
    delivery = client.post(f"/api/books/{book.pk}/uploads", ANNOUNCED, content_type="application/json").json()
    other = Book.objects.create(title="Another book")
    assert client.post(f"/api/books/{other.pk}/uploads/{delivery['id']}/finish").status_code == 404


@pytest.mark.parametrize(
    "file", [{"name": "a"}, {"name": "a", "size": -1}, {"name": "a", "size": 1, "sha256": "zz"}, {"size": 1}]
)
def test_malformed_announcements_are_refused(client, book, file):
    body = json.dumps({"files": [file]})
    answer = client.post(f"/api/books/{book.pk}/uploads", body, content_type="application/json")
    assert answer.status_code == 422


def test_no_files_and_too_many_are_refused(client, book):
    for number in (0, 201):
        body = json.dumps({"files": [{"name": f"{n}.png", "size": 1} for n in range(number)]})
        answer = client.post(f"/api/books/{book.pk}/uploads", body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (422, "upload_rejected")


def test_page_images_are_plain_pngs(client, book):
    client.post(f"/api/books/{book.pk}/pages", {"file": png()})
    read(book)
    with default_storage.open(book.pages.get().image_name) as stored, Image.open(stored) as image:
        assert image.format == "PNG"
        assert image.info == {}
