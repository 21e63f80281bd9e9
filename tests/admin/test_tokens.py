"""What a token opens: each operation for its scope alone, never more than its owner may, not too often, and noted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse

from books.api.base import TokenThrottle
from books.models import ApiToken, AuditEntry, Book, TokenScope
from jobs import clock
from tests.admin.addresses import API, GET
from tests.admin.visits import outcome, send
from tests.factories import program, secret_of

# Whatever changes something; what only reads is "read".
CHANGING = {
    "intake": """create_book contents draft_contents upload_pages add_page put_scan insert_page delete_page order_names
        split_pages_in_two undo_arrangement announce_files send_file file_arrived finish_delivery""",
    "jobs": "read_pages generate finalise retry_page cancel_job retry_job",
    "publish": "publish_book",
    "review": """approve_read_pages accept_proposal refuse_proposal one_subtopic approve_subtopic reject_subtopic
        reopen_subtopic
        approve_subtopics split move_pages_of merge_subtopic place_subtopic order_of_topic patch_topic order_of_topics
        undo_change""",
}
OF_NAME = {name: scope for scope, names in CHANGING.items() for name in names.split()}


def scopes_of(address) -> set[str]:
    if address.name == "guidelines":
        return {"published", "read"}
    return {"read" if address.method == GET else OF_NAME[address.name]}


@pytest.mark.parametrize("address", API, ids=str)
def test_each_operation_is_for_its_scope_alone(address, facts):
    found = {}
    for scope in TokenScope.values:
        with transaction.atomic():
            found[scope] = outcome(send(program(scope), address, facts))
            transaction.set_rollback(True)
    assert found == {scope: "let in" if scope in scopes_of(address) else "refused" for scope in TokenScope.values}


@pytest.fixture
def reviewer(django_user_model, db):
    person = django_user_model.objects.create_user("eve", is_staff=True)
    person.groups.set(Group.objects.filter(name="reviewer"))
    return person


def test_a_token_may_no_more_than_its_owner_does_at_that_moment(reviewer, book):
    client = program(*TokenScope.values, owner=reviewer)
    path = f"/api/books/{book.pk}/guidelines/generate"
    assert client.post(path, {}, content_type="application/json").status_code == 409  # no page is approved
    assert client.post("/api/books", {"title": "B"}, content_type="application/json").status_code == 403
    reviewer.groups.clear()
    assert client.post(path, {}, content_type="application/json").status_code == 403
    assert client.get("/api/guidelines").status_code == 403
    reviewer.is_active = False
    reviewer.save()
    assert client.get("/api/guidelines").status_code == 401


def test_a_token_opens_no_screen_and_no_session_helps_it(admin, book):
    client = program("published")
    client.force_login(admin)
    assert client.get(f"/api/books/{book.pk}").status_code == 403
    alone = program(*TokenScope.values)
    assert alone.get(reverse("admin:index")).status_code == 302
    assert client.get(f"/api/books/{book.pk}", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert client.get(f"/api/books/{book.pk}", headers={"authorization": ""}).status_code == 200


def test_files_of_a_token_without_the_scope_are_not_read(book):
    big = {"CONTENT_LENGTH": 10**8, "HTTP_X_ORIGINAL_METHOD": "POST"}
    path = f"/api/books/{book.pk}/pages/bulk"
    for scopes, status in ((("read", "jobs"), 403), (("intake",), 204)):
        assert program(*scopes).get("/gate", HTTP_X_ORIGINAL_URI=path, **big).status_code == status
    answer = program("read").generic("POST", path, b"", "multipart/form-data", **big)
    assert (answer.status_code, answer.json()["message"]) == (403, "This token lacks the scope “intake”.")


def test_a_token_that_asks_too_often_is_told_when_to_come_again(settings, admin, client, book):
    settings.TOKEN_REQUESTS_PER_MINUTE = 3
    one, other = program("read"), program("read")
    path = f"/api/books/{book.pk}"
    assert {one.get(path).status_code for _ in range(3)} == {200}
    refused = one.get(path)
    if refused.status_code == 200:  # a minute of the clock began in between
        refused = [one.get(path) for _ in range(3)][-1]
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert other.get(path).status_code == 200
    client.force_login(admin)
    assert {client.get(path).status_code for _ in range(9)} == {200}


def test_all_processes_together_answer_a_token_no_more_often(settings, admin, rf, monkeypatch):
    """Each has a memory of its own, as a process of the web has, and the row alone in common."""
    settings.TOKEN_REQUESTS_PER_MINUTE = 130
    now = clock.now().replace(second=1)
    monkeypatch.setattr(clock, "now", lambda: now)
    secret_of("read")
    request = rf.get("/")
    request.token = ApiToken.objects.get()
    processes = [TokenThrottle() for _ in range(3)]
    in_turn = [sum(each.allow_request(request) for each in processes) for _ in range(90)]
    assert (sum(in_turn), in_turn[-1]) == (130, 0)
    assert processes[0].wait() == pytest.approx(59, abs=1)
    now += timedelta(minutes=1)
    assert all(each.allow_request(request) for each in processes)
    assert ApiToken.objects.get().taken == 6


def test_what_a_token_does_is_noted_with_its_owner_and_its_name(reviewer, screens):
    client = program("intake", owner=reviewer, name="Scanner")
    assert client.post("/api/books", {"title": "B"}, content_type="application/json").status_code == 403
    reviewer.groups.set(Group.objects.filter(name="uploader"))
    assert client.post("/api/books", {"title": "B"}, content_type="application/json").status_code == 201
    told = AuditEntry.objects.filter(token__startswith="Scanner (bpt_").values_list("name", "action", "outcome")
    assert {("eve", "api-1:create_book", "forbidden"), ("eve", "api-1:create_book", "done")} <= set(told)
    assert ("eve", "Added book", "done") in set(told)
    assert "by the token Scanner (bpt_" in screens.get(reverse("admin:books_audit")).content.decode()
    assert Book.objects.get().title == "B"


def test_each_sees_their_own_tokens_and_scopes_of_use_to_them(client, reviewer, screens):
    secret_of("read", name="Of the administrator")
    client.force_login(reviewer)
    form = client.get(reverse("admin:books_apitoken_add")).content.decode()
    assert [f'value="{scope}"' in form for scope in TokenScope.values] == [True] * 5 + [False]
    forged = client.post(reverse("admin:books_apitoken_add"), {"name": "Mine", "scopes": ["publish"]})
    assert "not one of the available choices" in forged.content.decode()
    made = client.post(reverse("admin:books_apitoken_add"), {"name": "Mine", "scopes": ["read", "review"]})
    secret, address, command = made.context["shown"].values()
    assert command == f'curl -H "Authorization: Bearer {secret}" "{address}"'
    assert address == "http://testserver/api/guidelines?limit=1"
    token = ApiToken.objects.get(name="Mine")
    assert (token.owner, token.scopes) == (reviewer, ["read", "review"])
    url = reverse("admin:books_apitoken_changelist")
    assert "Of the administrator" not in client.get(url).content.decode()
    listed = screens.get(url).content.decode()
    assert "Mine" in listed
    assert "Read books, Review</td>" in listed


def test_scopes_never_change(client, reviewer):
    secret_of("read", owner=reviewer)
    token = ApiToken.objects.get()
    client.force_login(reviewer)
    client.post(reverse("admin:books_apitoken_change", args=[token.pk]), {"name": "New", "scopes": ["review"]})
    token.refresh_from_db()
    assert (token.name, token.scopes, token.expires_at) == ("New", ["read"], None)
