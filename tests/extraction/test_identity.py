"""Which part of a new cut is which of the cut before, and what it is called."""

from __future__ import annotations

import pytest

from books.extraction.engines.forms import OutlineForm, SectionForm
from books.extraction.identity import Place, earlier_selves, in_known_words
from books.structure.base import Digest, Heading, Outline, SubtopicPlan, TopicPlan

OLD = [Place("1.1", {1, 2, 3}, "Adding"), Place("1.2", {3, 4, 5}, "Taking away"), Place("", {6, 7}, "Review")]


@pytest.mark.parametrize(
    ("new", "found"),
    [
        ([Place("1.1", {1, 2}, "Sums"), Place("1.2", {2, 3, 4, 5}, "Adding")], {0: 0, 1: 1}),
        ([Place("1.1", {3, 4, 5}, "Adding"), Place("1.2", {1, 2, 3}, "Taking away")], {0: 0, 1: 1}),
        ([Place("1.7", {3, 4, 5}, "Differences"), Place("", {6, 7}, "What we learnt")], {0: 1, 1: 2}),
        ([Place("", {5, 6}, "Review")], {0: 2}),
        ([Place("", {5, 6, 7, 8, 9}, "Games")], {}),
        ([Place("1.1", {10, 11}, "Adding")], {}),
    ],
    ids=["number before title", "number before pages", "pages", "title last", "too little", "no page of it"],
)
def test_itself_by_number_and_pages_first_and_by_title_last(new, found):
    assert earlier_selves(new, OLD) == found


def cut(title, chapter="Chapter 1: Whole numbers", number="1.2", first=3, last=5):
    section = SectionForm(
        chapter=chapter, chapter_number="1", title=title, number=number, first_page=first, last_page=last,
        starts_at="", continues_previous=False,
    )  # fmt: skip
    return OutlineForm(sections=[section], front_or_back_matter=[])


def digests(heading):
    return [Digest(3, headings=(Heading(heading, 2, "1.2"),), running_head="Chapter 1 | Whole Nurnbers"), Digest(4)]


PREVIOUS = Outline((TopicPlan("Whole Nurnbers", 3, 5, (SubtopicPlan("Taking avvay", 3, 5, "1.2"),), "1"),))


@pytest.mark.parametrize(
    ("heading", "given", "kept"),
    [
        ("1.2 Taking avvay", "How to take away", "Taking avvay"),
        ("1.2 Taking away", "Taking away", "Taking away"),
        ("1.2 Taking avvay again", "Taking avvay again", "Taking avvay again"),
        ("Subtract", "How to take away", "Taking avvay"),
    ],
    ids=["still printed", "corrected", "longer", "neither is printed"],
)
def test_a_title_is_another_only_where_another_is_printed(heading, given, kept):
    [section] = in_known_words(cut(given), PREVIOUS, digests(heading)).sections
    assert (section.title, section.chapter) == (kept, "Whole Nurnbers")


def test_a_number_that_an_answer_lacks_is_the_one_it_had_and_another_chapter_is_another():
    [section] = in_known_words(cut("Taking avvay", number=""), PREVIOUS, digests("1.2 Taking avvay")).sections
    assert section.number == "1.2"
    answer = cut("Taking avvay", chapter="Integers")
    answer.sections[0].chapter_number = "2"
    assert in_known_words(answer, PREVIOUS, digests("1.2 Taking avvay")).sections[0].chapter == "Integers"


def test_pages_that_no_book_has_do_no_harm():
    answer = cut("Endless", number="9.9", first=-5, last=10**12)
    assert in_known_words(answer, PREVIOUS, digests("9.9 Endless")).sections[0].title == "Endless"
