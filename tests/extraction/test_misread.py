"""What a machine misread in a formula is not quoted as the book's own words."""

from __future__ import annotations

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
