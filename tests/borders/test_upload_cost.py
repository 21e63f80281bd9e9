"""What one file costs on its way from the browser into a book."""

from __future__ import annotations

import json
from hashlib import sha256
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from books.intake import inspect
from books.models import Book
from tests.intake.samples import page, saved

pytestmark = pytest.mark.django_db(transaction=True)

FILES, MOST_QUERIES = 9, 10


@pytest.mark.parametrize("order", [range(FILES), [2, 1, 0, 5, 4, 3, 8, 7, 6]], ids=["in order", "three at a time"])
def test_a_file_of_an_upload_costs_at_most_ten_queries(client, admin, order):
    """Thirty, of which most asked again what was known. The last file is left out: with it the reading is started."""
    client.force_login(admin)
    book = Book.objects.create(title="A book")
    files = [saved("PNG", page(seed=seed)) for seed in range(FILES + 1)]
    rows = [
        {"name": f"p{n}.png", "size": len(data), "sha256": sha256(data).hexdigest()} for n, data in enumerate(files)
    ]
    url = f"/api/books/{book.pk}/uploads"
    delivery = client.post(url, json.dumps({"files": rows}), content_type="application/json").json()
    with CaptureQueriesContext(connection) as queries:
        for place in order:
            file = SimpleUploadedFile(f"p{place}.png", files[place])
            answer = client.post(f"{url}/{delivery['id']}/files/{delivery['files'][place]['id']}", {"file": file})
            assert answer.json() == {"state": "stored", "reason": ""}
    assert list(book.pages.order_by("number").values_list("source__name", flat=True)) == [
        f"p{n}.png" for n in range(FILES)
    ]
    assert len(queries) <= MOST_QUERIES * FILES, "\n".join(each["sql"] for each in queries.captured_queries)


def test_each_file_of_a_folder_is_inspected_once(tmp_path, monkeypatch):
    """Twice: to see whether all of them will do, and again when each was stored; a PDF opens a child each time."""
    for seed in range(3):
        (tmp_path / f"p{seed}.png").write_bytes(saved("PNG", page(seed=seed)))
    judged = []
    judge = inspect.judge_image
    monkeypatch.setattr(inspect, "judge_image", lambda data, kind: judged.append(data.name) or judge(data, kind))
    call_command("process_book", str(tmp_path), title="A book", no_wait=True, stdout=StringIO())
    assert [name.rpartition("/")[2] for name in judged] == ["p0.png", "p1.png", "p2.png"]
    assert Book.objects.get().pages.count() == 3
