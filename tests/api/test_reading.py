"""What a reading program gets with its token: published guidelines by curriculum, page by page, and 304 for no news."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from books.models import ApiToken, ReviewStatus, Topic
from books.publishing.feed import published
from books.publishing.publish import publish, take_back
from books.tokens import revoke
from jobs import clock
from tests.factories import BookFactory, SubtopicFactory, TopicFactory, program, secret_of
from tests.publishing.conftest import write

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader():
    return program("published")


@pytest.fixture
def signed_in():
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("ada"))
    return client


def make_book(subtopics=2, **facts):
    """Published; one more subtopic is a draft."""
    book = BookFactory(**facts)
    topic = TopicFactory(book=book, sequence=1)
    for place in range(1, subtopics + 1):
        SubtopicFactory(topic=topic, sequence=place, title=f"{book} {place}", status=ReviewStatus.APPROVED)
    SubtopicFactory(topic=topic, sequence=99, status=ReviewStatus.DRAFT)
    publish(book.pk, user=None)
    return book


def read(client, **asked):
    return client.get("/api/guidelines", asked)


def titles(answer):
    assert answer.status_code == 200, answer.content
    return [item["title"] for item in answer.json()["items"]]


def test_a_token_reads_what_is_published_and_nothing_else(reader):
    book = make_book(title="Prealgebra", country="Kenya", grade="8")
    answer = read(reader)
    assert titles(answer) == ["Prealgebra 1", "Prealgebra 2"]
    item = answer.json()["items"][0]
    expected = {"book": "Prealgebra", "country": "Kenya", "status": "published", "version": 1, "since_version": 1}
    assert {name: item[name] for name in expected} == expected
    (said,) = item["guideline"]["objective"]
    assert (said["text"], said["pages"], said["kind"]) == ("The learner can count.", [1, 2], "statement")
    assert (said["evidence"], said["findings"], said["is_checked"]) == ([], [], False)
    assert read(reader, status="draft").status_code == 403
    for path in (f"/api/books/{book.pk}", "/admin/"):
        assert reader.get(path).status_code in {403, 302}


@pytest.mark.parametrize("spoil", ["revoked", "expired", "owner deactivated", "wrong", "other scheme"])
def test_a_token_that_is_none_opens_nothing(spoil):
    text = secret_of("published", expires_at=clock.now() - timedelta(seconds=1) if spoil == "expired" else None)
    if spoil == "revoked":
        revoke(ApiToken.objects.all())
    if spoil == "owner deactivated":
        User.objects.update(is_active=False)
    said = {"wrong": f"Bearer {text}x", "other scheme": f"Basic {text}"}.get(spoil, f"Bearer {text}")
    answer = Client(headers={"authorization": said}).get("/api/guidelines")
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_first")


def test_only_the_hash_of_a_token_is_kept():
    text = secret_of("published")
    kept = json.dumps(list(ApiToken.objects.values()), default=str)
    assert text not in kept
    assert text[10:] not in kept


def test_filters(reader):
    kenya = make_book(1, title="A", country="Kenya", board="KNEC", grade="8", subject="Mathematics")
    make_book(1, title="B", country="Kenya", board="KNEC", grade="9", subject="Physics")
    make_book(1, title="C", country="Ghana", board="WAEC", grade="8", subject="Mathematics")
    assert titles(read(reader, country="Kenya")) == ["A 1", "B 1"]
    assert titles(read(reader, board="WAEC")) == ["C 1"]
    assert titles(read(reader, grade="8", subject="Mathematics")) == ["A 1", "C 1"]
    assert titles(read(reader, book=kenya.pk)) == ["A 1"]
    topic = Topic.objects.get(book=kenya)
    assert titles(read(reader, topic=f"topic-{topic.pk}")) == ["A 1"]
    assert titles(read(reader, since=(clock.now() + timedelta(hours=1)).isoformat())) == []
    assert len(titles(read(reader, since=(clock.now() - timedelta(hours=1)).isoformat()))) == 3


def test_an_earlier_version_of_a_book(reader):
    book = make_book(1, title="A")
    write(Topic.objects.get(book=book).subtopics.first(), title="Renamed", status=ReviewStatus.APPROVED)
    publish(book.pk, user=None)
    assert titles(read(reader, book=book.pk)) == ["Renamed"]
    assert titles(read(reader, book=book.pk, version=1)) == ["A 1"]
    assert read(reader, book=book.pk, version=3).status_code == 404
    assert read(reader, version=1).status_code == 422


def test_pages_have_every_guideline_once(reader):
    for title in "ABC":
        make_book(5, title=title)
    seen, after = [], {}
    while True:
        answer = read(reader, limit=4, **after).json()
        assert len(answer["items"]) <= 4
        seen += [item["title"] for item in answer["items"]]
        if answer["next"] is None:
            break
        after = {"after": answer["next"]}
    assert seen == [f"{title} {place}" for title in "ABC" for place in range(1, 6)]


def test_nothing_new_is_a_304_for_one_query(reader, django_assert_num_queries):
    book = make_book()
    answer = read(reader)
    known = {"headers": {"if-none-match": answer["ETag"]}}
    with django_assert_num_queries(1):
        unchanged = reader.get("/api/guidelines", **known)
    assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", answer["ETag"])
    take_back(book.pk, user=None)
    assert titles(reader.get("/api/guidelines", **known)) == []


def test_deleting_a_book_is_news(reader, signed_in):
    book = make_book()
    known = {"headers": {"if-none-match": read(reader)["ETag"]}}
    signed_in.post(reverse("admin:books_book_delete", args=[book.pk]), {"title": book.title})
    assert titles(reader.get("/api/guidelines", **known)) == []


@pytest.mark.parametrize("count", [3, 40])
def test_a_page_costs_the_same_however_long(reader, count, django_assert_num_queries):
    make_book(count)
    read(reader)
    with django_assert_num_queries(3):  # the token, the page, how many in all
        assert len(titles(read(reader))) == count


def test_use_is_noted_at_most_once_a_minute(reader, monkeypatch):
    read(reader)
    first = ApiToken.objects.get().last_used_at
    read(reader)
    assert ApiToken.objects.get().last_used_at == first
    monkeypatch.setattr(clock, "now", lambda: first + timedelta(seconds=61))
    read(reader)
    assert ApiToken.objects.get().last_used_at == first + timedelta(seconds=61)


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": 0},
        {"limit": 201},
        {"limit": 10**30},
        {"after": 10**30},
        {"after": 123},
        {"book": -1},
        {"book": 2**63},
        {"country": "a\0b"},
        {"country": "x" * 201},
        {"since": "yesterday"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"since": "2020-01-01T00:00:00"},
        {"version": 2**40, "book": 1},
        {"topic": "1 OR 1=1"},
        {"status": "everything"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_in_words(reader, asked):
    make_book()
    answer = read(reader, **asked)
    assert answer.status_code == 422
    assert answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"title": "a\\u0000b"}', 400),
        ('{"title": "\\ud800"}', 400),
        ('{"title": ' + "[" * 100_000, 400),
        ("not json", 400),
        ('{"title": "a", "edition_year": 1e999}', 422),
        ('{"title": "a", "edition_year": 99999999999999999999}', 422),
        ("[]", 422),
    ],
    ids=range(7),
)
def test_a_body_that_nothing_can_store_is_refused(signed_in, body, status):
    answer = signed_in.post("/api/books", body, content_type="application/json")
    assert (answer.status_code, "message" in answer.json()) == (status, True)


@pytest.mark.parametrize("path", ["books/99999999999999999999999", "books/x", "nowhere", "books/1/pages/1/x"])
def test_what_is_no_address_is_a_404_in_json(signed_in, path):
    answer = signed_in.get(f"/api/{path}")
    assert answer.status_code in {404, 422}
    assert answer.json()["code"] in {"not_found", "invalid"}


def test_people_filter_what_is_being_worked_on(signed_in):
    make_book(2, title="A", grade="8")
    assert titles(read(signed_in, grade="8")) == ["A 1", "A 2"]
    drafts = read(signed_in, grade="8", status="draft").json()
    assert (drafts["count"], drafts["items"][0]["version"]) == (1, None)
    assert read(signed_in, status="draft", version=1, book=1).status_code == 422


FILTERS = [
    {"country": "C1", "board": "B1", "grade": "7", "subject": "S1"},
    {"board": "B1"},
    {"grade": "7", "subject": "S1"},
    {"subject": "S1"},
    {"book": 1},
    {},
]


@pytest.mark.parametrize("wanted", FILTERS, ids=str)
def test_each_filter_has_its_index(wanted):
    """As planned by the database: no filter makes it look through the whole table."""
    rows = published(wanted).order_by("book_id", "topic_sequence", "sequence", "id")[:101]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = rows.explain()
    assert "published_" in plan, plan
    assert "SCAN books_publishedguideline\n" not in plan + "\n"


def test_a_token_is_shown_once_in_the_admin(signed_in):
    url = reverse("admin:books_apitoken_add")
    answer = signed_in.post(url, {"name": "Tutor", "scopes": ["published"], "expires_at_0": "", "expires_at_1": ""})
    secret = next(iter(answer.context["shown"].values()))
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert Client(headers={"authorization": f"Bearer {secret}"}).get("/api/guidelines").status_code == 200
    listed = signed_in.get(reverse("admin:books_apitoken_changelist")).content.decode()
    assert "Tutor" in listed
    assert secret not in listed
    chosen = {"action": "take_back", "_selected_action": [ApiToken.objects.get().pk]}
    signed_in.post(reverse("admin:books_apitoken_changelist"), chosen)
    assert Client(headers={"authorization": f"Bearer {secret}"}).get("/api/guidelines").status_code == 401


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"])
def test_what_does_not_call_itself_json_is_told_so(kind, signed_in):
    for client in (program("intake"), signed_in):
        answer = client.generic("POST", "/api/books", b'{"title": "A"}', kind)
        assert (answer.status_code, answer.json()["code"]) in {(415, "not_json"), (400, "unreadable")}, answer.content
