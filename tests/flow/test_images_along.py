"""A model that digests and writes sees the pages whose text does not tell all; a switch and the estimate go with it."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from pydantic import BaseModel

from benchmarks.standin import _pictures, decoded
from books.extraction.estimate import estimate
from books.extraction.job import start_extraction
from books.models import Book, ModelCall
from books.providers.profile import body_of, refused_in
from books.providers.request import ModelRequest
from tests.flow.test_models import PAGES, done, provider, scans  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db(transaction=True)
# Of the sample's first pages these two have a drawing.
DRAWN = {1, 2}
FORMS = ("DigestForm", "GuidelineForm", "VerifyForm")


class _Form(BaseModel):
    said: str


def asked(provider, form: str) -> list[tuple[dict, list]]:  # noqa: F811
    """The material and the pictures of each call with that form."""
    found = []
    for request in provider.asked:
        if request["response_format"]["json_schema"]["name"] == form:
            texts = [part["text"] for part in request["messages"][1]["content"] if part["type"] == "text"]
            found.append((json.loads(texts[-1]), _pictures(request)))
    return found


def test_pictures_go_along_where_text_does_not_tell_all(provider, scans, monkeypatch):  # noqa: F811
    for module in ("stages.digest", "estimate"):
        monkeypatch.setattr(f"books.extraction.{module}.cut_here", lambda _runs: set())
    call_command("process_book", scans, title="Prealgebra", approve=True, verbosity=0)
    book = Book.objects.get()
    beyond = {page.number for page in book.pages.select_related("reading") if page.reading.beyond_text}
    assert DRAWN <= beyond < set(PAGES)
    digested = [material["images"] for material, pictures in asked(provider, "DigestForm") if pictures]
    assert sorted(digested) == [[number] for number in sorted(beyond)]
    for form in ("GuidelineForm", "VerifyForm"):
        for material, pictures in asked(provider, form):
            wanted = [each["page"] for each in material["pages"] if each["page"] in beyond]
            assert (material.get("images", []), len(pictures)) == (wanted, len(wanted))
            assert all(max(decoded(each).size) <= 2_048 for each in pictures)
    sent = sum(len(pictures) for form in FORMS for _, pictures in asked(provider, form))
    assert sum(ModelCall.objects.exclude(stage="ocr").values_list("images", flat=True)) == sent
    assert estimate(book).calls[1] == 0

    Book.objects.update(sends_images=False)
    book.refresh_from_db()
    without = estimate(book)
    assert (without.images, without.calls[0] > 0) == (0, True)
    provider.asked.clear()
    done(start_extraction(book))
    assert {len(asked(provider, form)) > 0 for form in FORMS} == {True}
    assert not any(_pictures(request) for request in provider.asked)
    ModelCall.objects.all().delete()
    Book.objects.update(sends_images=True)
    book.refresh_from_db()
    with_images = estimate(book)
    assert with_images.tokens[0] > without.tokens[0] + 1_000
    assert "tokens are images of pages" in with_images.sentence


def test_a_server_that_sees_nothing_gets_the_texts_alone():
    facts = {"stage": "digest", "prompt_version": "1", "model": "m", "instructions": "i", "facts": "f"}
    request = ModelRequest(**facts, material="m", schema=_Form, schema_version="1", images=(b"png",))
    words = "this model does not support image input"
    assert refused_in(words, body_of(request), (), is_proven=True) == ["images"]
    assert [part["type"] for part in body_of(request, ("images",))["messages"][1]["content"]] == ["text", "text"]
    reading = ModelRequest(**facts, material="", schema=_Form, schema_version="1", images=(b"png",))
    assert refused_in(words, body_of(reading), (), is_proven=True) == []
    assert len(body_of(reading, ("images",))["messages"][1]["content"]) == 2
