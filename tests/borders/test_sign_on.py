"""Where an OpenID provider's word meets an account here: whom it lets in, as whom, and with which rights."""

from __future__ import annotations

import re

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from books.models import AuditEntry
from tests import oidc

pytestmark = pytest.mark.django_db
START = "/accounts/oidc/sso/login/"
LIST = "/admin/books/book/"


@pytest.fixture(scope="module")
def server():
    with oidc.running_provider() as provider:
        yield provider


@pytest.fixture
def provider(server, settings):
    server.begin_anew()
    oidc.use(settings, server)
    return server


@pytest.fixture
def people(django_user_model):
    return django_user_model.objects


@pytest.fixture
def administrator(people):
    client = Client()
    somebody = people.create_user("boss", is_staff=True)
    somebody.groups.add(Group.objects.get(name="administrator"))
    client.force_login(somebody, "django.contrib.auth.backends.ModelBackend")
    return client


def sign_on(client, **form):
    """Our button, the provider, and back; the page that it ends on."""
    away = client.post(START, form)
    back = requests.get(away.url, allow_redirects=False, timeout=10).headers["Location"]
    return client.get(back.removeprefix("http://testserver"), follow=True)


def messages(page) -> list[str]:
    return [str(message) for message in page.context["messages"]]


def opens(client) -> bool:
    return client.get(reverse("admin:index")).status_code == 200


# ---- whose account it is --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("process", ["connect", "redirect", "anything"])
def test_a_sign_on_is_never_linked_to_the_account_one_is_signed_in_as(client, admin, provider, process):
    """A form with process=connect bound the foreign identity to the superuser, answered 500, and the link stayed."""
    client.force_login(admin, "django.contrib.auth.backends.ModelBackend")
    page = sign_on(client, process=process)
    assert page.status_code == 200
    assert "cannot be joined" in messages(page)[0]
    assert not SocialAccount.objects.exists()
    assert page.wsgi_request.user == admin


def test_a_link_is_seen_under_people_and_revoked_there(client, administrator, provider, people, settings):
    """Links were invisible and outlived a change of password; a revoked one opened what it had opened before."""
    sign_on(client)
    grace, link = people.get(username="grace"), SocialAccount.objects.get()
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"APPS": []}
    }  # one can be seen and revoked without its provider
    there = reverse("admin:auth_user_change", args=[grace.pk])
    shown = administrator.get(there).content.decode()
    assert "Single sign-on" in shown
    assert f"<p>{link.uid}</p>" in shown
    assert opens(client)
    assert administrator.post(there, revoked(grace, link)).status_code == 302
    assert not SocialAccount.objects.exists()
    assert not opens(client)
    told = AuditEntry.objects.get(action="revoke sign-on")
    assert (told.name, told.outcome) == ("boss", "done")
    assert "grace" in told.about


def revoked(somebody, link) -> dict[str, object]:
    """The form of a person's page with the link's box ticked."""
    name = "socialaccount_set"
    return {
        "username": somebody.username,
        "is_active": "on",
        "is_staff": "on",
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        f"{name}-TOTAL_FORMS": 1,
        f"{name}-INITIAL_FORMS": 1,
        f"{name}-0-id": link.pk,
        f"{name}-0-user": somebody.pk,
        f"{name}-0-DELETE": "on",
    }


def test_who_signs_on_after_a_link_was_revoked_is_somebody_new(client, provider, people):
    sign_on(client)
    people.get().groups.add(Group.objects.get(name="administrator"))
    SocialAccount.objects.all().delete()
    client.logout()
    assert "no role yet" in sign_on(client).content.decode()
    assert people.count() == 2


def test_reactivating_somebody_does_not_revive_their_old_session(client, administrator, people):
    """The row of the session stayed while its person was switched off, and opened again afterwards."""
    grace = people.create_user("grace", is_staff=True)
    client.force_login(grace, "django.contrib.auth.backends.ModelBackend")
    assert opens(client)
    there = reverse("admin:auth_user_change", args=[grace.pk])
    form = {"username": "grace", "is_staff": "on", "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    assert administrator.post(there, form).status_code == 302
    assert administrator.post(there, form | {"is_active": "on"}).status_code == 302
    assert people.get(pk=grace.pk).is_active
    assert not opens(client)
    assert opens(administrator)


# ---- with which rights ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        "administrator",
        "IT administrator",
        "not an administrator",
        "uploader,administrator",
        {"administrator": False},
        {"administrator": True},
        [["administrator"]],
        [{"administrator": True}],
        ["Administrator", " administrator", "administrators"],
        True,
        None,
    ],
    ids=repr,
)
def test_only_an_exact_member_of_a_list_gives_a_role(client, provider, settings, people, said):
    """A text that held the word, or an object with it as a key, gave the role."""
    settings.OIDC_ROLE_CLAIM = "roles"
    provider.person["roles"] = said
    sign_on(client)
    assert not people.get().groups.exists()


def test_the_providers_names_are_mapped_to_roles_by_the_settings(client, provider, settings, people):
    settings.OIDC_ROLE_CLAIM = "groups"
    settings.OIDC_ROLES = {"Books Editors": "reviewer", "boss": "superuser"}
    provider.person["groups"] = ["Books Editors", "boss", "administrator"]
    sign_on(client)
    assert [role.name for role in people.get().groups.all()] == ["reviewer"]


# ---- whether it is the provider's word ------------------------------------------------------------------------------

STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SECRET = "a secret of thirty-two characters"
OCT = {"kty": "oct", "k": "YSBzZWNyZXQgb2YgdGhpcnR5LXR3byBjaGFyYWN0ZXJz", "kid": "2"}
FORGERIES = {
    "unsigned": {"algorithm": "none", "key": None},
    "signed with the client's secret": {"algorithm": "HS256", "key": oidc.CLIENT[1] + " made longer, of 32"},
    "signed with a key that anybody can read": {"algorithm": "HS256", "key": SECRET, "kid": "2", "published": [OCT]},
    "signed by a stranger": {"key": STRANGER},
    "signed with a key unheard of": {"key": STRANGER, "kid": "3"},
    "by another issuer": {"claims": {"iss": "https://elsewhere.example.org"}},
    "that ended": {"claims": {"exp": 1}},
    "that never ends": {"claims": {"exp": None}},
    "for another question": {"claims": {"nonce": "of somebody else's sign-on"}},
    "without the question": {"claims": {"nonce": None}},
    "of another person than userinfo": {"claims": {"sub": "2"}},
    "of nobody": {"claims": {"sub": None}},
    "of a list": {"person": {"sub": "1", "preferred_username": ["grace"], "name": {"a": 1}}},
    "of too long a name": {"person": {"sub": "1" * 300}},
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_token_that_is_not_the_providers_answer_to_us_is_refused(client, provider, people, forgery):
    """The signature was not looked at, `sub` of userinfo was taken whatever the token said, and there was no nonce."""
    for name, value in FORGERIES[forgery].items():
        setattr(provider, name, value)
    page = sign_on(client)
    assert page.redirect_chain[-1][0] == reverse("admin:login")
    assert "You were not signed on" in messages(page)[0]
    assert not people.exists()


def test_each_sign_on_asks_with_a_nonce_of_its_own(client, provider):
    asked = [re.search(r"nonce=([\w-]+)", client.post(START).url) for _ in range(2)]
    assert asked[0]
    assert asked[1]
    assert asked[0][1] != asked[1][1]
