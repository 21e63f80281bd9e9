"""A page that is corrected after a model wrote the book: what is asked and written again, what is proposed."""

from __future__ import annotations

import json
from collections import Counter
from itertools import count, pairwise

import pytest
from django.urls import reverse

from benchmarks import standin_answers as answers
from benchmarks.ready_book import texts
from books.extraction import page_ranges
from books.guidelines import review
from books.guidelines.changes import undo
from books.models import ModelCall, Proposal, ProposalKind, ProposalState, ReviewStatus, Subtopic, Topic
from books.ocr.review import approve_pages
from books.stored.guideline import statements
from jobs.runner import run_to_end
from jobs.states import JobStatus
from tests.answering import answering
from tests.factories import BookFactory, ReadPageFactory, pages_of

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, LAST = 8, 20
# Of the stand-in's book: a page within a section, and the page on which another begins.
WITHIN, BEGINS = 3, 5
NEW_WORDS = "\nOf elephants: elephants, elephants, elephants and elephants remember their elephants."


@pytest.fixture
def model(settings, monkeypatch):
    """No heading of its books decides the cut, so it is asked about every page."""
    monkeypatch.setattr(page_ranges, "is_clean", lambda _: False)
    with answering(settings) as running:
        yield running


@pytest.fixture
def book(model, admin, client):
    """Twelve pages in three sections of two chapters, written."""
    client.force_login(admin)
    book = BookFactory(title="Prealgebra", subject="Mathematics")
    for number, text in enumerate(texts(40)[FIRST:LAST], start=1):
        ReadPageFactory(book=book, number=number, reading__text=text)
    approve_pages(book)
    generate(client, book)
    assert (len(rows(book)), Topic.objects.filter(book=book).count()) == (3, 2)
    return book


def generate(client, book, what="generate"):
    answer = client.post(f"/api/books/{book.pk}/guidelines/{what}", '{"resume": false}', "application/json")
    job = run_to_end(answer.json()["job_id"])
    assert (job.status, job.failed_items) == (JobStatus.COMPLETED, 0), job.error_message


def correct(client, book, number, change):
    """As a person does on the page's screen."""
    page = book.pages.get(number=number)
    text = change(page.reading.text)
    assert text != page.reading.text
    address = reverse("admin:books_book_page_edit", args=[book.pk, number])
    data = {"text": text, "seen": page.reading_id, "then": "approve"}
    assert client.post(address, data).status_code == 302
    assert book.pages.get(number=number).reading.text == text


def one_word(text):
    return text.replace("This is page", "This is the page")


def rows(book):
    return list(Subtopic.objects.filter(topic__book=book).order_by("topic__sequence", "sequence"))


def asked(client, book, model, *, finalise=False):
    """What a further run asks, by its form."""
    model.counts.kinds.clear()
    generate(client, book)
    if finalise:
        generate(client, book, "finalize")
    return Counter(model.counts.kinds)


def as_written(book):
    """By row: where it stands, what it is called, what it says."""
    return {row.pk: (row.topic_id, row.title, row.pages, row.summary, row.guideline) for row in rows(book)}


def changed(before, book):
    after = as_written(book)
    assert list(after) == list(before)
    return [pk for pk in before if after[pk] != before[pk]]


def in_other_words(monkeypatch):
    """From now on sections and chapters are called something else in every answer about the cut."""
    cut, times = answers.BY_SCHEMA["OutlineForm"], count(1)

    def drifted(material):
        again = next(times)
        words = {"title": "On {title}, told {again} times", "chapter": "All {chapter}, told {again} times"}
        found = cut(material)
        for section in found["sections"]:
            section |= {name: form.format(**section, again=again) for name, form in words.items()}
        return found

    monkeypatch.setitem(answers.BY_SCHEMA, "OutlineForm", drifted)


def sharing_pages(monkeypatch):
    """From now on a section goes on to the page on which the next one begins."""
    cut = answers.BY_SCHEMA["OutlineForm"]

    def shared(material):
        found = cut(material)
        for one, following in pairwise(found["sections"]):
            one["last_page"] = following["first_page"]
        return found

    monkeypatch.setitem(answers.BY_SCHEMA, "OutlineForm", shared)


def writing_anew(monkeypatch):
    """From now on the writer says everything otherwise, but for what it is shown and its quotes still bear out."""
    write, times = answers.BY_SCHEMA["GuidelineForm"], count(1)

    def written(material):
        text, again = " ".join(page["text"] for page in material["pages"]), next(times)
        text = " ".join(text.split())
        new, before = write(material), material["previous"]
        for part in ("objective", "concepts", "depth", "prerequisites"):
            for each in new[part]:
                each["text"] = f"Said {'once more ' * again}otherwise: {each['text']}"
            held = [each for each in before[part] if all(quote["quote"] in text for quote in each["evidence"])]
            new[part] = [*held, *new[part][len(held) :]]
        return new | {"summary": before["summary"]}

    monkeypatch.setitem(answers.BY_SCHEMA, "GuidelineForm", written)


def test_a_word_corrected_costs_three_calls(book, model, client, monkeypatch):
    generate(client, book, "finalize")
    before = as_written(book)
    assert asked(client, book, model, finalise=True) == {}
    correct(client, book, WITHIN, one_word)
    calls = asked(client, book, model, finalise=True)
    assert calls == {"DigestForm": 1, "GuidelineForm": 1, "VerifyForm": 1}
    assert changed(before, book) == []
    correct(client, book, WITHIN, lambda text: f"{text}\nIndeed.")
    assert asked(client, book, model, finalise=True).total() <= 3
    assert asked(client, book, model, finalise=True) == {}


def test_of_two_sections_on_a_page_the_one_that_was_corrected_is_written(book, model, client, monkeypatch):
    sharing_pages(monkeypatch)
    correct(client, book, BEGINS, lambda text: f"The section before ends with this line.\n{text}")
    asked(client, book, model)
    assert pages_of(rows(book)[0])[-1] == pages_of(rows(book)[1])[0] == BEGINS
    correct(client, book, BEGINS, one_word)
    assert asked(client, book, model) == {"DigestForm": 1, "GuidelineForm": 1, "VerifyForm": 1}


def test_a_page_that_says_something_else_costs_six_calls_whatever_the_outline_is_worded_like(
    book, model, client, monkeypatch
):
    generate(client, book, "finalize")
    before = as_written(book)
    in_other_words(monkeypatch)
    writing_anew(monkeypatch)
    quote = rows(book)[0].guideline["depth"][0].evidence[0]
    word = quote.quote.split()[3]
    page = book.pages.get(pk=quote.page).number
    correct(client, book, page, lambda text: text.replace(word, f"{word}, or not,") + NEW_WORDS)
    calls = asked(client, book, model, finalise=True)
    assert calls.total() <= 6
    assert calls["OutlineForm"] == calls["GuidelineForm"] == 1
    [pk] = changed(before, book)
    assert before[pk][:4] == as_written(book)[pk][:4]
    said, says = ({each.text for _, each in statements(found[pk][4])} for found in (before, as_written(book)))
    assert len(said & says) > len(says - said) > 0
    assert not Proposal.objects.exclude(state=ProposalState.ACCEPTED).exists()
    assert asked(client, book, model, finalise=True) == {}


@pytest.mark.parametrize("approved", [True, False])
def test_other_words_in_the_outline_write_nothing_and_propose_nothing(
    book, model, client, admin, monkeypatch, approved
):
    generate(client, book, "finalize")
    if approved:
        review.approve(book.pk, [row.pk for row in rows(book)], user=admin)
    before, topics = as_written(book), list(Topic.objects.values("title", "key", "number", "revision"))
    in_other_words(monkeypatch)
    ModelCall.objects.filter(stage="outline").delete()
    assert asked(client, book, model, finalise=True) == {"OutlineForm": 1}
    shown = json.loads(
        next(part for part in model.asked[-1]["messages"][1]["content"] if "previous" in part["text"])["text"]
    )
    assert [each["title"] for each in shown["previous"]] == [title for _, title, *_ in before.values()]
    assert changed(before, book) == []
    assert list(Topic.objects.values("title", "key", "number", "revision")) == topics
    assert not Proposal.objects.exclude(state=ProposalState.ACCEPTED).exists()


def moved_on(client, book):
    """The heading of the second section turns out to stand on the page behind."""
    heading = book.pages.get(number=BEGINS).reading.text.partition("\n")[0]
    correct(client, book, BEGINS, lambda text: text.partition("\n")[2])
    correct(client, book, BEGINS + 1, lambda text: f"{heading}\n{text}")


def test_a_draft_keeps_its_row_where_its_pages_are_others(book, model, client):
    before = as_written(book)
    moved_on(client, book)
    asked(client, book, model)
    one, other = rows(book)[:2]
    assert changed(before, book) == [one.pk, other.pk]
    assert (pages_of(one)[-1], pages_of(other)[0]) == (BEGINS, BEGINS + 1)
    assert {each for _, said in statements(other.guideline) for each in said.pages} <= {*other.pages}
    assert asked(client, book, model) == {}


def test_what_is_approved_is_offered_its_new_pages_with_a_text_for_them(book, model, client, admin):
    generate(client, book, "finalize")
    review.approve(book.pk, [row.pk for row in rows(book)], user=admin)
    before = as_written(book)
    moved_on(client, book)
    asked(client, book, model)
    assert changed(before, book) == []
    other = rows(book)[1]
    offered = Proposal.objects.get(subject__contains=f"subtopic:{other.pk}:", state=ProposalState.OPEN)
    assert offered.kind == ProposalKind.REWRITE
    assert offered.after.pages == other.pages[1:]
    cited = {page for _, each in statements(offered.after.guideline) for page in each.pages}
    assert cited <= {*offered.after.pages}
    assert asked(client, book, model) == {}

    response = client.get(reverse("admin:books_book_proposals", args=[book.pk]))
    assert "Pages" in response.content.decode()
    made = accept(client, offered)
    taken = Subtopic.objects.get(pk=other.pk)
    assert (taken.pages, taken.guideline) == (offered.after.pages, offered.after.guideline)
    assert taken.status == ReviewStatus.PENDING_REVIEW
    assert not Proposal.objects.filter(subject=f"recut:subtopic:{other.pk}", state=ProposalState.OPEN).exists()
    undone = undo(made, user=admin)
    assert as_written(book)[other.pk] == before[other.pk]
    undo(undone.pk, user=admin)
    accept(client, Proposal.objects.get(kind=ProposalKind.REWRITE, state=ProposalState.OPEN))
    assert asked(client, book, model) == {"VerifyForm": 2}
    assert [pages_of(row) for row in rows(book)[:2]] == [[1, 2, 3, 4, 5], [6, 7, 8]]


def accept(client, proposal):
    """The change that it made."""
    address = f"/api/books/{proposal.book_id}/proposals/{proposal.pk}/accept"
    return client.post(address).json()["change_id"]


def test_a_corrected_heading_gives_its_section_another_title_and_no_other_text(book, model, client):
    row, key = rows(book)[1], rows(book)[1].key
    correct(client, book, BEGINS, lambda text: text.replace(" in use", " in use every day", 1))
    calls = asked(client, book, model)
    row = Subtopic.objects.get(pk=row.pk)
    assert row.title.endswith("in use every day")
    assert row.key != key
    assert calls.total() <= 6
    assert len(rows(book)) == 3
