"""The API keeps to its own document: requests of every kind get an answer that it promises, and never a 500."""

from __future__ import annotations

import os

import pytest
import schemathesis
from django.contrib.auth import get_user_model
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase
from hypothesis import settings as trials
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from bookpipeline.wsgi import application
from jobs import actions
from jobs.states import JobStatus
from tests.factories import JobFactory, ReadPageFactory, SubtopicFactory, TopicFactory

# `make chaos` asks for more.
EXAMPLES = int(os.environ.get("API_EXAMPLES", "3"))
config = SchemathesisConfig()
config.projects.default.generation.update(modes=list(GenerationMode), with_security_parameters=False)
schema = schemathesis.openapi.from_wsgi("/api/openapi.json", application, config=config)
# Every other request is about something that is there.
CALLS = [0]
load_all_checks()
CHECKS = schemathesis.checks.CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)


@pytest.fixture
def somebody(db, monkeypatch):
    """The cookies of a person who may do everything, and what the paths can be about."""
    monkeypatch.setattr(actions, "enqueue_slice", lambda *_: None)
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("ada"))
    client.get("/admin/")
    page = ReadPageFactory(number=1)
    subtopic = SubtopicFactory(topic=TopicFactory(book=page.book))
    job = JobFactory(book=page.book, status=JobStatus.COMPLETED)
    known = {
        "book_id": page.book_id,
        "number": 1,
        "job_id": str(job.pk),
        "topic_id": subtopic.topic_id,
        "subtopic_id": subtopic.pk,
    }
    # As Django's own client does: the end of a request leaves the connection to the test.
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield client, known
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@schema.parametrize()
@trials(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_every_answer_is_one_that_the_document_promises(case, somebody):
    client, known = somebody
    if case.meta is not None and len(case.path_parameters) and CALLS[0] % 2:
        case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
    CALLS[0] += 1
    cookies = {name: morsel.value for name, morsel in client.cookies.items()}
    case.call_and_validate(cookies=cookies, headers={"X-CSRFToken": cookies["csrftoken"]}, checks=CHECKS)
