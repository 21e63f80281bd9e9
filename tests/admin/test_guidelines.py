"""The guidelines of a book: outline, statements with their pages, decisions."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from books.guidelines.edit import edit_subtopic
from books.models import Page, Provenance, ReviewStatus, Subtopic
from books.stored.guideline import Part, Statement, parts_of
from tests.factories import ReadPageFactory, SubtopicFactory, TopicFactory, ids

OFFLINE = "Made offline from the book's own words, without a language model."


@pytest.fixture
def topic(book):
    ReadPageFactory(book=book, number=1)
    return TopicFactory(book=book, title="Whole numbers")


def first(client, book) -> str:
    return client.get(reverse("admin:books_book_guidelines", args=[book.pk])).content.decode()


def url(name: str, subtopic) -> str:
    return reverse(f"admin:books_book_{name}", args=[subtopic.topic.book_id, subtopic.pk])


def shown(client, subtopic) -> str:
    return client.get(url("guideline", subtopic)).content.decode()


def decide(client, subtopic, decision):
    return client.post(url("guideline_decide", subtopic), {"decision": decision, "reason": "Too short."}, follow=True)


def test_a_book_without_guidelines_says_so(screens, book):
    assert "This book has no guidelines yet" in first(screens, book)


def test_the_outline_names_topics_pages_and_status(screens, book, topic):
    SubtopicFactory(topic=topic, sequence=1)
    SubtopicFactory(topic=topic, title="Rounding", pages=[4, 5, 6], status=ReviewStatus.APPROVED)
    page = first(screens, book)
    for said in ("Whole numbers", "p. 1–6", "Rounding", "p. 4–6", "badge-good"):
        assert said in page


def test_the_first_that_awaits_a_decision_is_open(screens, book, topic):
    SubtopicFactory(topic=topic, title="Decided", status=ReviewStatus.APPROVED)
    SubtopicFactory(topic=topic, title="Unwritten", guideline={}, status=ReviewStatus.DRAFT)
    SubtopicFactory(topic=topic, title="Waiting")
    assert "autofocus>Waiting" in first(screens, book)


def test_a_statement_links_to_the_pages_that_support_it(screens, book, topic):
    guideline = {"concepts": [{"text": "Place value.", "pages": [1, 77]}]}
    row = SubtopicFactory(topic=topic, guideline=guideline)
    Page.objects.filter(book=book, number=77).update(removed_at=timezone.now())
    page = shown(screens, row)
    assert "Place value." in page
    assert f'href="{reverse("admin:books_book_page", args=[book.pk, 1])}"' in page
    assert "p. 77" not in page
    assert "Cites a page that was removed" in page


def test_a_quotes_own_words_are_marked_on_its_scan_and_no_line_like_them(screens, book, topic):
    lines = ["We will focus on whole numbers for counting.", "Identify counting numbers", "and whole numbers"]
    boxes = [[100, 40 * at, 100 + 10 * len(text), 40 * at + 20] for at, text in enumerate(lines, 1)]
    there = [{"text": text, "box": box} for text, box in zip(lines, boxes, strict=True)]
    ReadPageFactory(book=book, number=2, reading__text="\n".join(lines), reading__lines=there)
    quote = Statement("Identify counting numbers and whole numbers", ids(book, [2]), kind="quote")
    row = SubtopicFactory(topic=topic)
    Subtopic.objects.filter(pk=row.pk).update(guideline=parts_of({Part.CONCEPTS: (quote,)}))
    address = reverse("admin:books_book_guideline", args=[book.pk, row.pk])
    cited = screens.get(address + "?page=2&said=concepts.0").context["cited"]
    assert cited.marks == [(100, 80, 250, 20), (100, 120, 170, 20)]


def test_parts_without_statements_say_so(screens, topic):
    page = shown(screens, SubtopicFactory(topic=topic, guideline={"objective": [{"text": "Count.", "pages": [1]}]}))
    assert page.count("Nothing found in the book.") == 6


@pytest.mark.parametrize(("provenance", "is_said"), [(Provenance.OFFLINE, True), (Provenance.MODEL, False)])
def test_what_was_made_offline_says_so(screens, topic, provenance, is_said):
    page = unescape(shown(screens, SubtopicFactory(topic=topic, provenance=provenance)))
    assert (OFFLINE in page) is is_said


@pytest.mark.parametrize(("decision", "status"), [("approve", "approved"), ("reject", "rejected")])
def test_a_decision_goes_on_to_the_next_that_waits(screens, admin, said, book, topic, decision, status):
    one, other = SubtopicFactory(topic=topic), SubtopicFactory(topic=topic)
    response = decide(screens, one, decision)
    assert said(response) == [f"“{one.title}” {status}."]
    assert f"autofocus>{other.title}" in response.content.decode()
    one.refresh_from_db()
    assert (one.status, one.reviewed_by) == (status, admin)


def test_a_decision_is_taken_back(screens, topic):
    subtopic = SubtopicFactory(topic=topic, status=ReviewStatus.REJECTED)
    assert decide(screens, subtopic, "reopen").redirect_chain == [(url("guideline", subtopic), 302)]
    subtopic.refresh_from_db()
    assert subtopic.status == ReviewStatus.PENDING_REVIEW


def test_what_somebody_else_decided_first_is_not_overwritten(screens, topic, said):
    subtopic = SubtopicFactory(topic=topic, status=ReviewStatus.REJECTED)
    refusal = f"“{subtopic.title}” is rejected, so it cannot be approved. Reopen it first."
    assert said(decide(screens, subtopic, "approve")) == [refusal]
    subtopic.refresh_from_db()
    assert subtopic.status == ReviewStatus.REJECTED


def test_all_that_wait_are_approved_after_a_preview_but_for_what_changed_since(screens, admin, book, topic, said):
    kept = SubtopicFactory(topic=topic, status=ReviewStatus.REJECTED)
    unwritten = SubtopicFactory(topic=topic, guideline={})
    waiting = [SubtopicFactory(topic=topic) for _ in range(2)]
    doubtful = {"checks": [{"text": "Odd.", "pages": [1], "findings": ["number"]}]}
    waiting.append(SubtopicFactory(topic=topic, guideline=doubtful))
    elsewhere = SubtopicFactory()
    answer = screens.get(reverse("admin:books_book_guidelines_preview", args=[book.pk]))
    preview = " ".join(answer.content.decode().split())
    assert "<strong>3 guidelines</strong> in 1 topic would be approved" in preview
    assert "1 statement in 1 of them is in doubt" in preview
    seen = re.findall(r'name="seen" value="([^"]+)"', preview)
    assert len(seen) == 3
    edit_subtopic(book.pk, waiting[0].pk, user=None, revision=None, title="Changed meanwhile")
    response = screens.post(reverse("admin:books_book_guidelines_approve", args=[book.pk]), {"seen": seen}, follow=True)
    assert said(response) == [
        "2 guidelines approved.",
        "1 was changed or decided since you looked and left alone.",
    ]
    for subtopic in (kept, unwritten, elsewhere, *waiting):
        subtopic.refresh_from_db()
    assert [each.status for each in waiting] == ["pending_review", "approved", "approved"]
    assert [kept.status, unwritten.status, elsewhere.status] == ["rejected", "pending_review", "pending_review"]


def test_approving_the_last_leads_on_to_publishing_with_its_undo_in_view(screens, topic):
    rows, book = [SubtopicFactory(topic=topic) for _ in range(2)], topic.book
    there = reverse("admin:books_book_guidelines_approve", args=[book.pk])
    publish = reverse("admin:books_book_publish", args=[book.pk])
    screens.post(there, {"seen": f"{rows[0].pk}:{rows[0].revision}"})
    answer = screens.post(there, {"seen": f"{rows[1].pk}:{rows[1].revision}"}, follow=True)
    assert answer.redirect_chain == [(publish, 302)]
    assert 'id="undo"' in answer.content.decode()


@pytest.mark.parametrize("seen", ["1", "1:x", "a:1", "1:2:3"])
def test_an_odd_preview_is_a_bad_request(screens, book, seen):
    url = reverse("admin:books_book_guidelines_approve", args=[book.pk])
    assert screens.post(url, {"seen": seen}).status_code == 400


def test_who_may_only_look_gets_no_buttons(client, person, topic):
    client.force_login(person("books.view_book"))
    assert 'name="decision"' not in shown(client, SubtopicFactory(topic=topic))
