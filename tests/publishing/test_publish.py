"""What readers get is what a person approved, whole, and every set can be had again."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction

from books.errors import EditedMeanwhile, StageNotReady
from books.guidelines import review
from books.guidelines.changes import change, undo
from books.guidelines.split import merge_subtopics
from books.models import Announcement, Change, PublishedGuideline, PublishedSet, ReviewStatus, Subtopic, Topic
from books.publishing.plan import Scope, plan_of
from books.publishing.publish import publish, roll_back, take_back
from books.publishing.published import differences_between, has_published
from tests.factories import SubtopicFactory, TopicFactory, ids
from tests.jobs.rivals import one_after_the_other, together
from tests.publishing.conftest import readers_see, subtopics, titles, write

pytestmark = pytest.mark.django_db
in_transactions = pytest.mark.django_db(transaction=True)
EVERYTHING = ["Subtopic 1.1", "Subtopic 1.2", "Subtopic 2.1", "Subtopic 2.2"]


def statuses(book):
    return [row.status for row in subtopics(book)]


# ---- what goes out --------------------------------------------------------------------------------------------------
def test_a_whole_book(book, admin):
    made = publish(book.pk, user=admin)
    assert (made.version, made.made_by, made.sentence) == (1, admin, "4 new")
    assert titles(book) == EVERYTHING
    row = readers_see(book)[0]
    first = subtopics(book)[0]
    expected = {
        "book_title": "Prealgebra",
        "country": "Kenya",
        "board": "KNEC",
        "grade": "8",
        "subject": "Mathematics",
        "topic_title": "Topic 1",
        "storyline": "First this, then that.",
        "summary": "Counts.",
        "pages": [1, 2, 3],
        "reviewed_at": first.reviewed_at,
        "since_version": 1,
        "until_version": None,
    }
    assert {name: row[name] for name in expected} == expected
    assert row["guideline"]["objective"] == [{"text": "The learner can count.", "pages": [1, 2]}]
    assert set(statuses(book)) == {"published"}
    assert has_published(book)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"status": ReviewStatus.PENDING_REVIEW}, "Nobody has approved it yet."),
        ({"status": ReviewStatus.DRAFT}, "draft"),
        ({"status": ReviewStatus.REJECTED}, "rejected"),
        ({"status": ReviewStatus.APPROVED, "guideline": {}}, "no guideline"),
        (
            {
                "status": ReviewStatus.APPROVED,
                "guideline": {"checks": [{"text": "Untrue.", "pages": [1], "findings": ["number"]}]},
            },
            "One statement is in doubt",
        ),
    ],
)
def test_what_may_not_go_out_is_named_with_its_reason(book, admin, facts, reason):
    SubtopicFactory(topic=Topic.objects.get(book=book, sequence=2), sequence=3, title="Held back", **facts)
    assert [(each.title, reason in each.reason) for each in plan_of(book).left_out] == [("Held back", True)]
    made = publish(book.pk, user=admin)
    assert titles(book) == EVERYTHING
    assert [(each["title"], reason in each["reason"]) for each in made.left_out] == [("Held back", True)]
    assert subtopics(book)[-1].status == facts["status"]


def test_nothing_to_publish_says_why(book, admin):
    publish(book.pk, user=admin)
    with pytest.raises(StageNotReady, match="already"):
        publish(book.pk, user=admin)
    for row in subtopics(book):
        review.decide(book.pk, row.pk, review.Decision.REOPEN, user=admin)
    with pytest.raises(StageNotReady, match=r"Subtopic 1.1.*approved"):
        publish(book.pk, user=admin)
    assert PublishedSet.objects.count() == 1


def test_one_guideline_and_a_topic(book, admin):
    first, _, third, _ = subtopics(book)
    publish(book.pk, Scope(subtopic=third.pk), user=admin)
    assert titles(book) == ["Subtopic 2.1"]
    publish(book.pk, Scope(topic=first.topic_id), user=admin)
    assert titles(book) == EVERYTHING[:3]
    assert statuses(book) == ["published", "published", "published", "approved"]
    assert list(PublishedSet.objects.order_by("version").values_list("version", flat=True)) == [1, 2]


def test_a_set_agrees_on_its_topics_when_one_guideline_of_a_renamed_one_goes_out(book, admin):
    publish(book.pk, user=admin)
    first, second = Topic.objects.filter(book=book)
    write(first, title="Counting", sequence=7)
    write(second, sequence=1)
    row = write(subtopics(book)[2], title="Renamed", status=ReviewStatus.APPROVED)
    publish(book.pk, Scope(subtopic=row.pk), user=admin)
    seen = [(row["topic_title"], row["topic_sequence"], row["title"]) for row in readers_see(book)]
    assert seen == [
        ("Topic 2", 1, "Subtopic 2.1"),
        ("Topic 2", 1, "Subtopic 2.2"),
        ("Counting", 7, "Renamed"),
        ("Counting", 7, "Subtopic 1.2"),
    ]


def test_names_changed_in_every_topic_and_subtopic_publish_all_of_them(book, admin):
    publish(book.pk, user=admin)
    keys = [(row["topic_key"], row["key"]) for row in readers_see(book)]
    for topic in Topic.objects.filter(book=book):
        write(topic, title=f"New {topic.title}", key="other")
    for row in subtopics(book):
        write(row, title=f"New {row.title}", key=f"other-{row.pk}", pages=ids(book, [4]), status=ReviewStatus.APPROVED)
    made = publish(book.pk, user=admin)
    assert made.sentence == "4 changed"
    assert [(row["topic_title"], row["title"]) for row in readers_see(book)] == [
        (f"New Topic {title[9]}", f"New {title}") for title in EVERYTHING
    ]
    assert [(row["topic_key"], row["key"]) for row in readers_see(book)] == keys


def test_what_waits_for_review_again_stays_as_it_was_published(book, admin):
    publish(book.pk, user=admin)
    rows = subtopics(book)
    write(rows[0], title="Not approved")
    write(rows[1], title="Approved", status=ReviewStatus.APPROVED)
    write(rows[2], title="Rejected", status=ReviewStatus.REJECTED, reviewed_at=rows[2].reviewed_at)
    with change(book.pk, "Merged"):
        Subtopic.objects.get(pk=rows[3].pk).delete()
    plan = plan_of(book)
    assert [each.title for each in plan.stays] == ["Not approved"]
    assert [(each.title, each.reason) for each in plan.goes] == [
        ("Rejected", "It was rejected."),
        ("Subtopic 2.2", "It is no longer in the book."),
    ]
    assert publish(book.pk, user=admin).sentence == "1 changed, 2 removed"
    assert titles(book) == ["Subtopic 1.1", "Approved"]
    assert Announcement.objects.first().removed == 2


def test_nothing_goes_out_that_changed_since_the_preview(book, admin):
    seen = plan_of(book).mark
    write(subtopics(book)[0], title="Quickly renamed", status=ReviewStatus.APPROVED)
    with pytest.raises(EditedMeanwhile):
        publish(book.pk, user=admin, seen=seen)
    assert not has_published(book)
    publish(book.pk, user=admin, seen=plan_of(book).mark)


# ---- going back -----------------------------------------------------------------------------------------------------
def test_rolling_back_gives_readers_the_earlier_set_again(book, admin):
    publish(book.pk, user=admin)
    before = readers_see(book)
    row = write(subtopics(book)[0], title="Renamed", status=ReviewStatus.APPROVED)
    publish(book.pk, Scope(subtopic=row.pk), user=admin)
    assert [each.changed for each in differences_between(book, 1, 2)] == [("title", "reviewed_at")]
    made = roll_back(book.pk, 1, user=admin)
    assert (made.version, made.restores.version) == (3, 1)
    timeless = {"id", "since_version", "until_version", "published_at"}
    assert [{**row, **dict.fromkeys(timeless)} for row in readers_see(book)] == [
        {**row, **dict.fromkeys(timeless)} for row in before
    ]
    assert differences_between(book, 1, 3) == []
    # The text that people have is another than what readers get: approved, but not out.
    assert statuses(book) == ["approved", "published", "published", "published"]
    assert subtopics(book)[0].title == "Renamed"
    # Three versions hold four guidelines and two more texts of one of them.
    assert PublishedGuideline.objects.count() == 6
    with pytest.raises(StageNotReady):
        roll_back(book.pk, 3, user=admin)


def test_taken_back_and_rolled_forward(book, admin):
    publish(book.pk, user=admin)
    take_back(book.pk, user=admin)
    assert titles(book) == []
    assert set(statuses(book)) == {"approved"}
    roll_back(book.pk, 1, user=admin)
    assert titles(book) == EVERYTHING
    assert [each.happening for each in Announcement.objects.order_by("id")] == [
        "guidelines.published",
        "guidelines.withdrawn",
        "guidelines.rolled_back",
    ]


def test_publishing_is_not_undone_but_rolled_back(book, admin):
    publish(book.pk, user=admin)
    with pytest.raises(EditedMeanwhile, match="published"):
        undo(Change.objects.first().pk, user=admin)


def test_a_merged_guideline_keeps_its_key(book, admin):
    publish(book.pk, user=admin)
    key = readers_see(book)[0]["key"]
    with change(book.pk, "Merged"):
        merge_subtopics(*Subtopic.objects.filter(topic__book=book, topic__sequence=1).order_by("sequence"))
    review.approve(book.pk, [subtopics(book)[0].pk], user=admin)
    publish(book.pk, user=admin)
    keys = [row["key"] for row in readers_see(book)]
    assert keys[0] == key
    assert len(keys) == 3


# ---- all or nothing -------------------------------------------------------------------------------------------------
ACTS = {
    "a whole book": lambda book, admin: publish(book.pk, user=admin),
    "one guideline": lambda book, admin: publish(book.pk, Scope(subtopic=subtopics(book)[0].pk), user=admin),
    "roll back": lambda book, admin: roll_back(book.pk, 1, user=admin),
    "take back": lambda book, admin: take_back(book.pk, user=admin),
}


class BrokenAt:
    """A database that fails at its ``place``-th statement, from 0; ``reached`` says whether there was one."""

    def __init__(self, place: int) -> None:
        self.place = place
        self.reached = False

    def __call__(self, execute, sql, params, many, context):
        if self.place == 0:
            self.reached = True
            raise OperationalError("The disk is full.")
        self.place -= 1
        return execute(sql, params, many, context)


@in_transactions
@pytest.mark.parametrize("act", ACTS)
def test_an_error_at_each_statement_changes_nothing(book, admin, act):
    publish(book.pk, user=admin)
    write(subtopics(book)[0], title="Second text", status=ReviewStatus.APPROVED)
    with change(book.pk, "Removed"):
        Subtopic.objects.get(pk=subtopics(book)[3].pk).delete()
    publish(book.pk, user=admin)
    write(subtopics(book)[0], title="Third text", status=ReviewStatus.APPROVED)
    SubtopicFactory(topic=TopicFactory(book=book, sequence=9), status=ReviewStatus.APPROVED)
    before, before_statuses = everything(book), statuses(book)
    place, broken = 0, BrokenAt(0)
    while True:
        with connection.execute_wrapper(broken):
            try:
                ACTS[act](book, admin)
            except OperationalError:
                assert broken.reached
            else:
                break
        assert (everything(book), statuses(book)) == (before, before_statuses), f"statement {place}"
        place += 1
        broken = BrokenAt(place)
    assert not broken.reached
    assert place > 12
    assert readers_see(book) != before[0]


def everything(book):
    sets = list(PublishedSet.objects.values())
    return (
        readers_see(book),
        list(PublishedGuideline.objects.order_by("pk").values()),
        sets,
        Announcement.objects.count(),
    )


@in_transactions
@pytest.mark.parametrize("meet", [together, one_after_the_other])
def test_two_publish_at_once(book, admin, meet):
    first, second = (row.pk for row in subtopics(book)[:2])
    meet(
        lambda: publish(book.pk, Scope(subtopic=first), user=admin),
        lambda: publish(book.pk, Scope(subtopic=second), user=admin),
    )
    assert sorted(PublishedSet.objects.values_list("version", flat=True)) == [1, 2]
    assert titles(book) == EVERYTHING[:2]


@in_transactions
def test_no_reader_sees_half_a_set(book, admin):
    """Another connection reads before every statement of a publish: the set before, to the commit."""
    publish(book.pk, user=admin)
    for row in subtopics(book):
        write(row, title=f"New {row.title}", status=ReviewStatus.APPROVED)
    seen = []
    reader = connections.create_connection("default")

    def look(execute, *args):
        with reader.cursor() as cursor:
            cursor.execute("SELECT title FROM books_publishedguideline WHERE until_version IS NULL ORDER BY title")
            seen.append([title for (title,) in cursor.fetchall()])
        return execute(*args)

    try:
        with connection.execute_wrapper(look):
            publish(book.pk, user=admin)
    finally:
        reader.close()
    assert len(seen) > 12
    assert all(titles == EVERYTHING for titles in seen)
    assert titles(book) == [f"New {title}" for title in EVERYTHING]


def test_the_database_holds_one_text_of_a_guideline_at_a_time(book, admin):
    publish(book.pk, user=admin)
    row = PublishedGuideline.objects.first()
    row.pk, row.since_version = None, 2
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
