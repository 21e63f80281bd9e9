"""Statements held against the pages they cite."""

from __future__ import annotations

import pytest

from books.extraction.engine import Guideline, PageText, Statement
from books.extraction.stages import checked
from books.guidelines.support import copied_run, flags_of

PAGES = (
    PageText(4, "A fraction names equal parts of a whole. The bottom number tells how many parts the whole has."),
    PageText(5, "To compare fractions with the same denominator, compare their numerators only and keep the parts."),
)


@pytest.mark.parametrize(
    ("text", "pages", "flags"),
    [
        ("The learner can say what a fraction names.", (4,), ()),
        ("Fractions with one denominator are compared by numerators.", (5,), ()),
        ("Volcanoes erupt when magma rises through the crust.", (4,), ("unsupported",)),
        ("Fractions with one denominator are compared by numerators.", (9,), ("unsupported",)),
        ("Say that the bottom number tells how many parts the whole has.", (4,), ("copied",)),
    ],
)
def test_flags(text, pages, flags):
    assert flags_of(text, pages, {page.number: page.text for page in PAGES}) == flags


def test_a_copy_is_found_across_line_breaks_and_capitals_but_not_seven_words():
    page = "The bottom number\ntells HOW many parts the whole has."
    assert copied_run("the bottom number tells how many parts the", [page])
    assert copied_run("bottom number tells how many parts the", [page]) == ""


def test_every_part_of_a_guideline_is_checked():
    odd = Statement("Volcanoes erupt through the crust.", (4,))
    guideline = checked(Guideline(objective=(odd,), checks=(odd,), summary="s"), PAGES)
    assert guideline.objective[0].flags == guideline.checks[0].flags == ("unsupported",)
    assert guideline.summary == "s"
