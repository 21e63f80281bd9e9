"""Uploads straight to a bucket: presigned, judged where they arrived, deleted when refused or left behind."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
import requests
from django.test import Client

from books.intake import limits
from books.models import Book, Delivery, Source
from jobs import clock
from jobs.runner import run_to_end
from jobs.sweep import sweep
from tests import s3
from tests.intake.samples import page, pdf, saved

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture
def book(db) -> Book:
    return Book.objects.create(title="A book")


@pytest.fixture
def client(admin) -> Client:
    client = Client()
    client.force_login(admin)
    return client


def announce(client: Client, book: Book, files: dict[str, bytes], **facts: Any) -> dict[str, Any]:
    rows = [
        {"name": name, "size": len(data), "sha256": sha256(data).hexdigest(), **facts} for name, data in files.items()
    ]
    answer = client.post(f"/api/books/{book.pk}/uploads", json.dumps({"files": rows}), content_type="application/json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def to_bucket(row: dict[str, Any], data: bytes) -> requests.Response:
    return requests.post(row["post"]["url"], data=row["post"]["fields"], files={"file": data}, timeout=10)


def arrived(client: Client, book: Book, delivery: dict[str, Any], row: dict[str, Any]) -> dict[str, str]:
    return client.post(f"/api/books/{book.pk}/uploads/{delivery['id']}/files/{row['id']}/arrived").json()


def test_files_become_pages_in_order_and_are_read(client, book, bucket):
    files = {"a.png": saved("PNG", page(seed=1)), "b.pdf": pdf("Numbers"), "c.png": saved("PNG", page(seed=2))}
    delivery = announce(client, book, files)
    for row in reversed(delivery["files"]):
        assert row["post"]["fields"]["key"] == f"books/{book.pk}/sources/{row['id']}"
        assert to_bucket(row, files[row["name"]]).status_code == 204
        assert not book.pages.exists()
        assert arrived(client, book, delivery, row) == {"state": "stored", "reason": ""}
    assert [page.source.name for page in book.pages.order_by("number")] == ["a.png", "b.pdf", "c.png"]
    run_to_end(book.jobs.get().pk)
    assert set(book.pages.values_list("ocr_status", flat=True)) <= {"done", "blank"}
    book.delete()
    assert s3.keys(bucket) == []


def test_a_page_takes_three_requests_from_arrival_to_text(client, book, bucket):
    """One to judge it, one to read it, and one for its image."""
    requests_made: list[str] = []
    client_events = bucket.connection.meta.client.meta.events
    client_events.register("before-send.s3", lambda request, **_: requests_made.append(request.method))
    files = {f"{n}.png": saved("PNG", page(seed=n)) for n in range(3)}
    delivery = announce(client, book, files)
    for row in delivery["files"]:
        to_bucket(row, files[row["name"]])
        arrived(client, book, delivery, row)
    run_to_end(book.jobs.get().pk)
    assert sorted(requests_made) == ["GET"] * 6 + ["PUT"] * 3


def test_what_is_refused_is_deleted(client, book, bucket):
    files = {"bad.png": b"not an image", "good.png": saved("PNG")}
    delivery = announce(client, book, files)
    for row in delivery["files"]:
        to_bucket(row, files[row["name"]])
    bad, good = (arrived(client, book, delivery, row) for row in delivery["files"])
    assert bad["state"] == "refused"
    assert "not an image or PDF" in bad["reason"]
    assert arrived(client, book, delivery, delivery["files"][0]) == bad
    assert good["state"] == "stored"
    assert s3.keys(bucket) == [Source.objects.get().storage_name]
    assert book.pages.get().number == 1


def test_another_content_than_announced_is_refused(client, book, bucket):
    """The bucket checks length and checksum; should it not know checksums, the server finds out."""
    files = {"a.png": saved("PNG", page(seed=1))}
    delivery = announce(client, book, files)
    (row,) = delivery["files"]
    bucket.bucket.Object(row["post"]["fields"]["key"]).put(Body=saved("PNG", page(seed=2)))
    assert "not the one that was announced" in arrived(client, book, delivery, row)["reason"]
    assert s3.keys(bucket) == []


def test_the_form_is_bound_to_key_length_and_checksum(client, book, bucket):
    """By its signed policy, which a bucket enforces; this stand-in of one does not."""
    data = saved("PNG")
    (row,) = announce(client, book, {"a.png": data})["files"]
    policy = json.loads(base64.b64decode(row["post"]["fields"]["policy"]))
    assert ["content-length-range", len(data), len(data)] in policy["conditions"]
    assert {"key": f"books/{book.pk}/sources/{row['id']}"} in policy["conditions"]
    checksum = base64.b64encode(sha256(data).digest()).decode()
    assert {"x-amz-checksum-sha256": checksum} in policy["conditions"]
    until = datetime.fromisoformat(policy["expiration"])
    assert until <= clock.now() + limits.DELIVERY_IDLE


def test_what_never_arrived_is_said(client, book, bucket):
    delivery = announce(client, book, {"a.png": saved("PNG")})
    assert "did not arrive" in arrived(client, book, delivery, delivery["files"][0])["reason"]


def test_a_browser_that_cannot_compute_checksums_sends_to_the_server(client, book, bucket):
    (row,) = announce(client, book, {"a.png": saved("PNG")}, sha256="")["files"]
    assert row["post"] is None


def test_files_left_behind_are_removed_by_the_sweep(client, book, bucket):
    files = {"a.png": saved("PNG", page(seed=1)), "b.png": saved("PNG", page(seed=2))}
    delivery = announce(client, book, files)
    for row in delivery["files"]:
        to_bucket(row, files[row["name"]])
    arrived(client, book, delivery, delivery["files"][1])
    sweep()
    assert not book.pages.exists()
    Delivery.objects.update(touched_at=clock.now() - limits.DELIVERY_IDLE - timedelta(seconds=1))
    sweep()
    assert book.pages.get().source.name == "b.png"
    assert s3.keys(bucket) == [Source.objects.get().storage_name]
    assert book.jobs.get().kind == "ocr"
    assert not Delivery.objects.exists()


def test_the_policy_names_the_bucket_only_where_there_is_one(client, book, bucket, s3_server):
    assert s3_server in client.get(f"/admin/books/book/{book.pk}/")["Content-Security-Policy"]


def test_without_a_bucket_only_this_site_is_sent_to(client, book):
    assert "connect-src 'self';" in client.get(f"/admin/books/book/{book.pk}/")["Content-Security-Policy"] + ";"
