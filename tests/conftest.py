"""Fixtures that every room's tests may use."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.nodeid import NodeId
from django.contrib.auth import get_user_model

if TYPE_CHECKING:
    from storages.backends.s3 import S3Storage

SAMPLE = Path(__file__).resolve().parent.parent / "samples" / "prealgebra"


# What takes longest is begun with, so that no worker ends alone with it.
LONGEST = ("browser", "processes", "readme")


@pytest.hookimpl(tryfirst=True, specname="pytest_collection_modifyitems")
def pytest_group(items: list[pytest.Item]) -> None:
    """Tests that share a fixture of their module go to one worker of xdist: else each worker made it."""
    for item in items:
        fixtures = getattr(item, "_fixtureinfo").name2fixturedefs.values()  # noqa: B009 - pytest names no other way
        if any(found[-1].scope == "module" for found in fixtures) and not _group(item):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """xdist 3.8 names a test's group where pytest 9.2 no longer looks, so that every group went to all workers."""
    for item in items:
        grouped = vars(item).get("_nodeid")
        if grouped:
            item._id = NodeId.parse(grouped)
    turns = [*LONGEST, *sorted({_group(item) for item in items} - {*LONGEST, ""}), ""]
    items.sort(key=lambda item: turns.index(_group(item)))


def pytest_collection_finish() -> None:
    """What thousands of tests are made of is not looked through for garbage again and again."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def _group(item: pytest.Item) -> str:
    mark = item.get_closest_marker("xdist_group")
    return str(mark.args[0]) if mark else ""


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> None:
    from django.test import TransactionTestCase

    from tests.restoring import as_migrated

    with django_db_blocker.unblock():
        put_back = as_migrated()
    TransactionTestCase._fixture_teardown = lambda _case: put_back()


@pytest.fixture(scope="session")
def migrate_file(django_db_setup) -> Callable[[Path], None]:
    """Makes a migrated database of SQLite, for processes that have one of their own."""
    from tests.restoring import copy_to

    return copy_to


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    """Files of one test in a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    storages = {**settings.STORAGES}
    options = {"location": str(settings.MEDIA_ROOT), "allow_overwrite": True}
    storages["default"] = {**storages["default"], "OPTIONS": options}
    settings.STORAGES = storages


@pytest.fixture(autouse=True)
def _stage_models():
    """What a test says of the stages' models is gone with it, as its rows are."""
    from books.ledger.choices import forget_stage_models

    yield
    forget_stage_models()


@pytest.fixture
def sample() -> Path:
    return SAMPLE


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    """Its address."""
    from tests import s3

    with s3.running_server() as address:
        yield address


@pytest.fixture
def bucket(s3_server, settings, monkeypatch) -> Iterator[S3Storage]:
    """The product's storage, empty again after the test: what is kept in servers of one process is shared by them."""
    from tests import s3

    storage = s3.bucket_of(settings, monkeypatch, s3_server)
    yield storage
    s3.empty(storage)


@pytest.fixture
def admin(db):
    return get_user_model().objects.create_superuser("ada", "ada@example.org", "a-long-password-1")


@pytest.fixture
def screens(client, admin):
    """A client logged in as somebody who may do everything."""
    client.force_login(admin)
    return client


@pytest.fixture
def receiver(settings):
    """Of webhooks, on this machine."""
    from tests.receiver import listening

    settings.WEBHOOKS_MAY_STAY_INSIDE = True
    with listening() as receiver:
        yield receiver


@pytest.fixture
def endpoint(receiver):
    from books.models import WebhookEndpoint
    from books.publishing.post import new_secret

    return WebhookEndpoint.objects.create(url=receiver.url, secret=new_secret())
