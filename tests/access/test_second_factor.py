"""The second factor: set up, asked for, enforced by role, taken away; and what keeps a session open."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from bookpipeline.second_factor import BEGUN, SEEN
from books.models import AuditEntry
from books.models.session import Session
from tests.admin.addresses import OWN

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password-1"
HOME = "/admin/"


@pytest.fixture
def grace(django_user_model):
    person = django_user_model.objects.create_user("grace", password=PASSWORD, is_staff=True)
    person.groups.set(Group.objects.filter(name="administrator"))
    return person


@pytest.fixture
def secret(grace) -> str:
    made = generate_totp_secret()
    TOTP.activate(grace, made)
    RecoveryCodes.activate(grace)
    return made


def code_of(secret: str) -> str:
    """As an authenticator app shows it; a code is good once."""
    cache.clear()
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def signed_in_long_ago(client) -> None:
    session = client.session
    for each in session["account_authentication_methods"]:
        each["at"] -= 901
    session.save()


def sign_in(client, name: str = "grace", **more):
    return client.post(reverse("admin:login"), {"login": name, "password": PASSWORD, **more})


def is_in(client) -> bool:
    return client.get(HOME).status_code == 200


def test_a_password_alone_opens_nothing_where_there_is_a_factor(client, secret):
    assert sign_in(client).url == reverse("mfa_authenticate")
    assert not is_in(client)
    assert client.get(reverse("api-1:guidelines")).status_code == 401
    wrong = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "Incorrect code" in wrong.content.decode()
    assert client.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).status_code == 302
    assert is_in(client)


def test_a_code_is_good_once(client, secret):
    code = code_of(secret)
    sign_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code})
    other = Client()
    sign_in(other)
    assert other.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200
    assert not is_in(other)


def test_a_recovery_code_opens_once(client, grace, secret):
    code = Authenticator.objects.get(user=grace, type="recovery_codes").wrap().get_unused_codes()[0]
    sign_in(client)
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    other = Client()
    sign_in(other)
    assert other.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200


def test_codes_are_guessed_no_more_often_than_passwords(client, secret, settings):
    settings.AXES_FAILURE_LIMIT = 3
    sign_in(client)
    tried = [client.post(reverse("mfa_authenticate"), {"code": f"00000{n}"}).status_code for n in range(4)]
    assert tried[-1] == 429
    assert client.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).status_code == 429
    assert not is_in(client)


def test_who_needs_a_factor_reaches_the_page_that_sets_it_up_and_nothing_else(client, grace, settings):
    settings.MFA_ROLES = ["administrator"]
    sign_in(client)
    for name in ("index", "books_book_changelist", "auth_user_changelist", "books_account"):
        assert client.get(reverse(f"admin:{name}")).url == reverse("mfa_index")
    assert client.post(reverse("admin:books_sample")).url == reverse("mfa_index")
    refused = client.get(reverse("api-1:guidelines"))
    assert refused.status_code == 403
    assert "second factor" in refused.json()["message"]
    assert "Your role needs a second factor" in client.get(reverse("mfa_index")).content.decode()


def test_setting_it_up_opens_the_screens_and_ends_the_sessions_without_it(client, grace, settings):
    settings.MFA_ROLES = ["administrator"]
    other = Client()
    sign_in(other)
    sign_in(client)
    signed_in_long_ago(client)
    assert client.get(reverse("mfa_activate_totp")).url.startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    assert client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}).status_code == 302
    assert is_in(client)
    assert not is_in(other)
    refused = client.post(reverse("mfa_deactivate_totp"))
    assert "Your role needs a second factor" in refused.content.decode()
    assert Authenticator.objects.filter(user=grace, type="totp").exists()


def test_roles_without_the_rule_are_not_asked(client, grace, settings):
    settings.MFA_ROLES = ["publisher"]
    sign_in(client)
    assert is_in(client)


def test_an_administrator_takes_away_a_lost_factor_and_it_is_noted(client, admin, grace, secret):
    other = Client()
    sign_in(other)
    other.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    client.force_login(admin, "django.contrib.auth.backends.ModelBackend")
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    data = {"action": "reset_factors", "_selected_action": [grace.pk]}
    client.post(reverse("admin:auth_user_changelist"), data)
    assert not Authenticator.objects.filter(user=grace).exists()
    assert not is_in(other)
    assert AuditEntry.objects.filter(name="ada", action="Deleted authenticator", about__contains="TOTP").exists()
    assert sign_in(other).url == HOME


@pytest.mark.parametrize("name", sorted(OWN - {"account_login", "account_logout"}))
@pytest.mark.parametrize("method", ["get", "post"])
def test_pages_of_ones_own_are_for_who_is_signed_in(client, name, method):
    url = reverse(name, args=[1] if name in {"mfa_remove_webauthn", "mfa_edit_webauthn"} else [])
    assert getattr(client, method)(url).url.startswith(reverse("admin:login"))


def test_nobody_touches_the_factor_of_somebody_else(client, grace, secret, django_user_model):
    key = Authenticator.objects.create(user=grace, type="webauthn", data={"name": "Key", "credential": {}})
    django_user_model.objects.create_user("eve", password=PASSWORD, is_staff=True)
    sign_in(client, "eve")
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    for name in ("mfa_remove_webauthn", "mfa_edit_webauthn"):
        assert client.post(reverse(name, args=[key.pk]), {"name": "Mine"}).status_code == 404


# ---- signing in again -----------------------------------------------------------------------------------------------

CHANGES = [
    reverse_name
    for model in ("auth_user", "books_apitoken", "books_webhookendpoint", "books_modelprice")
    for reverse_name in (f"{model}_add", f"{model}_changelist")
]


@pytest.mark.parametrize("name", CHANGES)
def test_roles_tokens_endpoints_and_prices_change_after_signing_in_again(client, grace, name):
    """Which whoever just signed in has done."""
    sign_in(client)
    url, data = reverse(f"admin:{name}"), {"action": "x", "_selected_action": "1", "name": "Tutor"}
    assert client.post(url, data).status_code == 200 or not name.endswith("_add")
    signed_in_long_ago(client)
    asked = client.post(url, data)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.post(url, data).status_code in {200, 302}
    assert "again" not in client.post(url, data).headers.get("Location", "")


def test_a_form_goes_on_where_it_was_but_no_password_waits_in_a_session(client, grace):
    sign_in(client)
    signed_in_long_ago(client)
    token = reverse("admin:books_apitoken_add")
    asked = client.post(token, {"name": "Tutor", "scopes": ["published"]})
    done = client.post(asked.url, {"password": PASSWORD, "next": token})
    assert "Copy this now" in done.content.decode()
    signed_in_long_ago(client)
    client.post(reverse("admin:auth_user_add"), {"username": "eve", "password1": "leaks-1", "password2": "leaks-1"})
    assert all("leaks-1" not in str(each.get_decoded()) for each in Session.objects.all())


# ---- sessions -------------------------------------------------------------------------------------------------------


def aged(client, name: str, seconds: float) -> None:
    session = client.session
    session[name] = time.time() - seconds
    session.save()


@pytest.mark.parametrize(("name", "said"), [(SEEN, "did nothing for 30 minutes"), (BEGUN, "signed in for 8 hours")])
def test_a_session_ends_unused_and_ends_in_any_case(client, grace, settings, name, said):
    settings.SESSION_IDLE_MINUTES, settings.SESSION_HOURS = 30, 8
    sign_in(client)
    aged(client, SEEN, 1700)
    assert is_in(client)
    aged(client, name, 8 * 3600 + 1)
    page = client.get(HOME, follow=True)
    assert page.redirect_chain[-1][0].startswith(reverse("admin:login"))
    assert said in page.content.decode()
    assert not Session.objects.filter(person=grace).exists()


@pytest.mark.parametrize(("hours", "days"), [("8", 14), ("1000", 1000 / 24)])
def test_a_session_lasts_as_long_as_is_said_and_no_less_than_it_takes_to_say_why_it_ended(hours, days):
    asked = "from django.conf import settings; print(settings.SESSION_COOKIE_AGE)"
    given = {**os.environ, "SESSION_HOURS": hours, "DJANGO_SETTINGS_MODULE": "bookpipeline.settings"}
    done = subprocess.run([sys.executable, "-c", asked], env=given, capture_output=True, check=True, text=True)
    assert int(done.stdout) == days * 24 * 3600


def test_what_a_page_asks_for_by_itself_keeps_no_session_open(client, grace, settings):
    sign_in(client)
    aged(client, SEEN, 1700)
    before = client.session[SEEN]
    client.get(HOME, HTTP_HX_REQUEST="true")
    assert client.session[SEEN] == before
    client.get(HOME)
    assert client.session[SEEN] > before


def test_a_person_sees_their_sessions_and_ends_the_others(client, grace):
    other = Client(headers={"user-agent": "Lynx on a train"})
    sign_in(other)
    sign_in(client)
    page = client.get(reverse("usersessions_list")).content.decode()
    assert "Lynx on a train" in page
    client.post(reverse("usersessions_list"))
    assert is_in(client)
    assert not is_in(other)


def test_who_may_not_see_the_screens_is_told_so(client, django_user_model):
    django_user_model.objects.create_user("visitor", password=PASSWORD)
    page = client.post(reverse("admin:login"), {"login": "visitor", "password": PASSWORD}, follow=True)
    assert "may not see these screens" in page.content.decode()
    visitor = Client()
    visitor.force_login(django_user_model.objects.get(), "django.contrib.auth.backends.ModelBackend")
    assert visitor.get(HOME, follow=True).status_code == 200
