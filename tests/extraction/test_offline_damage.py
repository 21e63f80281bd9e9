"""Damaged, shuffled and hostile books: no page is lost, no range is broken, no line is slow."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import pytest

from books.extraction.base import SubtopicSource
from books.structure.base import BookFacts, PageText, TocEntry
from books.structure.cut import cut
from tests.extraction.printing import ENGINE, outlined, printed_book

FACTS = BookFacts("Damaged")
TOCS = ((), (TocEntry("Rome", 1, "2", 9), TocEntry("The Legions", 2, "2.2", 10)), (TocEntry("Nothing", 1),))


def damaged_pages(dice: random.Random, pages: list[PageText]) -> list[PageText]:
    """Pages in any order, with lines lost and shuffled, letters lost, or nothing left."""
    found = []
    for number in range(1, dice.randint(2, 50)):
        page = dice.choice(pages)
        rows = [
            "".join(c for c in row if dice.random() > 0.02) for row in page.text.splitlines() if dice.random() > 0.1
        ]
        if dice.random() < 0.2:
            dice.shuffle(rows)
        blank = dice.random() < 0.1
        scrambled = PageText(number, "" if blank else "\n".join(rows))
        found.append(scrambled if dice.random() < 0.5 else replace(page, number=number))
    return found


@pytest.mark.parametrize("seed", range(30))
def test_no_page_is_lost_and_ranges_rise(seed, sample_pages):
    dice = random.Random(seed)
    pages = damaged_pages(dice, [*sample_pages, *printed_book("history", has_contents=True).pages])
    outline = outlined(pages, FACTS, toc=dice.choice(TOCS))
    subtopics = [subtopic for topic in outline.topics for subtopic in topic.subtopics]
    taught = {page for s in subtopics for page in range(s.first_page, s.last_page + 1)}
    assert taught | set(outline.front_matter) == {page.number for page in pages}
    assert not taught & set(outline.front_matter)
    assert all(s.first_page <= s.last_page and s.title.strip() for s in subtopics)
    assert all(one.last_page <= other.first_page for one, other in pairwise(subtopics))
    for topic in outline.topics:
        assert topic.first_page == topic.subtopics[0].first_page
        assert topic.last_page == topic.subtopics[-1].last_page


# What takes time by the square, or worse, of a line's length would take minutes.
@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    [". " * 3000, "." * 6000 + "7", "Chapter " * 1000, "1.1 " * 1500, "a: b " * 1500, "word " * 3000, "A b is a " * 900,
     "9" * 9000, "IVX" * 2000, "_ " * 3000 + "9", "is not a " * 900, "Contents\n" + "x .... 5\n" * 300],
    ids=lambda text: text[:9].strip(),
)  # fmt: skip
def test_no_line_is_slow(text):
    page = PageText(1, text)
    digest = ENGINE.digest(FACTS, page, text[-200:], text[:200])
    cut(FACTS, [digest])
    guideline = ENGINE.write(SubtopicSource(FACTS, text[:300], text[:300], (page,), (text[:200],), (text[:200],)))
    assert guideline.summary
