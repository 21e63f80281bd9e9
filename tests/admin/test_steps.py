"""The next step of a book in words, from its counts alone."""

from __future__ import annotations

import pytest

from books.admin.guards import Button
from books.admin.page_states import STATES
from books.admin.steps import PRIMARY, STEPS, Counts, Way, buttons_of, counts_of, under_more, way_of
from books.models import OcrStatus, Page, PageReview, ReviewStatus
from jobs.models import Job
from tests.factories import JobFactory, PageFactory, ReadPageFactory, SubtopicFactory, TopicFactory

NOTHING = dict.fromkeys(Counts.__dataclass_fields__, 0)
WAY = [
    ({}, "upload"),
    ({"pages": 3, "unread": 1, "failed": 1, "to_review": 1}, "read"),
    ({"pages": 3, "failed": 1, "approved": 2}, "read"),
    ({"pages": 3, "to_review": 1, "approved": 2}, "approve"),
    ({"pages": 3, "rejected": 1, "approved": 2}, "approve"),
    ({"pages": 3, "approved": 3}, "generate"),
    ({"pages": 3, "approved": 3, "guidelines": 2, "unwritten": 1, "drafts": 2}, "generate"),
    ({"pages": 3, "approved": 3, "guidelines": 2, "drafts": 1}, "finalise"),
    ({"pages": 3, "approved": 3, "guidelines": 2, "decided": 1}, "review"),
    ({"pages": 3, "approved": 3, "guidelines": 2, "decided": 2, "to_publish": 1}, "publish"),
    ({"pages": 3, "approved": 3, "guidelines": 2, "decided": 2, "published": 1}, ""),
    ({"pages": 3, "approved": 3, "guidelines": 2, "decided": 2, "published": 1, "proposed": 1}, "review"),
    ({"pages": 3, "approved": 3, "guidelines": 2, "decided": 2, "published": 1, "rewritten": 1}, "generate"),
]


@pytest.mark.parametrize(("counts", "step"), WAY, ids=lambda value: value if isinstance(value, str) else "")
def test_the_next_step(counts, step):
    way = way_of(Counts(**{**NOTHING, **counts}), None)
    assert way.now == step
    states = [each.state for each in way.steps]
    at = STEPS.index(step) if step else len(STEPS)
    assert states == ["done"] * at + ["now"] * (step != "") + ["later"] * (len(STEPS) - at - 1)


@pytest.mark.parametrize(("kind", "step"), [("ocr", "read"), ("extraction", "generate"), ("finalisation", "finalise")])
def test_a_busy_book_is_at_the_step_of_its_job(kind, step):
    way = way_of(Counts(**NOTHING), Job(kind=kind))
    assert (way.now, way.is_busy) == (step, True)


def test_a_step_counts_nothing_of_what_there_is_none_of():
    details = {each.key: each.detail for each in way_of(Counts(**{**NOTHING, "pages": 3}), None).steps}
    assert (details["approve"], details["generate"], details["finalise"]) == ("0 of 3 approved", "", "")


def test_the_counts(book):
    PageFactory(book=book)
    PageFactory(book=book, ocr_status=OcrStatus.FAILED)
    ReadPageFactory(book=book)
    for review in (PageReview.APPROVED, PageReview.REJECTED):
        page = ReadPageFactory(book=book)
        page.review = review
        page.save()
    topic = TopicFactory(book=book)
    SubtopicFactory(topic=topic, status=ReviewStatus.DRAFT, guideline={})
    SubtopicFactory(topic=topic, status=ReviewStatus.APPROVED)
    SubtopicFactory(topic=topic, status=ReviewStatus.PUBLISHED)
    pages = {"pages": 5, "unread": 1, "failed": 1, "to_review": 1, "approved": 1, "rejected": 1}
    guidelines = {"guidelines": 3, "unwritten": 1, "drafts": 1, "decided": 2, "to_publish": 1, "published": 1}
    expected = Counts(**pages, **guidelines, proposed=0, rewritten=0)
    assert counts_of(book) == expected


def test_a_text_younger_than_the_guidelines_is_counted(book):
    ReadPageFactory(book=book)
    JobFactory(book=book, kind="extraction")
    assert counts_of(book).rewritten == 0
    ReadPageFactory(book=book)
    assert counts_of(book).rewritten == 1


@pytest.mark.parametrize(
    ("fact", "label"), [("rejected", "Open the rejected page"), ("proposed", "Decide on 1 proposal")]
)
def test_whatever_waits_for_a_person_has_the_primary_button(book, admin, fact, label):
    page = ReadPageFactory(book=book)
    Page.objects.filter(pk=page.pk).update(review="rejected")
    counts = Counts(**{**NOTHING, "pages": 1, "guidelines": 1, "decided": 1, fact: 1})
    first, *others = buttons_of(admin, book, counts, way_of(counts, None))
    assert (first.label, first.style) == (label, PRIMARY)
    assert PRIMARY not in {each.style for each in others}


def test_the_page_of_a_book_has_three_buttons_at_most_and_the_rest_under_more():
    way = Way("review", is_busy=False, label="", sentence="", steps=())
    ids = ("step-review", "step-publish", "step-contents", "step-proposals", "step-generate", "step-exchange")
    links = {"step-generate"}
    styles = {"step-review": PRIMARY}
    buttons = [Button(each, each, "/", styles.get(each, "plain"), is_link=each not in links) for each in ids]
    assert [each.id for each in under_more(buttons, way)] == ["step-proposals", "step-generate", "step-exchange"]


def test_letters_mean_the_same_for_pages_and_for_guidelines():
    same = {"read": "pending_review", "approved": "approved", "rejected": "rejected"}
    assert {STATES[page][0] for page in same} == {ReviewStatus(guideline).letter for guideline in same.values()}
    assert all(STATES[page][0] == ReviewStatus(guideline).letter for page, guideline in same.items())
