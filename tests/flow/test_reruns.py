"""Jobs that are run again: over an unchanged book they write nothing, and a person's work is only ever proposed to."""

from __future__ import annotations

import json
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from benchmarks import standin_answers as answers
from books.extraction.job import start_extraction, start_finalisation
from books.guidelines import review
from books.guidelines.changes import undo
from books.guidelines.proposals import accept, is_in_force
from books.intake.order import delete_pages
from books.models import Change, ModelCall, Page, Proposal, ProposalKind, ProposalState, ReviewStatus, Subtopic, Topic
from books.ocr.review import approve_pages, edit_text
from books.publishing.plan import unfinished
from jobs.actions import resume
from jobs.models import Job
from jobs.runner import run_to_end
from jobs.states import JobStatus
from tests.answering import answering
from tests.factories import BookFactory, ReadPageFactory, pages_of

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = 6


@pytest.fixture
def book(sample):
    """Six approved pages of the sample, with the headings of three sections."""
    return book_of(sample, PAGES)


def book_of(sample, count=None):
    book = BookFactory(title="Prealgebra", subject="Mathematics")
    texts = [page["text"] for page in json.loads((sample / "truth.json").read_text())["pages"]]
    for number, text in enumerate(texts[:count], start=1):
        ReadPageFactory(book=book, number=number, reading__text=f"{text}\n{number}")
    approve_pages(book)
    return book


@pytest.fixture
def model(settings, monkeypatch):
    """Renames everything, finds each pair the same half as sure as it is asked about, and orders all backwards."""
    monkeypatch.setitem(answers.BY_SCHEMA, "NamesForm", _renamed)
    monkeypatch.setitem(answers.BY_SCHEMA, "OrderForm", _backwards)
    with answering(settings) as running:
        yield running


def _renamed(material):
    parts = [{"number": each["number"], "title": f"All about {each['title']}"} for each in material["subtopics"]]
    return {"title": f"All about {material['topic']}", "subtopics": parts, "summary": "It is all told."}


def _backwards(material):
    return {
        "order": [part["number"] for part in reversed(material["parts"])],
        "reason": "The end is needed first.",
        "storyline": "From the end to the start.",
    }


def _same(confidence):
    told = {"same": True, "reason": "They teach one thing.", "confidence": confidence}
    return lambda material: {"pairs": [{"number": each["number"]} | told for each in material["pairs"]]}


def run(start, book):
    job = run_to_end(start(book).pk)
    assert (job.status, job.failed_items) == (JobStatus.COMPLETED, 0), job.error_message
    return job


def written():
    """Everything that a run may leave behind, but for its own items and the ledger."""
    counts = [Change.objects.count(), Proposal.objects.count(), Subtopic.history.count(), Topic.history.count()]
    return [*counts, list(Subtopic.objects.order_by("pk").values()), list(Topic.objects.order_by("pk").values())]


def rows(book):
    return list(Subtopic.objects.filter(topic__book=book).order_by("topic__sequence", "sequence"))


def proposals(book, kind, state=ProposalState.OPEN):
    return list(Proposal.objects.filter(book=book, kind=kind, state=state))


@pytest.mark.parametrize("engine", ["offline", "model"])
def test_an_unchanged_book_is_left_alone(book, request, engine, monkeypatch):
    if engine == "model":
        request.getfixturevalue("model")
        monkeypatch.setitem(answers.BY_SCHEMA, "SameForm", _same(0.5))
    run(start_extraction, book)
    run(start_finalisation, book)
    assert all(row.status == ReviewStatus.PENDING_REVIEW for row in rows(book))
    if engine == "model":
        assert all(row.title.startswith("All about ") for row in rows(book))
        merge = proposals(book, ProposalKind.MERGE)[0]
        assert accept(merge.pk, user=None) is not None
        accept(proposals(book, ProposalKind.ORDER_SUBTOPICS)[0].pk, user=None)
        run(start_finalisation, book)  # asks anew about what the merge changed
    else:
        assert "In the book's order" in Topic.objects.filter(book=book).first().storyline
    before, calls = written(), ModelCall.objects.count()
    run(start_extraction, book)
    run(start_finalisation, book)
    assert written() == before
    assert ModelCall.objects.count() == calls


def test_merges_that_are_sure_are_made_and_can_be_taken_back(book, model, monkeypatch):
    monkeypatch.setitem(answers.BY_SCHEMA, "SameForm", _same(0.95))
    run(start_extraction, book)
    before = len(rows(book))
    run(start_finalisation, book)
    made = [merge for merge in proposals(book, ProposalKind.MERGE, ProposalState.ACCEPTED) if merge.change]
    assert made
    assert all(merge.is_automatic and merge.score == 0.95 for merge in made)
    assert len(rows(book)) == before - len(made)
    last = max(made, key=lambda merge: merge.change_id)
    order = Change.objects.filter(book=book, pk__gt=last.change_id)
    for change in order:
        undo(change.pk, user=None)
    undo(last.change_id, user=None)
    assert not is_in_force(Change.objects.get(pk=last.change_id))
    assert len(rows(book)) == before - len(made) + 1
    run(start_finalisation, book)
    assert len(rows(book)) == before - len(made) + 1


def test_what_a_person_decided_on_is_only_proposed_to(book, model, admin):
    run(start_extraction, book)
    review.approve(book.pk, [row.pk for row in rows(book)], user=admin)
    before = list(Subtopic.objects.order_by("pk").values())
    run(start_finalisation, book)
    assert list(Subtopic.objects.order_by("pk").values()) == before
    assert len(proposals(book, ProposalKind.RENAME_SUBTOPIC)) == len(before)
    accept(proposals(book, ProposalKind.RENAME_SUBTOPIC)[0].pk, user=admin)
    renamed = [row for row in rows(book) if row.title.startswith("All about ")]
    assert [row.status for row in renamed] == [ReviewStatus.APPROVED]

    page = book.pages.get(pk=rows(book)[0].pages[0])
    edit_text(page, f"Quite another text.\n{page.number}", user=admin, seen_reading_id=page.reading_id)
    approve_pages(book)
    model.behave(latency=0.0)
    texts = [(row.summary, row.guideline) for row in rows(book)]
    run(start_extraction, book)
    assert [(row.summary, row.guideline) for row in rows(book)][: len(texts)] == texts


def test_a_new_text_is_offered_and_taken_or_left(book, admin):
    run(start_extraction, book)
    run(start_finalisation, book)
    review.approve(book.pk, [row.pk for row in rows(book)], user=admin)
    row = rows(book)[-1]
    page = book.pages.get(pk=row.pages[-1])
    text = f"{page.reading.text}\nPhotosynthesis feeds leaves. Leaves catch sunlight for photosynthesis."
    edit_text(page, text, user=admin, seen_reading_id=page.reading_id)
    approve_pages(book)
    run(start_extraction, book)
    assert Subtopic.objects.get(pk=row.pk).guideline == row.guideline
    offered = proposals(book, ProposalKind.REWRITE)
    assert [list(each.rests_on) for each in offered] == [[f"subtopic:{row.pk}"]]
    before = written()
    run(start_extraction, book)
    assert written() == before
    made = accept(offered[0].pk, user=admin)
    taken = Subtopic.objects.get(pk=row.pk)
    assert taken.guideline == offered[0].after.guideline != row.guideline
    assert taken.status == ReviewStatus.PENDING_REVIEW
    undo(made.pk, user=admin)
    assert Subtopic.objects.get(pk=row.pk).guideline == row.guideline
    assert Subtopic.objects.get(pk=row.pk).status == ReviewStatus.APPROVED


def test_a_blank_page_in_front_makes_nothing_stale_and_proposes_nothing(client, admin, sample):
    """It moved every number by one: all seven guidelines were written anew, and as they were approved each was proposed
    a new text."""
    book = book_of(sample)
    client.force_login(admin)
    run(start_extraction, book)
    run(start_finalisation, book)
    review.approve(book.pk, [row.pk for row in rows(book)[1:]], user=admin)
    before, writes = written(), ModelCall.objects.count()
    cited = {row.pk: pages_of(row) for row in rows(book)}
    blank = SimpleUploadedFile("blank.png", blank_png(), "image/png")
    assert client.post(f"/api/books/{book.pk}/pages/1/insert", {"file": blank}).status_code == 201
    for job in Job.objects.holding().filter(book=book):
        run_to_end(job.pk)
    assert book.pages.get(number=1).ocr_status == "blank"
    approve_pages(book)
    job = run(start_extraction, book)
    run(start_finalisation, book)
    assert not job.items.filter(stage="write").exists()
    assert not Proposal.objects.filter(book=book).exclude(state=ProposalState.ACCEPTED).exists()
    assert written() == before
    assert ModelCall.objects.count() == writes
    assert {row.pk: pages_of(row) for row in rows(book)} == {pk: [n + 1 for n in was] for pk, was in cited.items()}


def test_a_page_that_is_removed_leaves_its_guideline_what_it_is(book, admin):
    """Its first page is part of its key: without it the cut took it for another."""
    run(start_extraction, book)
    run(start_finalisation, book)
    row = max(rows(book), key=lambda row: len(row.pages))
    review.approve(book.pk, [row.pk], user=admin)
    delete_pages(book, [Page.objects.get(pk=row.pages[0])])
    run(start_extraction, book)
    assert not proposals(book, ProposalKind.RECUT)
    assert [each.pk for each in rows(book) if each.status == ReviewStatus.APPROVED] == [row.pk]


def blank_png() -> bytes:
    data = BytesIO()
    Image.new("L", (1240, 1754), 255).save(data, "PNG")
    return data.getvalue()


def test_what_fails_is_named_and_held_back_until_it_is_done(book, model):
    run(start_extraction, book)
    refused = rows(book)[0]
    asked = answers.BY_SCHEMA["NamesForm"]
    answers.BY_SCHEMA["NamesForm"] = lambda material: (
        asked(material) | ({"summary": " "} if material["subtopics"][0]["title"] == refused.title else {})
    )
    job = run_to_end(start_finalisation(book).pk)  # all of its one topic
    assert (job.status, job.failed_items) == (JobStatus.FAILED, 1)
    assert [(item.stage, item.label) for item in job.items.filter(state="failed")] == [("names", refused.topic.title)]
    assert list(unfinished(book.pk)) == [row.pk for row in rows(book) if row.topic == refused.topic]
    assert "Naming and summarising topics" in unfinished(book.pk)[refused.pk]
    assert Subtopic.objects.get(pk=refused.pk).title == refused.title
    ModelCall.objects.filter(stage="names").delete()
    answers.BY_SCHEMA["NamesForm"] = asked
    assert run(lambda _: resume(job.pk), book)
    assert unfinished(book.pk) == {}
