"""A book that is cut anew: no page is lost, and what a person decided on stays as it is until a person says so."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from books.errors import EditedMeanwhile
from books.extraction.apply_outline import apply_outline
from books.extraction.outline_ops import with_ids
from books.guidelines.changes import change, save_all, undo
from books.guidelines.order import order_topics
from books.guidelines.proposals import accept, refuse
from books.guidelines.split import merge, merge_subtopics, split_subtopic
from books.models import AppliedCut, Change, Proposal, ProposalState, Subtopic, Topic
from books.models.page import page_numbers
from books.structure.base import Outline, SubtopicPlan, TopicPlan
from tests.factories import BookFactory, guideline_of, ids, pages_of

pytestmark = pytest.mark.django_db
PAGES = 12


@st.composite
def outlines(draw):
    """Pages 1 to 12 in topics and subtopics, neighbours at times sharing a page, after some front matter."""
    first = draw(st.integers(1, 3))
    starts = sorted(draw(st.sets(st.integers(first, PAGES), min_size=1, max_size=6)) | {first})
    plans = []
    for start, following in zip(starts, [*starts[1:], PAGES + 1], strict=True):
        last = min(PAGES, following - 1 + draw(st.integers(0, 1)))
        plans.append(SubtopicPlan(draw(st.sampled_from(["Cells", "Plants", f"Part {start}"])), start, max(start, last)))
    size = draw(st.integers(1, 3))
    groups = [tuple(plans[at : at + size]) for at in range(0, len(plans), size)]
    topics = tuple(
        TopicPlan(draw(st.sampled_from(["Life", f"Topic {at}"])), group[0].first_page, group[-1].last_page, group)
        for at, group in enumerate(groups)
    )
    return Outline(topics, tuple(range(1, first)))


def cut(book, outline, **options):
    ids(book, range(1, PAGES + 3))
    with change(book.pk, "Cut"):
        apply_outline(book, with_ids(outline, page_numbers(book.pk)), **options)


def rows(book):
    return list(Subtopic.objects.filter(topic__book=book).order_by("topic__sequence", "sequence"))


def shape(book):
    """Titles and pages by topic, in order of teaching."""
    topics = Topic.objects.filter(book=book).order_by("sequence").prefetch_related("subtopics")
    return {topic.title: [(row.title, pages_of(row)) for row in topic.subtopics.all()] for topic in topics}


def edit(row, **values):
    with change(row.topic.book_id, "Edited"):
        row = Subtopic.objects.get(pk=row.pk)
        for name, value in {"is_edited": True, **values}.items():
            setattr(row, name, value)
        row.save()


def part(title, first, last):
    return SubtopicPlan(title, first, last)


def topic(title, *parts):
    return TopicPlan(title, parts[0].first_page, parts[-1].last_page, parts)


@settings(max_examples=15, deadline=None, phases=(Phase.explicit, Phase.generate), derandomize=True)
@given(cuts=st.lists(outlines(), min_size=2, max_size=3), choices=st.randoms(use_true_random=False))
def test_no_page_is_lost_and_no_decision(cuts, choices):
    book = BookFactory()
    for outline in cuts:
        cut(book, outline)
        present = rows(book)
        covered = {page for row in present for page in pages_of(row)}
        plans = [plan for each in outline.topics for plan in each.subtopics]
        wanted = {page for plan in plans for page in range(plan.first_page, plan.last_page + 1)}
        assert wanted <= covered
        assert [row.sequence for row in present] == [
            at for each in Topic.objects.filter(book=book).order_by("sequence")
            for at in range(1, each.subtopics.count() + 1)
        ]  # fmt: skip
        before = (Change.objects.count(), Subtopic.history.count(), Topic.history.count(), Proposal.objects.count())
        cut(book, outline)
        after = (Change.objects.count(), Subtopic.history.count(), Topic.history.count(), Proposal.objects.count())
        assert before == after
        chosen = choices.choice(present)
        edit(chosen, title="By a person")
        decided = {row.pk: (row.title, row.pages, row.topic_id) for row in rows(book) if row.is_edited}
        if outline is not cuts[-1]:
            cut(book, cuts[cuts.index(outline) + 1])
            assert {row.pk: (row.title, row.pages, row.topic_id) for row in rows(book) if row.is_edited} == decided
    for proposal in Proposal.objects.filter(book=book, state=ProposalState.OPEN):
        with suppress(EditedMeanwhile):
            accept(proposal.pk, user=None)
    covered = {page for row in rows(book) for page in pages_of(row)}
    assert wanted <= covered


def test_a_cut_that_was_undone_is_made_again_from_the_rows_as_they_are(db):
    """The outline that was undone counted as the one that the rows were made by, so they were lost and made anew."""
    book = BookFactory()
    cut(book, FIRST)
    kept = [row.pk for row in rows(book)]
    other = Outline((topic("Life", part("The cell", 2, 4), part("All plants", 5, 8)), *FIRST.topics[1:]), (1,))
    cut(book, other)
    made = shape(book)
    undone = undo(Change.objects.filter(book=book).latest("pk").pk, user=None)
    assert AppliedCut.objects.get(book=book).data == with_ids(FIRST, page_numbers(book.pk))
    undo(undone.pk, user=None)
    assert AppliedCut.objects.get(book=book).data == with_ids(other, page_numbers(book.pk))
    undo(Change.objects.filter(book=book).latest("pk").pk, user=None)
    cut(book, other)
    assert ([row.pk for row in rows(book)], shape(book)) == (kept, made)


FIRST = Outline((topic("Life", part("Cells", 2, 4), part("Plants", 5, 8)), topic("Earth", part("Rocks", 9, 12))), (1,))


@pytest.fixture
def book():
    book = BookFactory()
    cut(book, FIRST)
    return book


def test_what_a_person_kept_stays_and_the_new_cut_is_proposed(book, admin):
    said = {"objective": [{"text": "Mine.", "pages": [2]}]}
    edit(rows(book)[0], title="Cells and you", guideline=guideline_of(book, said))
    new = Outline((topic("Life", part("Cells", 2, 5), part("Plants", 6, 8)), FIRST.topics[1]), (1,))
    cut(book, new)
    assert shape(book)["Life"] == [("Cells and you", [2, 3, 4]), ("Cells", [5]), ("Plants", [6, 7, 8])]
    proposal = Proposal.objects.get()
    made = accept(proposal.pk, user=admin)
    assert shape(book)["Life"] == [("Cells and you", [2, 3, 4, 5]), ("Plants", [6, 7, 8])]
    assert rows(book)[0].guideline["objective"][0].text == "Mine."
    undo(made.pk, user=admin)
    assert shape(book)["Life"] == [("Cells and you", [2, 3, 4]), ("Cells", [5]), ("Plants", [6, 7, 8])]
    cut(book, new)
    assert Proposal.objects.count() == 1


def test_a_part_that_is_gone_goes_when_a_person_agrees(book, admin):
    edit(rows(book)[2])
    cut(book, Outline(FIRST.topics[:1], (1, *range(9, 13))))
    assert shape(book)["Earth"] == [("Rocks", [9, 10, 11, 12])]
    accept(Proposal.objects.get().pk, user=admin)
    assert list(shape(book)) == ["Life"]


def test_another_topic_is_proposed_for_what_a_person_kept(book, admin):
    edit(rows(book)[1])
    moved = Outline((topic("Life", part("Cells", 2, 4)), topic("Earth", part("Plants", 5, 8), part("Rocks", 9, 12))))
    cut(book, moved)
    assert [title for title, _ in shape(book)["Life"]] == ["Cells", "Plants"]
    proposal = Proposal.objects.get()
    refuse(proposal.pk, user=admin)
    cut(book, moved)
    assert Proposal.objects.count() == 1
    assert [title for title, _ in shape(book)["Life"]] == ["Cells", "Plants"]


def test_an_order_of_teaching_outlives_a_new_cut(book):
    life, earth = Topic.objects.filter(book=book).order_by("sequence")
    with change(book.pk, "Ordered"):
        order_topics(book.pk, [earth.pk, life.pk])
    cut(book, FIRST)
    assert list(shape(book)) == ["Earth", "Life"]
    more = Outline((*FIRST.topics, topic("Sky", part("Stars", 13, 14))), (1,))
    cut(book, more)
    assert list(shape(book)) == ["Earth", "Sky", "Life"]


def test_what_was_merged_is_not_cut_apart_again(book):
    with change(book.pk, "Merged"):
        one, _, other = rows(book)
        merge_subtopics(one, other)
    before = Change.objects.count()
    cut(book, FIRST)
    assert Change.objects.count() == before
    assert shape(book) == {"Life": [("Cells", [2, 3, 4, 9, 10, 11, 12]), ("Plants", [5, 6, 7, 8])]}


def test_what_a_person_split_is_neither_put_together_nor_proposed_again(book, admin):
    cells = rows(book)[0]
    one, other = split_subtopic(book.pk, cells.pk, at=ids(book, [4])[0], user=admin, revision=None)
    before = Change.objects.count()
    cut(book, FIRST)
    assert (Change.objects.count(), Proposal.objects.count()) == (before, 0)
    merge(book.pk, one.pk, other=other.pk, user=admin, revision=None)
    before = Change.objects.count()
    cut(book, FIRST)
    assert (Change.objects.count(), Proposal.objects.count()) == (before, 0)


def test_a_renamed_topic_keeps_its_row_and_a_new_title_of_the_cut_reaches_the_others(book):
    life, earth = Topic.objects.filter(book=book).order_by("sequence")
    with change(book.pk, "Renamed"):
        life.title = "All of life"
        save_all([life], ["title"])
    renamed = Outline(
        (
            TopicPlan("Life!", 2, 8, FIRST.topics[0].subtopics, "1"),
            TopicPlan("Earth!", 9, 12, FIRST.topics[1].subtopics),
        )
    )
    cut(book, renamed)
    assert {row.pk: row.title for row in Topic.objects.filter(book=book)} == {
        life.pk: "All of life",
        earth.pk: "Earth!",
    }


def test_only_the_pages_asked_for_are_cut_anew(book):
    new = Outline((topic("Earth", part("Rocks", 9, 10), part("Soil", 11, 12)),))
    cut(book, new, within=set(ids(book, range(9, 13))))
    assert shape(book) == {
        "Life": [("Cells", [2, 3, 4]), ("Plants", [5, 6, 7, 8])],
        "Earth": [("Rocks", [9, 10]), ("Soil", [11, 12])],
    }
