"""Statements held against the pages they cite."""

from __future__ import annotations

import pytest

from books.extraction.base import Guideline, Statement
from books.extraction.outline_ops import checked
from books.extraction.stages.write import reworded
from books.guidelines.evidence import PrintedWords, blocking
from books.stored.guideline import Finding, FindingKind, Part
from books.stored.guideline import Statement as Stored
from books.structure.base import PageText

PAGES = (
    PageText(4, "A fraction names equal parts of a whole. The bottom number tells how many parts the whole has."),
    PageText(5, "To compare fractions with the same denominator, compare their numerators only and keep the parts."),
)
PRINTED = PrintedWords({page.number: page.text for page in PAGES})


@pytest.mark.parametrize(
    ("text", "pages", "found"),
    [
        ("The learner can say what a fraction names.", (4,), ()),
        ("Fractions with one denominator are compared by numerators.", (5,), ()),
        ("Volcanoes erupt when magma rises through the crust.", (4,), ("unsupported",)),
        ("Fractions with one denominator are compared by numerators.", (9,), ("unsupported",)),
        ("Say that the bottom number tells how many parts the whole has.", (4,), ("copied",)),
    ],
)
def test_findings(text, pages, found):
    assert kinds(PRINTED.findings_of(text, pages)) == found


def kinds(findings):
    return tuple(found.kind for found in findings)


def test_a_copy_is_found_across_line_breaks_and_capitals_but_not_seven_words():
    printed = PrintedWords({1: "The bottom number\ntells HOW many parts the whole has."})
    assert printed.copied_run("the bottom number tells how many parts the")
    assert printed.copied_run("bottom number tells how many parts the") == ""


def test_every_part_of_a_guideline_is_checked():
    odd = Statement("Volcanoes erupt through the crust.", (4,))
    guideline = checked(Guideline(objective=(odd,), checks=(odd,), summary="s"), PRINTED)
    for part in (guideline.objective, guideline.checks):
        assert kinds(part[0].findings) == (FindingKind.UNSUPPORTED,)
    assert guideline.summary == "s"


COPY = "Say that the bottom number tells how many parts the whole has."


@pytest.mark.parametrize(
    ("offered", "kept", "flags"),
    [
        (["The lower number counts the parts of a whole."], "The lower number counts the parts of a whole.", ()),
        ([COPY.lower()], COPY, ("copied",)),
        (["Volcanoes erupt when magma rises."], COPY, ("copied",)),
        ([" "], COPY, ("copied",)),
        ([], COPY, ("copied",)),
    ],
)
def test_other_words_are_taken_only_where_they_are_better(offered, kept, flags):
    fine = Statement("The learner can say what a fraction names.", (4,))
    guideline = checked(Guideline(objective=(fine,), concepts=(Statement(COPY, (4,)),), summary="Short."), PRINTED)
    asked = []
    result = reworded(guideline, PRINTED, lambda copied: asked.append(list(copied)) or offered)
    assert asked == [[COPY]]
    assert result.objective == guideline.objective
    assert [(each.text, each.pages, kinds(each.findings)) for each in result.concepts] == [(kept, (4,), flags)]


def test_a_summary_that_copies_is_put_in_other_words_too():
    guideline = Guideline(summary=COPY)
    assert (
        reworded(guideline, PRINTED, lambda _: ["What the lower number says."]).summary == "What the lower number says."
    )
    assert reworded(guideline, PRINTED, lambda copied: copied) == guideline


def test_what_copies_nothing_costs_no_call():
    guideline = checked(Guideline(objective=(Statement("The learner can say what a fraction names.", (4,)),)), PRINTED)
    assert reworded(guideline, PRINTED, lambda _: pytest.fail("asked in vain")) is guideline


def test_the_statements_that_may_not_be_published_are_named():
    unsupported, copied = Finding(FindingKind.UNSUPPORTED), Finding(FindingKind.COPIED)
    odd = Stored("Volcanoes erupt.", ("p4",), findings=(unsupported, copied))
    assert blocking({Part.OBJECTIVE: (odd, Stored("A copy.", (), findings=(copied,)))}) == ["Volcanoes erupt."]
    assert blocking({}) == []
