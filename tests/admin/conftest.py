from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission

from books.models import Book
from jobs import queue
from jobs.constants import ItemState
from jobs.models import Job
from jobs.progress import refresh_progress
from tests.factories import BookFactory, ItemFactory, JobFactory


@pytest.fixture(autouse=True)
def woken(monkeypatch) -> list[str]:
    """What the queue was asked, instead of a queue."""
    asked: list[str] = []
    monkeypatch.setattr(queue, "enqueue_slice", lambda job_id, _load: asked.append(str(job_id)))
    return asked


@pytest.fixture
def admin(db):
    """Without a password: hashing one takes longer than most of these tests."""
    return get_user_model().objects.create_superuser("ada")


@pytest.fixture
def person(db):
    """Makes a member of staff with permissions such as "books.view_book"."""

    def make(*permissions: str, **attributes):
        name = f"person-{get_user_model().objects.count()}"
        user = get_user_model().objects.create_user(name, is_staff=True, **attributes)
        for permission in permissions:
            app, codename = permission.split(".")
            user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
        return user

    return make


@pytest.fixture
def screens(client, admin):
    """A client logged in as somebody who may do everything."""
    client.force_login(admin)
    return client


@pytest.fixture
def book(db) -> Book:
    return BookFactory(title="Prealgebra")


@pytest.fixture
def said():
    """The messages that a response, or the page after it, shows."""

    def messages(response) -> list[str]:
        return [str(message) for message in response.context["messages"]]

    return messages


@pytest.fixture
def job(book) -> Job:
    """Two pages of four are over, one of them failed."""
    job = JobFactory(book=book)
    for state in (ItemState.DONE, ItemState.FAILED, ItemState.PENDING, ItemState.PENDING):
        ItemFactory(job=job, state=state, attempts=1)
    refresh_progress(job)
    return job
