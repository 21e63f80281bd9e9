"""Checking a provider by command and by button: what works, what does not, what to set, and what it cost."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from books.ledger import choices
from books.ledger.spending import spent
from books.models import CallOutcome, ModelCall, ProviderProfile, StageModel
from tests.providers.quirk_server import QuirkServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def serve(settings):
    servers = []

    def begin(quirk: str) -> QuirkServer:
        servers.append(QuirkServer(quirk))
        servers[-1].__enter__()
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "a-key", servers[-1].url
        choices.ledger.cache_clear()
        return servers[-1]

    yield begin
    for server in servers:
        server.__exit__()
    choices.ledger.cache_clear()


def check() -> dict[str, tuple[str, str]]:
    """Mark and sentence by title."""
    out = StringIO()
    try:
        call_command("check_provider", stdout=out)
    finally:
        check.said = out.getvalue()
    lines = [line.split(maxsplit=2) for line in check.said.splitlines()[1:]]
    return {title.rstrip(":"): (mark, sentence.strip()) for mark, title, sentence in lines}


def test_a_good_server_works_and_its_calls_are_in_the_ledger_of_no_book(serve):
    server = serve("none")
    found = check()
    assert {title: mark for title, (mark, _) in found.items()} == {
        **dict.fromkeys(("Form", "Image", "Usage", "Price", "Requests"), "ok"),
        "Economy": "--",
    }
    assert "Served at the full price" in found["Economy"][1]
    assert len(server.calls) == ModelCall.objects.count() == 3
    assert set(ModelCall.objects.values_list("stage", "book", "outcome")) == {("check", None, CallOutcome.ANSWERED)}
    assert spent(stage="check") > 0


@pytest.mark.parametrize(("quirk", "said"), [("auth", "401"), ("nomodel", "404"), ("html", "does not speak the API")])
def test_after_a_first_call_that_fails_none_follows(serve, quirk, said):
    server = serve(quirk)
    with pytest.raises(CommandError, match="No job can work with this model yet"):
        check()
    assert said in check.said
    assert len(server.calls) == ModelCall.objects.count() == 1
    assert ModelCall.objects.get().outcome == CallOutcome.FAILED


def test_what_the_server_refuses_is_remembered_and_told(serve):
    serve("maxtok")
    assert check()["Requests"] == ("ok", "Sent with max_tokens instead of max_completion_tokens.")
    assert ProviderProfile.objects.get().left_out == ["max_completion_tokens"]


def test_a_server_that_tells_no_usage_is_named_and_its_calls_are_estimated(serve):
    serve("nousage")
    assert check()["Usage"][0] == "--"
    assert not ModelCall.objects.exclude(is_estimate=True).exists()


def test_the_button_tells_the_same(serve, admin_client):
    serve("nousage")
    row = StageModel.objects.create(stage="write", model="gpt-5-mini")
    chosen = {"action": "try_model", "_selected_action": [row.pk]}
    page = admin_client.post(reverse("admin:books_stagemodel_changelist"), chosen, follow=True).content.decode()
    assert "Write, gpt-5-mini. Form: Works." in page
    assert "The server does not tell how many tokens it used: costs are estimated." in page
