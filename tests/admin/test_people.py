"""Administrators give roles and cannot make themselves more than that."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from books.admin.people import ROLE_WORDS
from books.roles import ROLES


@pytest.fixture
def administrator(client, person):
    somebody = person()
    somebody.groups.set(Group.objects.filter(name="administrator"))
    client.force_login(somebody)
    return client


def change(client, somebody, **more):
    data = {"username": somebody.username, "is_active": "on", "is_staff": "on", **more}
    dates = {"last_login_0": "", "last_login_1": "", "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}
    return client.post(reverse("admin:auth_user_change", args=[somebody.pk]), data | dates)


def test_an_administrator_gives_a_role(administrator, django_user_model):
    grace = django_user_model.objects.create_user("grace", is_staff=True)
    role = Group.objects.get(name="reviewer")
    assert change(administrator, grace, groups=[role.pk]).status_code == 302
    assert grace.has_perm("books.change_page")
    assert "reviewer" in administrator.get(reverse("admin:auth_user_changelist")).content.decode()


def test_what_a_role_may_do_stands_where_it_is_given(administrator, django_user_model):
    grace = django_user_model.objects.create_user("grace", is_staff=True)
    page = administrator.get(reverse("admin:auth_user_change", args=[grace.pk])).content.decode()
    assert page.count('name="groups"') == Group.objects.count()
    for name in ROLES:
        assert f"{name}: {ROLE_WORDS[name]}" in page.replace("&#x27;", "'")


def test_people_without_a_role_are_found_by_a_word(administrator):
    page = administrator.get("/admin/auth/user/").content.decode()
    assert "By roles" in page
    assert "no role" in page


def test_an_administrator_makes_nobody_a_superuser(administrator, django_user_model):
    grace = django_user_model.objects.create_user("grace", is_staff=True)
    change(administrator, grace, is_superuser="on", user_permissions=["1"])
    grace.refresh_from_db()
    assert not grace.is_superuser
    assert not grace.user_permissions.exists()


@pytest.mark.parametrize("screen", ["auth_user_change", "auth_user_password_change", "auth_user_delete"])
def test_an_administrator_has_no_hold_on_a_superuser(administrator, admin, screen):
    assert administrator.post(reverse(f"admin:{screen}", args=[admin.pk]), {"post": "yes"}).status_code == 403


def test_a_superuser_may_all_of_it(screens, django_user_model):
    grace = django_user_model.objects.create_user("grace")
    assert change(screens, grace, is_superuser="on").status_code == 302
    grace.refresh_from_db()
    assert grace.is_superuser


def test_who_is_added_may_sign_in_and_no_more(administrator, django_user_model):
    password = {"password1": "a-long-enough-1", "password2": "a-long-enough-1", "usable_password": "true"}
    administrator.post(reverse("admin:auth_user_add"), {"username": "grace", **password})
    grace = django_user_model.objects.get(username="grace")
    assert grace.is_staff
    assert not grace.get_all_permissions()
