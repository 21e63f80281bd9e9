"""Lines of a table of contents: what a person may paste, what is understood, and that it reads back the same."""

from __future__ import annotations

import pytest

from books.errors import UploadRejected
from books.structure.contents import parse_toc, toc_lines, toc_text

TEXTS = {
    "numbers give the level": (
        "1 Numbers ..... 1\n1.1 Counting ..... 1\n1.1.2 By tens ..... 2\n2 Shapes",
        [(1, "1", "Numbers", 1), (2, "1.1", "Counting", 1), (3, "1.1.2", "By tens", 2), (1, "2", "Shapes", None)],
    ),
    "so does the indent": (
        "Rome ... 3\n    Its kings ... 4\n        Numa ... 5\nGreece . . . . 9",
        [(1, "", "Rome", 3), (2, "", "Its kings", 4), (3, "", "Numa", 5), (1, "", "Greece", 9)],
    ),
    "a stray indent does no harm": (
        "  1 A 1\n  1.1 B 2\n   1.2 C 3",
        [(1, "1", "A", 1), (2, "1.1", "B", 2), (2, "1.2", "C", 3)],
    ),
    "parts group chapters": (
        "Part I Land\n  Chapter 1 Rivers 3\n    1.1 Springs 4\nPart II Sky\n  Chapter 2 Clouds 9",
        [
            (0, "", "Part I Land", None),
            (1, "1", "Rivers", 3),
            (2, "1.1", "Springs", 4),
            (0, "", "Part II Sky", None),
            (1, "2", "Clouds", 9),
        ],
    ),
    "units of lessons": ("Unit 1 Land 3\nLesson 1: Rivers 4", [(1, "1", "Land", 3), (2, "1", "Rivers", 4)]),
    "a number is no page": (
        "Chapter 3\nI. Rome 3\nChapter Two Light 4",
        [(1, "3", "Chapter 3", None), (1, "I", "Rome", 3), (1, "Two", "Light", 4)],
    ),
    "tabs, and the list's own heading": (
        "Contents\n1\tNumbers\t1\n1.1\tCounting\t2",
        [(1, "1", "Numbers", 1), (2, "1.1", "Counting", 2)],
    ),
}


@pytest.mark.parametrize("case", TEXTS)
def test_lines_become_entries_and_lines_again(case):
    text, expected = TEXTS[case]
    entries = parse_toc(text)
    assert [(entry.level, entry.number, entry.title, entry.page) for entry in entries] == expected
    assert parse_toc(toc_text(entries)) == entries


def test_a_person_may_say_the_scan():
    first, second = parse_toc("1 Numbers ..... 14 (scan 23)\n1.1 Counting [scan 24]")
    assert (first.page, first.scan, first.is_fixed) == (14, 23, True)
    assert (second.title, second.page, second.scan) == ("Counting", None, 24)
    assert toc_text([first, second]) == "1 Numbers ..... 14 (scan 23)\n  1.1 Counting (scan 24)\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("1.1 Counting 3", "no chapter"),
        ("1 Numbers 1\n1.1.1 By tens 3", "comes right after level 1"),
        ("1 Numbers 1\n1.1 A 2\n1.1 B 3", "1.1 is there twice"),
        ("1 Numbers 1\n.......\n", "Not understood"),
        ("1 Numbers 1\n12\n", "Not understood"),
    ],
)
def test_slips_are_named(text, problem):
    assert [problem in line.problem for line in toc_lines(text)].count(True) == 1


@pytest.mark.parametrize("text", ["", " \n\n", "....\n12", "1 A\n" * 1001])
def test_what_is_no_contents_is_refused(text):
    with pytest.raises(UploadRejected, match="table of contents"):
        parse_toc(text)
