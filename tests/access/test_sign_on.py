"""Single sign-on with a real provider over HTTP: who comes in, with which rights, and what happens when it fails."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import requests
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse, reverse_lazy

from bookpipeline.accounts import roles_in
from books.roles import ROLES
from tests import oidc

pytestmark = pytest.mark.django_db
START = "/accounts/oidc/sso/login/"


@pytest.fixture(scope="module")
def server():
    with oidc.running_provider() as provider:
        yield provider


@pytest.fixture
def provider(server):
    server.begin_anew()
    return server


@pytest.fixture
def people(django_user_model):
    return django_user_model.objects


def sign_on(client, **form):
    """The way of the browser: our button, the provider, and back; the page that it ends on."""
    away = client.post(START, form)
    assert away.status_code == 302
    back = requests.get(away.url, allow_redirects=False, timeout=10).headers["Location"]
    return client.get(back.removeprefix("http://testserver"), follow=True)


def test_there_is_none_without_a_provider(client):
    assert client.post(START).status_code == 404
    assert "sign-on" not in client.get(reverse("admin:login")).content.decode()


def test_somebody_new_comes_in_without_any_right(client, provider, settings, people):
    oidc.use(settings, provider)
    assert "Continue with Example" in client.get(reverse("admin:login")).content.decode()
    page = sign_on(client)
    assert "Your account has no role yet" in page.content.decode()
    grace = people.get()
    assert (grace.username, grace.email, grace.is_superuser) == ("grace", "grace@example.org", False)
    assert grace.get_all_permissions() == set()
    assert not grace.has_usable_password()
    assert client.get(reverse("admin:books_book_changelist")).status_code == 403


def test_with_a_role_given_the_same_person_comes_back_to_where_they_were(client, provider, settings, people):
    oidc.use(settings, provider)
    sign_on(client)
    people.get().groups.add(Group.objects.get(name="uploader"))
    client.logout()
    page = sign_on(client, next=reverse("admin:books_book_changelist"))
    assert page.redirect_chain[-1][0] == reverse("admin:books_book_changelist")
    assert page.status_code == 200
    assert people.count() == 1


def test_a_name_and_an_address_that_are_here_already_give_nobody_their_rights(client, provider, settings, people):
    ada = people.create_superuser("grace", "grace@example.org")
    oidc.use(settings, provider)
    assert "no role yet" in sign_on(client).content.decode()
    newcomer = people.exclude(pk=ada.pk).get()
    assert newcomer.username != "grace"
    assert newcomer.get_all_permissions() == set()


def test_roles_come_and_go_with_the_claim(client, provider, settings, people):
    oidc.use(settings, provider, OIDC_ROLE_CLAIM="realm_access.roles")
    provider.person["realm_access"] = {"roles": ["reviewer", "publisher", "superuser"]}
    sign_on(client)
    grace = people.get()
    grace.groups.add(Group.objects.create(name="of our own"))
    assert roles_of(grace) == {"reviewer", "publisher", "of our own"}
    provider.person["realm_access"] = {"roles": ["uploader"]}
    client.logout()
    sign_on(client)
    assert roles_of(grace) == {"uploader", "of our own"}
    del provider.person["realm_access"]
    client.logout()
    sign_on(client)
    assert roles_of(grace) == {"of our own"}
    assert not people.get().is_superuser


def roles_of(person) -> set[str]:
    return set(person.groups.values_list("name", flat=True))


@pytest.mark.parametrize(
    ("said", "roles"),
    [
        ("uploader", set()),
        ("uploader, reviewer", set()),
        (["administrator", 7, "root"], {"administrator"}),
        ({"uploader": True}, set()),
        (None, set()),
        (17, set()),
    ],
)
def test_claims_in_many_forms(said, roles):
    names = {name: name for name in ROLES}
    assert roles_in({"userinfo": {"roles": said}}, "roles", names) == roles
    assert roles_in({"id_token": {"a": {"roles": said}}}, "a.roles", names) == roles


TROUBLES = [{"refuses": True}, {"claims": {"aud": "somebody-else"}}, {"forgets": True}, {"person": {}}]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_whatever_fails_ends_at_the_login_with_a_sentence(client, provider, settings, people, said, trouble):
    oidc.use(settings, provider)
    for name, value in trouble.items():
        setattr(provider, name, value)
    page = sign_on(client)
    assert page.redirect_chain[-1][0] == reverse("admin:login")
    assert "You were not signed on" in said(page)[0]
    assert not people.exists()


def test_a_provider_that_does_not_answer_is_no_error_of_ours(client, provider, settings, said):
    oidc.use(settings, provider)
    app = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]
    app["settings"]["server_url"] = "http://127.0.0.1:9/"
    page = client.post(START, follow=True)
    assert page.redirect_chain[-1][0] == reverse("admin:login")
    assert "You were not signed on" in said(page)[0]


def test_an_answer_that_nobody_asked_for_is_refused(client, provider, settings, people, said):
    oidc.use(settings, provider)
    page = client.get(f"{START}callback/?code=stolen&state=invented", follow=True)
    assert "You were not signed on" in said(page)[0]
    assert not people.exists()


def test_who_was_switched_off_stays_out(client, provider, settings, people, said):
    oidc.use(settings, provider)
    sign_on(client)
    people.update(is_active=False)
    client.logout()
    assert "switched off" in said(sign_on(client))[0]
    assert client.get(reverse("admin:index")).status_code == 302


# ---- again, before roles, tokens and prices change -------------------------------------------------------------------

TOKEN = reverse_lazy("admin:books_apitoken_add")
CHOSEN = {"name": "Tutor", "scopes": ["published"]}


@pytest.fixture
def grace(client, provider, settings, people):
    """Who signed on here through a session of an hour at the provider."""
    oidc.use(settings, provider)
    sign_on(client)
    people.get().groups.set(Group.objects.filter(name="administrator"))
    return client


def test_who_only_signs_on_does_so_again_at_the_provider_and_the_form_goes_on(grace, provider):
    asked = grace.post(TOKEN, CHOSEN)
    assert asked.url.startswith(reverse("account_sign_on_again"))
    assert "Sign on again with Example" in grace.get(asked.url).content.decode()
    before = grace.session.session_key
    page = sign_on(grace, process="again", next=str(TOKEN))
    assert "Copy this now" in page.content.decode()
    assert grace.session.session_key == before
    assert grace.post(TOKEN, CHOSEN).status_code == 200


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        ({"never_asks": True}, "did not ask who you are"),
        ({"never_asks": True, "proved_at": None}, "did not ask who you are"),
        ({"person": {"sub": "2", "preferred_username": "eve"}}, "somebody else signed on"),
    ],
)
def test_nothing_but_their_own_fresh_sign_on_confirms_it(grace, provider, people, said, trouble, sentence):
    for name, value in trouble.items():
        setattr(provider, name, value)
    page = sign_on(grace, process="again", next=str(TOKEN))
    assert sentence in said(page)[0]
    assert page.wsgi_request.user == people.get()
    assert grace.post(TOKEN, CHOSEN).status_code == 302
    assert grace.get(reverse("mfa_activate_totp")).url.startswith(reverse("account_sign_on_again"))


def test_who_proved_at_the_provider_who_they_are_a_moment_ago_is_not_asked(client, grace, provider):
    client.logout()
    provider.proved_at += 3500
    sign_on(client)
    assert client.post(TOKEN, CHOSEN).status_code == 200


def test_who_comes_by_a_provider_that_never_says_when_is_not_asked(client, provider, settings, people):
    """They could never answer; docs/operations.md says so."""
    oidc.use(settings, provider)
    provider.proved_at = None
    sign_on(client)
    people.get().groups.set(Group.objects.filter(name="administrator"))
    assert client.post(TOKEN, CHOSEN).status_code == 200


def test_no_other_page_can_sign_somebody_on_here(client, provider, settings):
    """Neither by a link nor by a form of its own."""
    oidc.use(settings, provider)
    assert client.get(START).status_code == 405
    assert Client(enforce_csrf_checks=True).post(START).status_code == 403


def test_the_environment_alone_switches_it_on():
    environment = {
        **os.environ,
        "OIDC_SERVER_URL": "https://id.example.org/realms/books",
        "OIDC_CLIENT_ID": "a",
        "OIDC_CLIENT_SECRET": "b",
        "DEBUG": "false",
    }
    code = (
        "import bookpipeline.settings as s; [app] = s.SOCIALACCOUNT_PROVIDERS['openid_connect']['APPS'];"
        "print(app['client_id'], app['settings']['server_url'], s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    )
    printed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert printed.stdout.split(maxsplit=2) == [
        "a",
        "https://id.example.org/realms/books",
        "[\"'self'\", 'https://id.example.org']\n",
    ]
