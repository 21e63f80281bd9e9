"""What a machine misread in a formula is not quoted as the book's own words."""

from __future__ import annotations

import pytest

from books.arithmetic import equations
from books.extraction.base import SubtopicSource
from books.extraction.engines.offline.quotes import write
from books.extraction.records import page_text
from books.models import Page, Reading
from books.stored.regions import Region, RegionKind
from books.structure.base import BookFacts, PageText

LINES = [
    "4.2 Inequalities",
    "A solution of x < 5 is called bounded from above by",
    "the number five.",
    "An open sentence with a sign of order is called an inequality.",
]


def page(*regions: Region) -> Page:
    lines = [
        {"text": text, "box": [100, 100 + 60 * at, 900, 140 + 60 * at], "block": 0} for at, text in enumerate(LINES)
    ]
    reading = Reading(text="\n".join(LINES), lines=lines, regions=list(regions))
    return Page(number=1, reading=reading, image_width=1_000, image_height=1_400)


def quoted(*regions: Region) -> str:
    source = SubtopicSource(BookFacts("Algebra"), "Algebra", "Inequalities", (page_text(page(*regions)),))
    return " ".join(each.text for part in write(source).parts.values() for each in part)


def test_a_sentence_with_a_formula_is_left_out():
    assert "x < 5" in quoted()
    left = quoted(Region(RegionKind.FORMULA, (240, 165, 320, 195)))
    assert "x < 5" not in left
    assert "is called an inequality" in left


def test_words_in_doubt_are_quoted_neither_in_a_statement_nor_in_the_summary():
    doubted = page()
    doubted.reading.lines[3]["unsure"] = [[24, 28, 40]]
    source = SubtopicSource(BookFacts("Algebra"), "Algebra", "Inequalities", (page_text(doubted),))
    assert "is called an inequality" in quoted()
    assert "is called an inequality" not in " ".join(
        each.text for part in write(source).parts.values() for each in part
    )


def test_a_task_that_its_sign_contradicts_is_left_out():
    text = "Multiply\nMultiply: 27 - 3. If you missed this problem, review.\nAdd: 4 + 3. If you missed it, review.\n"
    tasks = "1. Multiply 18 - 11 in your head.\n2. Multiply 18 · 11 in your head."
    read = write(SubtopicSource(BookFacts("B"), "Numbers", "Multiply", (PageText(1, text + tasks),)))
    assert [each.text for each in read.prerequisites] == ["Add: 4 + 3."]
    assert [each.text for each in read.checks] == ["2. Multiply 18 · 11 in your head."]


def test_an_equation_that_is_not_true_is_left_out():
    text = "Division\nThe quotient of 72 and 9 is called 72 = 9.\nThe quotient of 72 and 8 is called 72 ÷ 8 = 9.\n"
    read = write(SubtopicSource(BookFacts("B"), "Numbers", "Division", (PageText(1, text),)))
    quoted = " ".join(each.text for part in read.parts.values() for each in part)
    assert "72 ÷ 8 = 9" in quoted
    assert "72 = 9" not in quoted


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("4 × 91 + 1 = 365, as in a year", [True]),
        ("I = (5,000)(0.06)(3) = 900.", [True]),
        ("10/26 = 0.385 and 1/2 = 50%", [True, True]),
        ("32 = 9, for a lost power", [False]),
        ("3² = 9; $5 = 500 cents; 3x = 12; 20 ÷ 3 = 6 R 2; 7 + 5 = __; 2 1/2 = 5/2", [True]),
        ("9³³³³³ = 1, 9**9**9 = 1 and " + "(" * 300 + "9" + "³)" * 300 + " = 1", []),
    ],
)
def test_equations_between_numbers_are_true_or_not(text, told):
    assert [is_true for _, _, is_true in equations(text)] == told


@pytest.mark.parametrize("text", ["Solve 3x − 5 = 7.", "Solve x + 4 = 9.", "2(a + 1) - 3 = 5"])
def test_what_ends_an_equation_with_letters_is_no_equation_of_numbers(text):
    assert list(equations(text)) == []
