from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from books.models import (
    Announcement,
    ApiToken,
    Assignment,
    Book,
    Comment,
    Delivery,
    ExpectedFile,
    GuidelineImport,
    ModelCall,
    ModelPrice,
    Proposal,
    ProviderProfile,
    PublishedSet,
    StageModel,
    WebhookDelivery,
    WebhookEndpoint,
)
from books.publishing.post import new_secret
from jobs import actions
from jobs.models import Job
from jobs.progress import refresh_progress
from jobs.states import ItemState, JobStatus
from tests.admin.addresses import PEOPLE
from tests.factories import (
    WHITE,
    BookFactory,
    ItemFactory,
    JobFactory,
    ReadPageFactory,
    SubtopicFactory,
    TopicFactory,
)


@pytest.fixture(autouse=True)
def woken(monkeypatch) -> list[str]:
    """What the queue was asked, instead of a queue."""
    asked: list[str] = []
    monkeypatch.setattr(actions, "enqueue_slice", lambda job_id, _load: asked.append(str(job_id)))
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


@pytest.fixture
def facts(book) -> dict[str, Any]:
    """What addresses are about."""
    return facts_of(book)


def facts_of(book: Book) -> dict[str, Any]:
    page = ReadPageFactory(book=book, number=1)
    delivery = Delivery.objects.create(book=book, image_bytes=9, touched_at=timezone.now())
    subtopic = SubtopicFactory(topic=TopicFactory(book=book))
    grace = get_user_model().objects.create_user("grace")
    return {
        "book": book.pk,
        "page": 1,
        "reading": page.reading_id,
        "subtopic": subtopic.pk,
        "topic": subtopic.topic_id,
        "history": subtopic.history.get().history_id,
        "change": subtopic.history.get().change_id,
        "proposal": Proposal.objects.create(
            book=book, kind="order_topics", subject="order:topics", before={"order": []}, after={"order": []}
        ).pk,
        "version": PublishedSet.objects.create(book=book, version=1, made_at=timezone.now()).version,
        "job": JobFactory(book=book, status=JobStatus.COMPLETED).pk,
        "received": GuidelineImport.objects.create(book=book, name="g.json", document={"rows": []}, seen_change=0).pk,
        "delivery": delivery.pk,
        "expected": ExpectedFile.objects.create(delivery=delivery, place=0, name="a.png", size=len(WHITE)).pk,
        "modelcall": ModelCall.objects.create(book=book, stage="digest", outcome="answered").pk,
        "modelprice": ModelPrice.objects.create(model="m", input=1, cached_input=1, output=1).pk,
        **_readers(grace),
        "stagemodel": StageModel.objects.create(stage="digest", model="m").pk,
        "providerprofile": ProviderProfile.objects.create(provider="openai", model="m").pk,
        "assignment": Assignment.objects.create(book=book, person=grace).pk,
        "comment": Comment.objects.create(book=book, page=page, text="Look again.").pk,
        "user": grace.pk,
        "group": Group.objects.get(name="uploader").pk,
        "app": "books",
    }


def _readers(owner: Any) -> dict[str, Any]:
    endpoint = WebhookEndpoint.objects.create(url="https://localhost/", secret=new_secret())
    said = Announcement.objects.create(
        happening="guidelines.published",
        book_number=1,
        version=1,
        guidelines=1,
        written=1,
        removed=0,
        made_at=timezone.now(),
    )
    delivery = WebhookDelivery.objects.create(endpoint=endpoint, announcement=said)
    token = ApiToken.objects.create(name="Tutor", sha256="0" * 64, owner=owner)
    return {"apitoken": token.pk, "webhookendpoint": endpoint.pk, "webhookdelivery": delivery.pk}


@pytest.fixture
def people(db, settings, django_user_model) -> dict[str, Client]:
    """A client a kind of person, signed in without a row for the session."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    clients = {"n": Client()}
    for letter, role in list(PEOPLE.items())[1:]:
        person = django_user_model.objects.create_user(f"the-{letter}", is_staff=True)
        person.groups.set(Group.objects.filter(name=role))
        clients[letter] = Client()
        clients[letter].force_login(person, "django.contrib.auth.backends.ModelBackend")
    return clients
