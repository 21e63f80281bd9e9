"""What is made of a guideline from a server that fits an answer to its form rather than the form to its answer."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from books.extraction.engines.forms import GuidelineForm
from books.stored.guideline import Part


def answer(**parts) -> dict:
    return {part.value: parts.get(part.value, []) for part in Part} | {"summary": "In short."}


def test_statements_that_say_nothing_are_left_out_and_those_without_a_quote_are_kept():
    said = {"evidence": [], "text": "A leaf is green."}
    empty = {"evidence": [], "error": "", "correction": ""}
    form = GuidelineForm.model_validate(answer(concepts=[said, {"evidence": [], "text": " "}], misconceptions=[empty]))
    assert [each.said for each in form.concepts] == ["A leaf is green."]
    assert form.misconceptions == []
    assert form.concepts[0].pages == set()


@pytest.mark.parametrize(
    "parts", [{}, {"concepts": [{"evidence": [{"page": 9, "quote": "elsewhere"}], "text": "Of another page."}]}]
)
def test_an_answer_that_says_nothing_or_is_about_other_pages_is_refused(parts):
    with pytest.raises(ValidationError):
        GuidelineForm.model_validate(answer(**parts), context={3})
