"""What writing does with what the check of evidence finds: copies put in other words, and what may not go out."""

from __future__ import annotations

import pytest

from books.extraction.base import Guideline, Statement
from books.extraction.stages.write import reworded
from books.guidelines.evidence import BookText, EvidenceCheck
from books.stored.guideline import Checked, Evidence, Finding, FindingKind, Part, in_doubt
from books.stored.guideline import Statement as Stored

CHECK = EvidenceCheck(
    BookText({4: "A fraction names equal parts of a whole. The bottom number tells how many parts the whole has."})
)
COPY = "Say that the bottom number tells how many parts the whole has."
QUOTE = (Evidence(4, "A fraction names equal parts of a whole"),)
FINE = "The learner can say what a fraction names."


def guideline(*texts, summary=""):
    said = [CHECK.check(Part.CONCEPTS, Statement(text, (4,), evidence=QUOTE)) for text in texts]
    return Guideline(concepts=tuple(said), summary=summary)


@pytest.mark.parametrize(
    ("offered", "kept"),
    [
        (["The lower of two figures counts every piece."], "The lower of two figures counts every piece."),
        ([COPY.lower()], COPY),
        (["Of 37 parts the lower number tells."], COPY),
        ([" "], COPY),
        ([], COPY),
    ],
)
def test_other_words_are_taken_only_where_nothing_new_is_against_them(offered, kept):
    asked = []
    result = reworded(guideline(FINE, COPY), CHECK, lambda copied: asked.append(list(copied)) or offered)
    assert asked == [[COPY]]
    assert [each.text for each in result.concepts] == [FINE, kept]
    assert [each.kind for each in result.concepts[1].findings] == [FindingKind.COPIED] * (kept == COPY)


def test_a_summary_that_copies_is_put_in_other_words_too():
    copied = guideline(summary=COPY)
    assert reworded(copied, CHECK, lambda _: ["What the lower number says."]).summary == "What the lower number says."
    assert reworded(copied, CHECK, lambda copied: copied) == copied


def test_what_copies_nothing_costs_no_call():
    fine = guideline(FINE)
    assert reworded(fine, CHECK, lambda _: pytest.fail("asked in vain")) is fine


def test_only_what_nobody_looked_at_is_in_doubt():
    number, moved = Finding(FindingKind.NUMBER), Finding(FindingKind.OTHER_PAGE)
    seen = Checked("ann", "2026-11-30T00:00:00Z")
    parts = {
        Part.OBJECTIVE: (Stored("A.", (), findings=(moved, number)), Stored("B.", (), findings=(moved,))),
        Part.CHECKS: (Stored("C.", (), findings=(number,), checked=seen),),
    }
    assert [name for name, _ in in_doubt(parts)] == ["objective.0"]
    assert in_doubt({}) == []
