"""Where somebody who guesses meets the login, the tokens of programs and the tables that count failures."""

from __future__ import annotations

import pytest
from axes.models import AccessAttempt
from django.urls import reverse

from books.attempts import client_address
from books.models import AuditEntry
from tests.factories import secret_of

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password-1"
WAIT = str(15 * 60)


@pytest.fixture(autouse=True)
def _three(settings):
    settings.AXES_FAILURE_LIMIT = 3
    settings.BEHIND_PROXY = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # hashing is not what is tried


@pytest.fixture
def attempt(client, admin):
    admin.set_password(PASSWORD)
    admin.save()

    def send(address: str, username: str = "ada", password: str | None = None, **headers: str):
        data = {"login": username, "password": password or "wrong"}
        return client.post(reverse("admin:login"), data, HTTP_X_FORWARDED_FOR=address, **headers)

    return send


@pytest.mark.parametrize(
    "addresses",
    [
        ["2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::9"],
        ["203.0.113.7:4001", "203.0.113.7:4002", "203.0.113.7", "203.0.113.7:4003"],
        ["[2001:db8:1:2::1]:443", "2001:db8:1:2::2", "[2001:db8:1:2::3]", "2001:db8:1:2::4%eth0"],
        ["::ffff:203.0.113.7", "203.0.113.7", "[::ffff:203.0.113.7]:80", "203.0.113.7"],
    ],
    ids=["a network of IPv6", "ports", "brackets and zones", "IPv4 within IPv6"],
)
def test_another_address_of_the_same_network_or_port_is_no_further_attempt(attempt, addresses):
    """Each address as the proxy wrote it was counted alone: a /64 has 18 quintillion of them."""
    assert [attempt(address).status_code for address in addresses[:3]] == [200, 200, 429]
    locked = attempt(addresses[3], password=PASSWORD)
    assert (locked.status_code, locked.headers["Retry-After"]) == (429, WAIT)
    assert attempt("2001:db8:1:3::1", password=PASSWORD).status_code == 302


def test_an_address_that_is_none_is_counted_too(attempt):
    assert [attempt("unknown", REMOTE_ADDR="").status_code for _ in range(3)] == [200, 200, 429]


def test_many_names_from_one_address_are_counted_together(attempt, django_user_model):
    """A password tried on every name was never held up."""
    for n in range(29):
        assert attempt("203.0.113.7", username=f"name-{n}").status_code == 200
    last = attempt("203.0.113.7", username="name-29")
    assert (last.status_code, last.headers["Retry-After"]) == (429, WAIT)
    assert "Signing in failed too often" in last.content.decode()
    assert attempt("203.0.113.7", password=PASSWORD).status_code == 429
    assert attempt("203.0.113.8", password=PASSWORD).status_code == 302


def test_who_can_sign_in_has_no_more_guesses_at_others_for_it(attempt, client):
    """A success forgot all that the address had failed at before."""
    for n in range(29):
        attempt("203.0.113.7", username=f"name-{n}")
    assert attempt("203.0.113.7", password=PASSWORD).status_code == 302
    client.logout()
    assert attempt("203.0.113.7", username="name-29").status_code == 429


def test_what_is_locked_costs_no_row_however_long_it_is_tried(attempt):
    """Each failure was a row of the audit, also when it was refused unlooked at."""
    for n in range(30):
        attempt("203.0.113.7", username=f"name-{n}", HTTP_USER_AGENT=f"Browser {n}")
    rows = AccessAttempt.objects.count(), AuditEntry.objects.filter(action="sign in").count()
    for n in range(20):
        assert attempt("203.0.113.7", username=f"other-{n}", HTTP_USER_AGENT=f"Other {n}").status_code == 429
    assert rows == (30, 30)
    assert (AccessAttempt.objects.count(), AuditEntry.objects.filter(action="sign in").count()) == rows


@pytest.mark.parametrize("url", ["/api/guidelines", "/metrics"])
def test_tokens_are_not_tried_without_end(client, settings, url):
    """They were, at a query each."""
    settings.METRICS_TOKEN = "the-token"
    wrong = {"HTTP_AUTHORIZATION": "Bearer wrong", "HTTP_X_FORWARDED_FOR": "203.0.113.7"}
    assert [client.get(url, **wrong).status_code for _ in range(3)] == [401, 401, 429]
    locked = client.get(url, **wrong)
    assert (locked.status_code, locked.headers["Retry-After"]) == (429, WAIT)
    assert locked.json()["code"] == "too_many_attempts"
    rows = AccessAttempt.objects.count()
    client.get(url, **wrong | {"HTTP_USER_AGENT": "Another"})
    assert AccessAttempt.objects.count() == rows
    assert client.get(url, **wrong | {"HTTP_X_FORWARDED_FOR": "203.0.113.8"}).status_code == 401


def test_an_old_token_keeps_neither_people_nor_other_programs_out(client, attempt, admin):
    good = secret_of("published")
    address = {"HTTP_X_FORWARDED_FOR": "203.0.113.7"}
    for _ in range(9):
        client.get("/api/guidelines", HTTP_AUTHORIZATION="Bearer old", **address)
    assert client.get("/api/guidelines", HTTP_AUTHORIZATION=f"Bearer {good}", **address).status_code == 200
    assert attempt("203.0.113.7", password=PASSWORD).status_code == 302


def test_a_client_cannot_say_where_it_is(rf):
    request = rf.get("/", HTTP_X_FORWARDED_FOR="9.9.9.9, 2001:db8:1:2::1")
    assert client_address(request) == "2001:db8:1:2::"
