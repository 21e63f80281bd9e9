"""What the site leaves out."""

from __future__ import annotations

import pytest
from django.contrib import admin as contrib_admin


def test_no_screen_can_schedule_any_function():
    assert [model for model in contrib_admin.site._registry if model._meta.app_label == "django_q"] == []


@pytest.mark.django_db
def test_the_queues_screens_are_gone(client, admin):
    client.force_login(admin)
    assert client.get("/admin/django_q/schedule/add/").status_code == 404
