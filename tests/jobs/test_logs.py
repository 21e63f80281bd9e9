"""Each line of a job's work says which job, book, stage and page it is about."""

from __future__ import annotations

import io
import json
import logging
import re
import time
from logging.config import DictConfigurator

import pytest
from django.conf import settings
from django.db import OperationalError

from jobs import runner
from jobs.actions import cancel, start_job
from jobs.errors import JobError
from jobs.logs import item_context, job_context
from jobs.models import Item
from jobs.runner import run_slice, run_to_end
from jobs.states import Load
from tests.jobs.rig import KIND, RigStage, raises

pytestmark = pytest.mark.django_db(transaction=True)
work_log = logging.getLogger("tests.work")


@pytest.fixture
def lines(monkeypatch):
    """What the product's own JSON formatter and filter make of the log so far, parsed line by line."""
    monkeypatch.setattr(runner, "IDLE_SECONDS", 0.01)
    product = DictConfigurator(settings.LOGGING)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(product.configure_formatter(product.config["formatters"]["json"]))
    handler.addFilter(product.configure_filter(product.config["filters"]["job"]))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


def says(item: Item) -> str:
    work_log.info("at work")
    return item.label


def test_lines_of_an_items_work_name_job_book_stage_and_page(rig, book, stage, lines):
    stage.scripts = dict.fromkeys(stage.keys, says)
    job = run_to_end(start_job(book.pk, KIND).pk)
    about_work = [line for line in lines() if line["message"] == "at work"]
    assert [line["page"] for line in about_work] == [line["item"] for line in about_work] == ["1", "2", "3"]
    for line in about_work:
        assert (line["job"], line["book"], line["kind"], line["stage"]) == (str(job.pk), book.pk, KIND, "first")
        assert (line["levelname"], line["name"]) == ("INFO", "tests.work")
        assert line["asctime"]


def test_threads_do_not_mix_their_items_up(rig, book, lines):
    keys = [str(number) for number in range(12)]
    stage = RigStage("first", load=Load.IO, concurrency=4, keys=keys)
    stage.scripts = {key: lambda item: work_log.info("is %s", item.label) for key in keys}
    rig(stage)
    run_to_end(start_job(book.pk, KIND).pk)
    about_work = [line for line in lines() if line["message"].startswith("is ")]
    assert len(about_work) == 12
    assert all(line["message"] == f"is {line['page']}" for line in about_work)


def test_a_failure_is_logged_with_its_page(rig, book, stage, lines):
    stage.unit = "subtopic"
    stage.scripts["2"] = raises(JobError("No."))
    run_to_end(start_job(book.pk, KIND).pk)
    (line,) = [line for line in lines() if line["message"] == "item failed"]
    assert (line["levelname"], line["subtopic"], line["code"], line["attempts"]) == ("ERROR", "2", "job_error", 1)


def test_lines_of_the_job_alone_name_no_item(rig, book, stage, lines):
    stage.scripts = dict.fromkeys(stage.keys, says)
    run_to_end(start_job(book.pk, KIND).pk)
    moved = [line for line in lines() if line["message"] == "job moved"]
    assert {line["to"] for line in moved} == {"running", "completed"}
    assert all(line["job"] and line["book"] and line["kind"] and "item" not in line for line in moved)


def test_what_is_logged_about_a_job_outside_its_work_names_it_too(rig, book, stage, lines):
    """Lines of a cancellation, of the sweep and of a heartbeat named the job and neither its book nor its kind."""
    job = start_job(book.pk, KIND)
    cancel(job.pk)
    (line,) = [line for line in lines() if line["message"] == "job moved"]
    assert (line["job"], line["book"], line["kind"]) == (str(job.pk), book.pk, KIND)


def test_a_heartbeat_that_fails_names_its_job(rig, book, stage, lines, monkeypatch, settings):
    def away(*_: object) -> bool:
        raise OperationalError("away")

    settings.JOB_HEARTBEAT_SECONDS = 0.05
    monkeypatch.setattr("jobs.heartbeat.beat", away)
    stage.scripts["1"] = lambda item: time.sleep(0.5) or item.label
    job = start_job(book.pk, KIND)
    run_slice(job.pk)
    failed = [line for line in lines() if line["message"].startswith("heartbeat failed")]
    assert failed
    assert all((line["job"], line["kind"]) == (str(job.pk), KIND) for line in failed)


def test_what_a_line_says_itself_stands(rig, book, stage, lines):
    job = start_job(book.pk, KIND)
    item = job.items.first()
    with job_context(job), item_context(item, stage):
        work_log.info("about another", extra={"item": "99"})
    work_log.info("outside")
    about, outside = lines()[-2:]
    assert (about["item"], about["page"], about["job"]) == ("99", "1", str(job.pk))
    assert not {"item", "page", "job"} & set(outside)


TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.mark.parametrize(
    ("headers", "request_id", "trace"),
    [
        ({"X-Request-ID": "abc-1", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}, "abc-1", TRACE),
        ({"X-Request-ID": "a b\u2028c", "traceparent": "00-short-01"}, None, None),
        ({}, None, None),
    ],
)
def test_lines_of_a_request_name_it_and_its_trace(client, lines, headers, request_id, trace):
    """What somebody sends as an id is one, or another is made."""
    answer = client.get("/api/books/1", headers=headers)
    (line,) = [line for line in lines() if line["name"] == "django.request"]
    assert line["request_id"] == answer.headers["X-Request-ID"] == (request_id or line["request_id"])
    assert line.get("trace_id") == trace
    assert re.fullmatch(r"[\w.-]{1,64}", line["request_id"])
