"""A proposal is decided once, over rows that are as it saw them, and what accepting it did can be undone."""

import threading

import pytest
from django.db import connection

from books.errors import DecisionRefused, EditedMeanwhile
from books.guidelines.changes import change, undo
from books.guidelines.proposals import (
    accept,
    accept_all,
    is_in_force,
    merging,
    ordering_subtopics,
    ordering_topics,
    propose,
    refuse,
    setting,
)
from books.models import Change, Proposal, ProposalKind, ProposalState, ReviewStatus, Subtopic, Topic
from books.stored.guideline import parts_of
from books.stored.proposal import Values
from tests.factories import BookFactory, SubtopicFactory, TopicFactory

pytestmark = pytest.mark.django_db
RENAME = ProposalKind.RENAME_SUBTOPIC


@pytest.fixture
def rows():
    """Three subtopics in one topic, the first approved, and one in another topic."""
    book = BookFactory()
    topics = [TopicFactory(book=book, sequence=place) for place in (1, 2)]
    SubtopicFactory(topic=topics[0], sequence=1, pages=[1], status=ReviewStatus.APPROVED)
    SubtopicFactory(topic=topics[0], sequence=2, pages=[2])
    SubtopicFactory(topic=topics[0], sequence=3, pages=[3])
    SubtopicFactory(topic=topics[1], sequence=1, pages=[4])
    return list(Subtopic.objects.order_by("pk").select_related("topic"))


def proposed(rows, suggestion):
    return propose(rows[0].topic.book_id, suggestion, job=None)


def renaming(row, title="Counting", *, at_once=False):
    return setting(RENAME, row, Values(title=title), "Clearer.", at_once=at_once)


def suggestions(rows):
    topics = list(Topic.objects.filter(book=rows[0].topic.book_id))
    text = Values(summary="New.", guideline=parts_of({}), terms={"new": 1})
    return {
        "rename": renaming(rows[0]),
        "rename topic": setting(ProposalKind.RENAME_TOPIC, topics[0], Values(title="Numbers"), "", at_once=False),
        "rewrite": setting(ProposalKind.REWRITE, rows[0], text, "", at_once=False),
        "summary": setting(ProposalKind.REWRITE_TOPIC, topics[0], Values(summary="New."), "", at_once=False),
        "merge": merging(rows[0], rows[3], "They are alike.", 0.7, at_once=False),
        "order": ordering_subtopics(topics[0], rows[:3], [row.pk for row in rows[2::-1]], "Back to front."),
        "order topics": ordering_topics(topics, [topic.pk for topic in topics[::-1]], "Easier first."),
    }


def state():
    kept = [*Topic.objects.order_by("pk").values(), *Subtopic.objects.order_by("pk").values()]
    return [{name: value for name, value in row.items() if name not in ("revision", "made_from")} for row in kept]


@pytest.mark.parametrize("kind", ["rename", "rename topic", "rewrite", "summary", "merge", "order", "order topics"])
def test_accepted_once_and_undone(kind, rows, admin):
    before = state()
    proposal = proposed(rows, suggestions(rows)[kind])
    assert state() == before
    made = accept(proposal.pk, user=admin)
    assert state() != before
    proposal.refresh_from_db()
    assert (proposal.state, proposal.change, proposal.decided_by) == (ProposalState.ACCEPTED, made, admin)
    assert made.sentence
    assert is_in_force(made)
    for decide in (accept, refuse):
        with pytest.raises(DecisionRefused):
            decide(proposal.pk, user=admin)
    undo(made.pk, user=admin)
    assert state() == before
    assert not is_in_force(Change.objects.get(pk=made.pk))


def test_a_name_keeps_an_approval_and_a_text_takes_it_back(rows, admin):
    accept(proposed(rows, renaming(rows[0])).pk, user=admin)
    assert Subtopic.objects.get(pk=rows[0].pk).status == ReviewStatus.APPROVED
    accept(proposed(rows, suggestions(rows)["rewrite"]).pk, user=admin)
    assert Subtopic.objects.get(pk=rows[0].pk).status == ReviewStatus.PENDING_REVIEW


def test_what_changed_since_makes_it_outdated_and_another_field_does_not(rows, admin):
    rename, rewrite = (proposed(rows, suggestions(rows)[kind]) for kind in ("rename", "rewrite"))
    with change(rows[0].topic.book_id, "Edited", user=admin):
        row = Subtopic.objects.get(pk=rows[0].pk)
        row.title = "A person's"
        row.save()
    with pytest.raises(EditedMeanwhile):
        accept(rename.pk, user=admin)
    assert Proposal.objects.get(pk=rename.pk).state == ProposalState.OUTDATED
    assert Subtopic.objects.get(pk=rows[0].pk).title == "A person's"
    assert accept(rewrite.pk, user=admin)


def test_the_same_is_asked_once_and_something_else_takes_its_place(rows, admin):
    first = proposed(rows, renaming(rows[1]))
    assert proposed(rows, renaming(rows[1])) is None
    second = proposed(rows, renaming(rows[1], "Adding"))
    assert Proposal.objects.get(pk=first.pk).state == ProposalState.OUTDATED
    refuse(second.pk, user=admin)
    assert proposed(rows, renaming(rows[1], "Adding")) is None
    assert proposed(rows, renaming(rows[1], "Counting")).state == ProposalState.OPEN


def test_all_of_a_kind_are_accepted_but_those_that_others_made_impossible(rows, admin):
    pairs = [(0, 1), (1, 2), (0, 3)]
    ids = [proposed(rows, merging(rows[a], rows[b], "", 0.7, at_once=False)).pk for a, b in pairs]
    assert accept_all(rows[0].topic.book_id, ids, user=admin) == (2, 1)
    assert accept_all(rows[0].topic.book_id, ids, user=admin) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_of_two_people_at_once_one_decides(rows):
    proposal = proposed(rows, renaming(rows[1]))
    barrier, outcomes = threading.Barrier(2), []

    def decide(how):
        try:
            barrier.wait()
            how(proposal.pk, user=None)
            outcomes.append(how.__name__)
        except DecisionRefused:
            outcomes.append("too late")
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(how,)) for how in (accept, refuse)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("too late") == 1
    won = next(each for each in outcomes if each != "too late")
    renamed = Subtopic.objects.get(pk=rows[1].pk).title == "Counting"
    assert renamed == (won == "accept")
