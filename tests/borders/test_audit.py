"""What people may do and what they did: the audit says it by name, and nobody takes it back."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db.models import ProtectedError
from django.test import Client
from django.urls import reverse

from books.models import ApiToken, AuditEntry, ModelPrice, ReviewStatus, WebhookEndpoint
from tests.factories import SubtopicFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator():
    return signed_in(person("mallory", "administrator"))


def person(name, *roles):
    made = User.objects.create_user(name, is_staff=True)
    made.groups.set(Group.objects.filter(name__in=roles))
    return made


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def audit(client, **asked):
    return client.get(reverse("admin:books_audit"), asked).content.decode()


def facts_of(user, **changed):
    facts = {"username": user.username, "is_active": "on", "is_staff": "on"}
    facts |= {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    facts |= {"groups": list(user.groups.values_list("pk", flat=True))} | changed
    return {name: value for name, value in facts.items() if value is not None}


def test_nobody_takes_her_deeds_away_with_herself(administrator):
    """An administrator made a second one, who acted and deleted herself: her log went with her, and her edits read as
    made by "job"."""
    passwords = {"password1": "a-long-password-1", "password2": "a-long-password-1"}
    administrator.post(reverse("admin:auth_user_add"), {"username": "eve", "usable_password": "true", **passwords})
    eve = User.objects.get(username="eve")
    change = reverse("admin:auth_user_change", args=[eve.pk])
    role = Group.objects.get(name="administrator").pk
    administrator.post(change, facts_of(eve, groups=[role]))
    eve.set_unusable_password()  # else it is asked for before a price changes
    eve.save()
    hers = signed_in(eve)
    row = SubtopicFactory(status=ReviewStatus.PENDING_REVIEW)
    hers.post(
        f"/api/books/{row.topic.book_id}/subtopics/{row.pk}/approve",
        {"revision": row.revision},
        content_type="application/json",
    )
    hers.post(reverse("admin:books_modelprice_add"), {"model": "m", "input": 1, "cached_input": 1, "output": 1})
    before = audit(hers, person="eve")
    assert hers.post(reverse("admin:auth_user_delete", args=[eve.pk]), {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [eve.pk], "post": "yes"}
    hers.post(reverse("admin:auth_user_changelist"), chosen)
    administrator.post(change, facts_of(eve, username="zoe", is_active=None))
    eve.refresh_from_db()
    assert (eve.username, eve.is_active) == ("zoe", False)
    lines = audit(administrator, person="eve")
    for deed in ("approved", "added model price", "signed in"):
        assert deed in before
        assert deed in lines
    whole = audit(administrator)
    assert "<strong>job</strong>" not in whole
    for deed in ("added user “eve”", "+ administrator", "eve → zoe", "yes → no"):
        assert deed in whole


def test_no_command_deletes_who_is_in_the_audit():
    """The rows of a person who did something hold the person."""
    eve = person("eve")
    signed_in(eve)
    with pytest.raises(ProtectedError):
        eve.delete()


def test_people_are_deactivated_in_the_list(administrator):
    """The list offered to delete them instead."""
    eve = person("eve", "reviewer")
    url = reverse("admin:auth_user_changelist")
    page = administrator.get(url).content.decode()
    assert "delete_selected" not in page
    me = User.objects.get(username="mallory")
    administrator.post(url, {"action": "deactivate", "_selected_action": [eve.pk, me.pk]})
    assert dict(User.objects.values_list("username", "is_active")) == {"eve": False, "mallory": True}
    assert "yes → no" in AuditEntry.objects.get(about="“eve”", action="Changed user", detail__contains="active").detail


def test_an_administrator_deactivates_no_superuser(administrator):
    root = User.objects.create_superuser("root")
    chosen = {"action": "deactivate", "_selected_action": [root.pk]}
    administrator.post(reverse("admin:auth_user_changelist"), chosen)
    assert User.objects.get(pk=root.pk).is_active


def acts(client):
    """Everything by which an administrator changes a right, a token, an endpoint, a price or a person."""
    eve = person("eve", "reviewer")
    endpoint = WebhookEndpoint.objects.create(url="https://tutor.example.org/", secret="whsec_old")
    token = ApiToken.objects.create(name="Tutor", sha256="0" * 64, beginning="bpt_0", owner=eve)
    price = ModelPrice.objects.create(model="m", input=1, cached_input=1, output=1)
    prices = {"model": "m", "input": 2, "cached_input": 1, "output": 1}
    hook = {"url": "https://other.example.org/", "happenings": ["guidelines.published"], "is_active": "on"}
    words = {"password1": "a-long-password-1", "password2": "a-long-password-1", "usable_password": "true"}
    book = SubtopicFactory().topic.book

    def post(name, /, *args, **data):
        return lambda: client.post(reverse(f"admin:{name}", args=args), data)

    def chosen(model, action, row):
        return post(f"{model}_changelist", action=action, _selected_action=[row.pk])

    return {
        "Added user “ann”": post("auth_user_add", username="ann", **words),
        "Changed user “eve” roles: - reviewer": post("auth_user_change", eve.pk, **facts_of(eve, groups=[])),
        "Changed user “eve” password changed": post("auth_user_password_change", eve.pk, **words),
        "Added API token": post("books_apitoken_add", name="Other", scopes=["published"]),
        "Changed API token “Tutor": chosen("books_apitoken", "take_back", token),
        "Added webhook endpoint": post("books_webhookendpoint_add", **hook),
        "Changed webhook endpoint “https://tutor": chosen("books_webhookendpoint", "renew", endpoint),
        "Deleted webhook endpoint “https://tutor": post("books_webhookendpoint_delete", endpoint.pk, post="yes"),
        "Added model price": post("books_modelprice_add", **prices | {"model": "n"}),
        "Changed model price “m”": post("books_modelprice_change", price.pk, **prices),
        "Deleted model price “m”": post("books_modelprice_delete", price.pk, post="yes"),
        "spending cap: none → 5": post(
            "books_book_change", book.pk, title=book.title, language="eng", access="all", spending_cap="5"
        ),
    }


def test_whatever_changes_a_right_a_token_an_endpoint_a_price_or_a_person_is_noted_by_us(administrator):
    """Django's log had the one half and went with its person, the actions of the lists were noted nowhere."""
    for entry, act in acts(administrator).items():
        assert act().status_code in {200, 302}
        found = [
            " ".join([each.action, each.about, each.detail])
            for each in AuditEntry.objects.filter(name="mallory", outcome="done")
        ]
        assert any(entry in each for each in found), (entry, found)
        told = entry[:1].lower() + entry[1:]
        assert told.split(" roles")[0].split(" password")[0] in audit(administrator)


def test_no_secret_is_noted(administrator):
    for act in acts(administrator).values():
        act()
    said = str(list(AuditEntry.objects.values_list("about", "detail")))
    kept = [*User.objects.values_list("password", flat=True), *ApiToken.objects.values_list("sha256", flat=True)]
    assert not [secret for secret in [*kept, "whsec_", "a-long-password-1"] if secret in said]


def test_what_a_command_changes_is_noted_too():
    call_command("createsuperuser", username="root", email="", interactive=False)
    entry = AuditEntry.objects.get(about="“root”")
    assert (entry.name, entry.action) == ("command line", "Added user")
