"""Guessing a password ends after a few attempts, for that name at that address alone, and for a while."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password-1"


@pytest.fixture(autouse=True)
def _three(settings):
    settings.AXES_FAILURE_LIMIT = 3
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # hashing is not what is tried


@pytest.fixture
def attempt(client, admin):
    def send(password: str, username: str = "ada", **headers: str):
        data = {"login": username, "password": password}
        return client.post(reverse("admin:login"), data, **headers)

    return send


def test_the_third_failure_locks_and_says_so_in_a_sentence(attempt):
    assert [attempt("wrong").status_code for _ in range(3)] == [200, 200, 429]
    locked = attempt(PASSWORD)
    assert locked.status_code == 429
    page = locked.content.decode()
    assert "Signing in as “ada” failed 3 times" in page
    assert "Wait 15 minutes" in page


def test_others_and_the_same_elsewhere_are_not_locked(attempt, django_user_model):
    django_user_model.objects.create_user("grace", password=PASSWORD, is_staff=True)
    for _ in range(3):
        attempt("wrong")
    assert attempt(PASSWORD, REMOTE_ADDR="10.0.0.9").status_code == 302
    assert attempt(PASSWORD, username="grace").status_code == 302


def test_after_the_cool_off_it_works_again(attempt, settings):
    for _ in range(3):
        attempt("wrong")
    settings.AXES_COOLOFF_TIME = timedelta(0)
    assert attempt(PASSWORD).status_code == 302


def test_a_success_forgets_the_failures_before_it(attempt, client):
    attempt("wrong")
    attempt("wrong")
    assert attempt(PASSWORD).status_code == 302
    client.logout()
    assert [attempt("wrong").status_code for _ in range(2)] == [200, 200]


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(attempt, settings):
    """What a client writes into the header itself stands before that, and opens no further attempts."""
    settings.BEHIND_PROXY = True
    for n in range(3):
        attempt("wrong", HTTP_X_FORWARDED_FOR=f"1.2.3.{n}, 203.0.113.7")
    assert attempt(PASSWORD, HTTP_X_FORWARDED_FOR="9.9.9.9, 203.0.113.7").status_code == 429
    assert attempt(PASSWORD, HTTP_X_FORWARDED_FOR="203.0.113.8").status_code == 302


def test_without_a_proxy_the_header_is_nobodys_word(attempt):
    for n in range(3):
        attempt("wrong", HTTP_X_FORWARDED_FOR=f"1.2.3.{n}")
    assert attempt(PASSWORD, HTTP_X_FORWARDED_FOR="203.0.113.8").status_code == 429
