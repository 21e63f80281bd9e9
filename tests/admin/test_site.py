"""What the site leaves out, and that the tree is as it is said to be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin as contrib_admin
from django.contrib.staticfiles.finders import get_finders

from bookpipeline.storage import whole_sheet


def test_no_screen_of_a_package_can_schedule_any_function():
    assert contrib_admin.site.urls
    assert {model._meta.app_label for model in contrib_admin.site._registry} == {"auth", "books", "jobs"}


@pytest.mark.django_db
def test_the_queues_screens_are_gone(client, admin):
    client.force_login(admin)
    assert client.get("/admin/django_q/schedule/add/").status_code == 404


def test_no_line_of_a_template_is_too_long_to_be_read():
    found = [
        f"{path.name}:{number}"
        for path in Path(settings.BASE_DIR, "templates").rglob("*.html")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > 140
    ]
    assert found == []


NAMED = re.compile(r"`([\w./-]+\.(?:py|html|css|js|toml|md)|[a-z][\w-]*(?:/[\w-]+)*/)`")


def test_the_architecture_names_only_what_is_there():
    root = Path(settings.BASE_DIR)
    rooms = ("books", "bookpipeline", "jobs", "client", "docs", "tests", "templates", "static", "infra")
    there = [f"/{path.relative_to(root).as_posix()}" for room in rooms for path in (root / room).rglob("*")]
    named = NAMED.findall((root / "docs" / "architecture.md").read_text())
    assert len(named) > 80
    assert [name for name in named if not any(f"/{name}" in f"{path}/" for path in there)] == []


def test_the_sheet_of_the_screens_goes_out_whole_and_without_comments():
    found = (each for finder in get_finders() for each in finder.list([]))
    sheet = whole_sheet({path: (storage, path) for path, storage in found})
    assert ".book-head {" in sheet
    assert "--body-fg:" in sheet  # of Django's
    assert not {"/*", "@import"} & set(sheet.split())
    assert sheet.count("{") == sheet.count("}")
