"""A person edits, splits, merges and moves: nothing is lost, nothing is overwritten, everything is undone."""

from dataclasses import replace

import pytest

from books.errors import EditedMeanwhile, EditRefused
from books.guidelines.changes import change, undo
from books.guidelines.edit import edit_subtopic, edit_topic
from books.guidelines.move import move_pages, move_subtopic, reorder_subtopics, reorder_topics
from books.guidelines.search import with_words
from books.guidelines.split import merge, split_subtopic
from books.models import Change, ReviewStatus, Subtopic, Topic
from books.models.page import page_numbers
from books.stored.guideline import Evidence, Finding, FindingKind, Part, statements
from jobs import clock
from tests.factories import BookFactory, ReadPageFactory, SubtopicFactory, TopicFactory, ids, pages_of, shown
from tests.guidelines.test_changes import state

pytestmark = pytest.mark.django_db
TEXTS = {
    1: "Whole numbers count apples.",
    2: "Place value tells what a digit is worth.",
    3: "Rounding gives a number near another.\nAdding numbers\nThe sum of two numbers is found by addition.",
    4: "Subtraction takes away.",
}
GUIDELINE = {
    "objective": [{"text": "Whole numbers count things.", "pages": [1]}],
    "concepts": [
        {"text": "A digit has a place value.", "pages": [2]},
        {"text": "Rounding a number.", "pages": [3]},
        {"text": "The sum is found by addition.", "pages": [3]},
        {"text": "Numbers are counted, rounded, subtracted.", "pages": [1, 4]},
    ],
}


@pytest.fixture
def book():
    book = BookFactory()
    for number, text in TEXTS.items():
        ReadPageFactory(book=book, number=number, reading__text=text)
    return book


@pytest.fixture
def topics(book):
    return [TopicFactory(book=book, sequence=place, title=f"Topic {place}") for place in (1, 2)]


@pytest.fixture
def row(topics):
    return SubtopicFactory(topic=topics[0], sequence=1, title="Numbers", pages=[1, 2, 3, 4], guideline=GUIDELINE)


@pytest.fixture
def other(topics, row):
    return SubtopicFactory(topic=topics[1], sequence=1, title="Algebra", pages=[9], status=ReviewStatus.APPROVED)


def said(row) -> list[tuple[str, list[int]]]:
    numbers = page_numbers(row.topic.book_id)
    return [(each.text, numbers.numbers(each.pages)) for _, each in statements(row.guideline)]


def at(book, number: int) -> str:
    """The id of a page."""
    return ids(book, [number])[0]


def test_an_edit_is_checked_against_its_pages_and_awaits_review_again(book, row, admin):
    Subtopic.objects.filter(pk=row.pk).update(status="published", reviewed_at=row.topic.history.first().history_date)
    lines = [{"text": "Volcanoes erupted  in 79 CE.", "pages": [2, 1, 2]}, {"text": " ", "pages": []}]
    now = edit_subtopic(
        book.pk, row.pk, user=admin, revision=row.revision, title=" Counting\n", guideline={"checks": lines}
    )
    assert (now.title, now.status, now.is_edited) == ("Counting", ReviewStatus.PENDING_REVIEW, True)
    assert shown(now)["checks"] == [{"text": "Volcanoes erupted in 79 CE.", "pages": [1, 2], "findings": ["number"]}]
    assert shown(now)["objective"] == GUIDELINE["objective"]
    assert Change.objects.first().sentence == "Renamed “Numbers” to “Counting”"
    found = with_words(Subtopic.objects.all(), "VOLC count")
    assert list(found) == [now]
    assert not with_words(Subtopic.objects.all(), "olcanoes").exists()


def test_what_was_found_is_settled_while_editing(book, row, admin):
    """A check alone takes no decision back; a correction that is taken keeps its evidence, in another part too."""
    denied = Finding(FindingKind.DENIED, "No.", "Numbers count things.")
    quote = Evidence(at(book, 1), "numbers count apples")
    with change(book.pk, "Written"):
        (first,) = row.guideline[Part.OBJECTIVE]
        second, *rest = row.guideline[Part.CONCEPTS]
        row.guideline[Part.OBJECTIVE] = (replace(first, evidence=(quote,), findings=(denied,)),)
        row.guideline[Part.CONCEPTS] = (replace(second, findings=(denied,)), *rest)
        row.status, row.reviewed_at = ReviewStatus.APPROVED, clock.now()
        row.save()
    checked = {"concepts": [GUIDELINE["concepts"][0] | {"checked": True}, *GUIDELINE["concepts"][1:]]}
    now = edit_subtopic(book.pk, row.pk, user=admin, revision=row.revision, guideline=checked)
    assert (now.status, now.guideline[Part.CONCEPTS][0].checked.by) == (ReviewStatus.APPROVED, "ada")
    assert Change.objects.first().sentence == "Checked a statement of “Numbers”"
    taken = {"objective": [], "checks": [{"text": "Numbers count things.", "pages": [1]}]}
    now = edit_subtopic(book.pk, row.pk, user=admin, revision=now.revision, guideline=taken)
    (check,) = now.guideline[Part.CHECKS]
    assert (check.evidence, check.findings, now.status) == ((quote,), (), ReviewStatus.PENDING_REVIEW)
    assert now.guideline[Part.CONCEPTS][0].checked


def test_nothing_edited_is_no_change(book, row, admin):
    count = Change.objects.count()
    edit_subtopic(book.pk, row.pk, user=admin, revision=row.revision, guideline=GUIDELINE)
    assert Change.objects.count() == count


@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        ({"title": " "}, "title", "needs a title"),
        ({"title": "x" * 201}, "title", "at most 200"),
        ({"guideline": {"checks": [{"text": "A", "pages": [1]}, {"text": "B", "pages": [77]}]}}, "checks.1", "page 77"),
        ({"guideline": {"concepts": [{"text": "A.", "pages": []}]}}, "concepts.0", "name the pages"),
        ({"guideline": {"concepts": [{"text": "A" * 2001, "pages": [1]}]}}, "concepts.0", "at most 2000"),
        ({"guideline": {"moral": []}}, "moral", "no part “moral”"),
    ],
)  # fmt: skip
def test_what_cannot_be_saved_is_named(fields, field, problem, book, row, admin):
    before = state(book)
    with pytest.raises(EditRefused) as refusal:
        edit_subtopic(book.pk, row.pk, user=admin, revision=None, **fields)
    assert problem in refusal.value.problems[field]
    assert state(book) == before


def test_a_split_at_a_page_takes_its_statements_along_and_merging_gives_the_whole_again(book, row, other, admin):
    first, second = split_subtopic(book.pk, row.pk, at=at(book, 3), title="Sums", user=admin, revision=row.revision)
    assert (pages_of(first), pages_of(second), second.topic) == ([1, 2], [3, 4], first.topic)
    assert said(first) == [
        ("Whole numbers count things.", [1]),
        ("A digit has a place value.", [2]),
        ("Numbers are counted, rounded, subtracted.", [1]),
    ]
    assert said(second) == [
        ("Rounding a number.", [3]),
        ("The sum is found by addition.", [3]),
        ("Numbers are counted, rounded, subtracted.", [4]),
    ]
    assert list(Subtopic.objects.filter(topic=row.topic).order_by("sequence")) == [first, second]
    whole = merge(book.pk, first.pk, other=second.pk, user=admin, revision=None)
    assert whole.pages == row.pages
    assert sorted(said(whole)) == sorted(said(row))


def test_a_split_at_a_heading_shares_the_page_by_words(book, row, admin):
    first, second = split_subtopic(book.pk, row.pk, at=at(book, 3), heading="Adding numbers", user=admin, revision=None)
    assert (pages_of(first), pages_of(second), second.title, second.start_line) == (
        [1, 2, 3], [3, 4], "Adding numbers", "Adding numbers",
    )  # fmt: skip
    assert ("Rounding a number.", [3]) in said(first)
    assert ("The sum is found by addition.", [3]) in said(second)


def test_moved_pages_take_their_statements_along(book, row, other, admin):
    source, target = move_pages(book.pk, row.pk, pages=ids(book, [4]), to=other.pk, user=admin, revision=row.revision)
    assert (pages_of(source), pages_of(target)) == ([1, 2, 3], [4, 9])
    assert ("Numbers are counted, rounded, subtracted.", [4]) in said(target)
    assert ("Numbers are counted, rounded, subtracted.", [1]) in said(source)
    assert target.status == ReviewStatus.PENDING_REVIEW


def _edit(book, row, other, admin):
    edit_subtopic(book.pk, row.pk, user=admin, revision=row.revision, summary="Other.")


def _edit_topic(book, row, other, admin):
    edit_topic(book.pk, row.topic_id, user=admin, revision=row.topic.revision, title="Another", storyline="So.")


def _split(book, row, other, admin):
    split_subtopic(book.pk, row.pk, at=at(book, 2), user=admin, revision=row.revision)


def _merge(book, row, other, admin):
    merge(book.pk, row.pk, other=other.pk, user=admin, revision=row.revision, other_revision=other.revision)


def _move(book, row, other, admin):
    move_pages(book.pk, row.pk, pages=ids(book, [2, 4]), to=other.pk, user=admin, revision=row.revision)


def _move_away_the_last(book, row, other, admin):
    move_subtopic(book.pk, other.pk, topic=row.topic_id, place=1, user=admin, revision=other.revision)


DOINGS = (_edit, _edit_topic, _split, _merge, _move, _move_away_the_last)


@pytest.mark.parametrize("do", DOINGS)
def test_every_doing_is_undone_and_done_again_and_refused_over_what_was_not_seen(do, book, row, other, admin):
    before = state(book)
    do(book, row, other, admin)
    after, made = state(book), Change.objects.first()
    assert after != before
    assert made.made_by == admin
    undone = undo(made.pk, user=admin)
    assert state(book) == before
    undo(undone.pk, user=admin)
    assert state(book) == after
    with pytest.raises((EditedMeanwhile, Subtopic.DoesNotExist, Topic.DoesNotExist)):
        do(book, row, other, admin)
    assert state(book) == after


def test_changes_are_undone_one_after_the_other(book, row, other, admin):
    before = state(book)
    _edit(book, row, other, admin)
    first = Change.objects.first()
    split_subtopic(book.pk, row.pk, at=at(book, 2), user=admin, revision=None)
    undo(Change.objects.first().pk, user=admin)
    undo(first.pk, user=admin)
    assert state(book) == before


@pytest.mark.parametrize(
    "do",
    [
        lambda book, row, other: split_subtopic(book.pk, row.pk, at=at(book, 1), user=None, revision=None),
        lambda book, row, other: split_subtopic(book.pk, row.pk, at=at(book, 9), user=None, revision=None),
        lambda book, row, other: merge(book.pk, row.pk, other=row.pk, user=None, revision=None),
        lambda book, row, other: move_pages(book.pk, row.pk, pages=[], to=other.pk, user=None, revision=None),
        lambda book, row, other: move_pages(
            book.pk, row.pk, pages=ids(book, [9]), to=other.pk, user=None, revision=None
        ),
        lambda book, row, other: move_pages(book.pk, row.pk, pages=ids(book, [1]), to=row.pk, user=None, revision=None),
        lambda book, row, other: move_pages(book.pk, row.pk, pages=row.pages, to=other.pk, user=None, revision=None),
    ],
)
def test_what_makes_no_sense_is_refused(do, book, row, other):
    before = state(book)
    with pytest.raises(EditRefused):
        do(book, row, other)
    assert state(book) == before


def test_an_order_that_a_person_chose_is_kept_from_jobs(book, topics, row, other, admin):
    reorder_topics(book.pk, [topics[1].pk, topics[0].pk], user=admin)
    assert list(Topic.objects.filter(book=book).values_list("title", "is_edited")) == [
        ("Topic 2", True), ("Topic 1", True),
    ]  # fmt: skip
    move_subtopic(book.pk, other.pk, topic=row.topic_id, place=9, user=admin)
    assert list(Topic.objects.filter(book=book)) == [topics[0]]
    reorder_subtopics(book.pk, row.topic_id, [other.pk, row.pk], user=admin)
    assert list(Subtopic.objects.filter(topic=row.topic).order_by("sequence")) == [other, row]
    assert Subtopic.objects.get(pk=other.pk).status == ReviewStatus.APPROVED
