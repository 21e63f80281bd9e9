"""The roles are there after `migrate`, also twice, also beside what people changed."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from books.roles import ROLES, make_roles

pytestmark = pytest.mark.django_db


def held(role: str) -> set[str]:
    return {
        f"{each.content_type.app_label}.{each.codename}"
        for each in Permission.objects.filter(group__name=role).select_related("content_type")
    }


@pytest.mark.parametrize("role", ROLES)
def test_a_fresh_database_has_each_role_with_all_its_permissions(role):
    assert held(role) == ROLES[role]


def test_migrating_again_completes_a_role_and_keeps_what_a_person_added():
    role = Group.objects.get(name="publisher")
    role.permissions.remove(Permission.objects.get(codename="publish_guideline"))
    role.permissions.add(Permission.objects.get(codename="add_book"))
    Group.objects.get(name="uploader").delete()
    call_command("migrate", verbosity=0)
    assert held("publisher") == ROLES["publisher"] | {"books.add_book"}
    assert held("uploader") == ROLES["uploader"]
    assert Group.objects.count() == len(ROLES)


def test_what_is_not_migrated_yet_is_left_for_later():
    Permission.objects.filter(codename="view_modelcall").delete()
    make_roles(apps)
    assert held("reviewer") == ROLES["reviewer"] - {"books.view_modelcall"}


def test_nobody_but_an_administrator_deletes_books_or_tends_people():
    for role in set(ROLES) - {"administrator"}:
        assert not {
            each for each in ROLES[role] if each.split(".")[1].startswith("delete_") or each.startswith("auth.")
        }
