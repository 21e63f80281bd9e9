"""The ledger's screens: sums, CSV without formulas, read-only."""

from __future__ import annotations

import csv
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth import get_user_model

from books.models import Book, ModelCall, ModelPrice, StageModel

pytestmark = pytest.mark.django_db
URL = "/admin/books/modelcall/"


@pytest.fixture
def calls():
    book = Book.objects.create(title="A book")
    facts = {"book": book, "provider": "openai", "model": "m", "prompt_version": "1", "schema_version": "1"}
    for at, cost in enumerate((Decimal("0.25"), Decimal("0.5"), None)):
        ModelCall.objects.create(
            **facts, stage="digest", item="=1+1", input_sha256=f"{at:064}", outcome="answered", cost=cost
        )
    return ModelCall.objects.all()


def test_the_list_sums_what_it_shows(client, admin, calls):
    client.force_login(admin)
    book = {"book__id__exact": calls[0].book_id}
    assert "Model calls: 3, $0.75" in client.get(URL, book).content.decode()
    assert "Model calls: 0, $0.00" in client.get(URL, {**book, "outcome": "failed"}).content.decode()
    assert "Model calls: " not in client.get(URL).content.decode()


def test_stages_are_called_by_their_titles(client, admin, calls):
    client.force_login(admin)
    ModelCall.objects.filter(pk=calls[0].pk).update(stage="write")
    StageModel.objects.create(stage="verify", model="m")
    listed = client.get(URL).content.decode()
    assert listed.count("Writing guidelines</") == 2  # in the row and in the filter
    assert "Reading guidelines a second time</" in client.get("/admin/books/stagemodel/").content.decode()


def test_csv_holds_no_formula(client, admin, calls):
    client.force_login(admin)
    answer = client.post(URL, {"action": "export_csv", "_selected_action": [call.pk for call in calls]})
    rows = list(csv.DictReader(StringIO(answer.content.decode())))
    assert [row["cost"] for row in rows] == ["0.250000", "0.500000", ""]
    assert {row["item"] for row in rows} == {"'=1+1"}


def test_nobody_changes_the_ledger(client, admin, calls):
    client.force_login(admin)
    call = calls[0]
    assert client.get(f"{URL}add/").status_code == 403
    client.post(f"{URL}{call.pk}/change/", {"cost": "0"})
    client.post(f"{URL}{call.pk}/delete/", {"post": "yes"})
    assert ModelCall.objects.get(pk=call.pk).cost == call.cost


def test_prices_and_models_need_their_permission(client, calls):
    client.force_login(get_user_model().objects.create_user("grace", is_staff=True))
    for path in ("modelcall", "modelprice", "stagemodel"):
        assert client.get(f"/admin/books/{path}/").status_code == 403
    assert not ModelPrice.objects.exists()
